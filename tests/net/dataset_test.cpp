#include "net/dataset.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>

#include "base/expect_error.h"
#include "base/files.h"
#include "base/temp_folder.h"
#include "net/models.h"

namespace offramp::net {
namespace {

using test::expect_error;
using test::TempFolder;

std::string big_endian(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 255);
  return bytes;
}

/// An IDX file of unsigned bytes.
std::string idx(std::vector<std::uint32_t> dims, const std::string& data) {
  std::string bytes("\0\0\x08", 3);
  bytes += static_cast<char>(dims.size());
  for (const std::uint32_t dim : dims) bytes += big_endian(dim);
  return bytes + data;
}

std::string gzip(const std::string& bytes) {
  const TempFolder folder;
  const std::string name = (folder / "f.gz").string();
  gzFile file = gzopen(name.c_str(), "wb");
  gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(file);
  return read_file(name);
}

std::string counting(std::size_t count) {
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i) bytes += static_cast<char>(i * 7);
  return bytes;
}

class IdxFolder : public testing::Test {
 protected:
  IdxFolder() {
    write("train-images-idx3-ubyte", idx({3, 2, 4}, counting(24)));
    write("train-labels-idx1-ubyte", idx({3}, std::string("\x00\x09\x05", 3)));
    write("t10k-images-idx3-ubyte", idx({1, 2, 4}, counting(8)));
    write("t10k-labels-idx1-ubyte", idx({1}, "\x01"));
  }
  void write(const std::string& name, const std::string& bytes) { write_file(folder_ / name, bytes); }
  Dataset load(const std::string& kind = "mnist") {
    return load_dataset(kind + ":" + folder_.path().string());
  }

  TempFolder folder_;
};

TEST_F(IdxFolder, IsReadWithImagesLabelsAndShape) {
  const Dataset data = load();
  EXPECT_EQ(data.name, "mnist:" + folder_.path().string());
  EXPECT_EQ(data.train.shape, (Shape{1, 2, 4}));
  EXPECT_EQ(data.train.labels, (std::vector<std::uint16_t>{0, 9, 5}));
  EXPECT_EQ(data.train.size(), 3U);
  EXPECT_EQ(data.test.size(), 1U);
  EXPECT_EQ(data.train.image(1)[0], 56);
  EXPECT_EQ(data.train.image(2)[7], 23 * 7 % 256);
  EXPECT_EQ(load("idx").train.pixels, data.train.pixels);
}

TEST_F(IdxFolder, IsReadGzippedAndWithDottedNames) {
  const Dataset plain = load();
  const auto move = [&](const std::string& from, const std::string& to, bool pack) {
    const std::string bytes = read_file(folder_ / from);
    std::filesystem::remove(folder_ / from);
    write(to, pack ? gzip(bytes) : bytes);
  };
  move("train-images-idx3-ubyte", "train-images-idx3-ubyte.gz", true);
  move("train-labels-idx1-ubyte", "train-labels.idx1-ubyte", false);
  EXPECT_EQ(load().train.pixels, plain.train.pixels);
  EXPECT_EQ(load().train.labels, plain.train.labels);
}

TEST_F(IdxFolder, IsRefusedWhereAFileIsMissing) {
  std::filesystem::remove(folder_ / "t10k-labels-idx1-ubyte");
  expect_error([&] { return load(); }, {folder_.path().string(), "no t10k-labels-idx1-ubyte"});
}

TEST_F(IdxFolder, IsRefusedWithABadMagic) {
  write("train-images-idx3-ubyte", idx({3, 8}, counting(24)) + "....");
  expect_error([&] { return load(); }, {"train-images-idx3-ubyte'", "00 00 08 02", "00 00 08 03"});
  write("train-images-idx3-ubyte", "PNG and more bytes than a header");
  expect_error([&] { return load(); }, {"train-images-idx3-ubyte'", "50 4e 47"});
}

TEST_F(IdxFolder, IsRefusedTruncatedOrTooLong) {
  write("train-images-idx3-ubyte", idx({3, 2, 4}, counting(23)));
  expect_error([&] { return load(); }, {"train-images-idx3-ubyte'", "[3, 2, 4]", "need 40 bytes", "has 39"});
  write("train-images-idx3-ubyte", idx({3, 2, 4}, counting(25)));
  expect_error([&] { return load(); }, {"need 40 bytes", "has 41"});
  write("train-images-idx3-ubyte", "\0\0");
  expect_error([&] { return load(); }, {"train-images-idx3-ubyte'", "header alone needs 16"});
}

TEST_F(IdxFolder, IsRefusedWithDimensionsThatAreZeroOrHuge) {
  write("train-images-idx3-ubyte", idx({0, 2, 4}, ""));
  expect_error([&] { return load(); }, {"train-images-idx3-ubyte'", "[0...]"});
  write("train-images-idx3-ubyte", idx({0xffffffff, 0xffffffff, 0xffffffff}, ""));
  expect_error([&] { return load(); }, {"train-images-idx3-ubyte'", "4294967295", "too large"});
}

TEST_F(IdxFolder, IsRefusedWhereLabelAndImageCountsDiffer) {
  write("train-labels-idx1-ubyte", idx({2}, "ab"));
  expect_error([&] { return load("idx"); },
               {"train-images-idx3-ubyte': it has 3 images", "train-labels-idx1-ubyte' has 2 labels"});
}

TEST_F(IdxFolder, IsRefusedWithLabelsAbove9WhereItIsMnist) {
  write("train-labels-idx1-ubyte", idx({3}, "\x01\x0a\x02"));
  expect_error([&] { return load(); }, {"label 1 is 10", "0 to 9"});
  EXPECT_EQ(load("idx").train.labels[1], 10) << "other IDX sets may have more classes";
}

TEST_F(IdxFolder, IsRefusedWithDamagedGzip) {
  std::string packed = gzip(idx({3, 2, 4}, counting(24)));
  std::filesystem::remove(folder_ / "train-images-idx3-ubyte");
  write("train-images-idx3-ubyte.gz", packed.substr(0, packed.size() - 12));
  expect_error([&] { return load(); }, {"train-images-idx3-ubyte.gz'", "truncated"});
  packed[packed.size() - 6] = static_cast<char>(packed[packed.size() - 6] ^ 1);  // in the check sum
  write("train-images-idx3-ubyte.gz", packed);
  expect_error([&] { return load(); }, {"train-images-idx3-ubyte.gz'", "damaged"});
}

TEST_F(IdxFolder, IsRefusedWhereTestImagesHaveAnotherSize) {
  write("t10k-images-idx3-ubyte", idx({1, 4, 2}, counting(8)));
  expect_error([&] { return load(); }, {"1x2x4", "1x4x2"});
}

TEST(Cifar10, IsReadFromChannelPlanesIntoPixels) {
  const TempFolder folder;
  std::string record = "\x07" + counting(3072);
  for (int i = 1; i <= 5; ++i) write_file(folder / fmt::format("data_batch_{}.bin", i), record + record);
  write_file(folder / "test_batch.bin", record);
  const Dataset data = load_dataset("cifar10:" + folder.path().string());
  EXPECT_EQ(data.train.size(), 10U);
  EXPECT_EQ(data.test.shape, (Shape{3, 32, 32}));
  EXPECT_EQ(data.test.labels[0], 7);
  for (const std::size_t p : {0U, 1U, 1023U}) {
    for (std::size_t c = 0; c < 3; ++c) {
      EXPECT_EQ(data.test.image(0)[p * 3 + c], static_cast<std::uint8_t>((c * 1024 + p) * 7));
    }
  }
  write_file(folder / "data_batch_3.bin", record.substr(1));
  expect_error([&] { return load_dataset("cifar10:" + folder.path().string()); },
               {"data_batch_3.bin'", "3072 bytes", "3073"});
  record[0] = 10;
  write_file(folder / "data_batch_3.bin", record);
  expect_error([&] { return load_dataset("cifar10:" + folder.path().string()); },
               {"data_batch_3.bin'", "record 0 has the label 10"});
  std::filesystem::remove(folder / "data_batch_3.bin");
  expect_error([&] { return load_dataset("cifar10:" + folder.path().string()); },
               {"data_batch_3.bin'", "no such file"});
}

std::string npy(const std::string& descr, const std::string& shape, const std::string& data,
                const std::string& fortran = "False", char version = 1) {
  std::string header =
      "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }";
  header.resize(version == 1 ? 118 : 116, ' ');
  header.back() = '\n';
  std::string bytes = "\x93NUMPY";
  bytes += version;
  bytes += '\0';
  bytes += static_cast<char>(header.size());
  bytes.append(version == 1 ? 1 : 3, '\0');
  return bytes + header + data;
}

class NpyFolder : public testing::Test {
 protected:
  NpyFolder() {
    write("x_train", npy("|u1", "(2, 2, 1, 3)", counting(12)));
    write("y_train", npy("<i4", "(2,)", std::string("\x01\0\0\0\x2c\x01\0\0", 8)));
    write("x_test",
          npy("<i2", "(1, 2, 1, 3)", std::string("\0\0\x01\0\x02\0\x03\0\x04\0\xff\0", 12), "False", 2));
    write("y_test", npy("|i1", "(1, 1)", "\x02"));
  }
  void write(const std::string& name, const std::string& bytes) {
    write_file(folder_ / (name + ".npy"), bytes);
  }
  Dataset load() { return load_dataset("npy:" + folder_.path().string()); }
  void refuse(const std::string& name, const std::string& bytes, std::initializer_list<std::string> parts) {
    const std::string before = read_file(folder_ / (name + ".npy"));
    write(name, bytes);
    expect_error([&] { return load(); }, parts);
    expect_error([&] { return load(); }, {name + ".npy'"});
    write(name, before);
  }
  TempFolder folder_;
};

TEST_F(NpyFolder, IsReadWithIntegersOfSeveralWidths) {
  const Dataset data = load();
  EXPECT_EQ(data.train.shape, (Shape{3, 2, 1}));
  EXPECT_EQ(data.train.labels, (std::vector<std::uint16_t>{1, 300}));
  EXPECT_EQ(data.train.image(1)[0], 42);
  EXPECT_EQ(data.test.pixels, (std::vector<std::uint8_t>{0, 1, 2, 3, 4, 255}));
  EXPECT_EQ(data.test.labels, (std::vector<std::uint16_t>{2}));
}

TEST_F(NpyFolder, IsReadWithoutAChannelAxis) {
  write("x_train", npy("|u1", "(2, 2, 3)", counting(12)));
  write("x_test", npy("|u1", "(1, 2, 3)", counting(6)));
  EXPECT_EQ(load().train.shape, (Shape{1, 2, 3}));
}

TEST_F(NpyFolder, IsRefusedMalformed) {
  refuse("x_train", "PK\x03\x04 and so on, a zip", {"no .npy file"});
  refuse("x_train", npy("<f4", "(2, 2, 1, 3)", std::string(48, '\0')), {"'<f4'", "uint8"});
  refuse("x_train", npy(">i4", "(2, 2, 1, 3)", std::string(48, '\0')), {"not supported"});
  refuse("x_train", npy("|u1", "(2, 2, 1, 3)", counting(12), "True"), {"Fortran order"});
  refuse("x_train", npy("|u1", "(2, 2, 1, 3)", counting(11)),
         {"[2, 2, 1, 3]", "needs 12 bytes and it has 11"});
  refuse("x_train", npy("|u1", "(2, 6)", counting(12)), {"[2, 6]", "(N, H, W)"});
  refuse("x_train", npy("|u1", "(99999999999999999999, 6)", ""), {"shape"});
  refuse("x_train", npy("|u1", "(4294967296, 4294967296, 4294967296)", ""), {"shape"});
  refuse("x_train", npy("|u1", "2, 6", counting(12)), {"no shape in parentheses"});
  refuse("x_train", npy("|u1", "(2, 2, 3)", counting(12)).substr(0, 60), {"truncated in its header"});
  refuse("x_train", npy("|u1", "(2, 2, 3)", counting(12), "False", 9), {"version 9"});
  refuse("y_train", npy("<i4", "(1,)", std::string(4, '\0')), {"[1]", "2 images"});
  refuse("y_train", npy("|i1", "(2,)", "\x01\xff"), {"element 1 is -1"});
  refuse("x_test", npy("<i2", "(1, 2, 1, 3)", std::string("\0\0\x01\0\x02\0\x03\0\x04\0\0\1", 12)),
         {"element 5 is 256"});
}

TEST(Dataset, RefusesASpecItDoesNotKnow) {
  for (const char* spec : {"", "imagenet", "mnist", "mnist:", "csv:folder", "fashion-mnist:x"}) {
    expect_error([&] { return load_dataset(spec); }, {"not known", "'fashion-mnist', 'mnist:DIR'"});
  }
  expect_error([] { return load_dataset("idx:no/such/folder"); }, {"'idx:no/such/folder'", "no folder"});
}

TEST(Dataset, ReadsFashionMnistFromItsPackage) {
  if (!std::filesystem::exists("/usr/share/datasets/fashion-mnist")) {
    expect_error([] { return load_dataset("fashion-mnist"); }, {"apt-get install dataset-fashion-mnist"});
    GTEST_SKIP() << "skipped: dataset-fashion-mnist is not installed";
  }
  const Dataset data = load_dataset("fashion-mnist");
  EXPECT_EQ(data.train.size(), 60000U);
  EXPECT_EQ(data.test.size(), 10000U);
  EXPECT_EQ(data.test.shape, (Shape{1, 28, 28}));
  EXPECT_EQ(data.test.labels[0], 9);
}

TEST(Dataset, FitsANetworkOfItsShapeAndClassesOnly) {
  const Network network = test::two_exits().import();
  Dataset data;
  data.name = "set";
  data.train.shape = data.test.shape = network.nodes[0].shape;
  data.train.labels = {0, 2};
  data.test.labels = {1};
  EXPECT_NO_THROW(check_dataset_fits(data, network));
  data.test.labels[0] = 3;
  expect_error([&] { check_dataset_fits(data, network); },
               {"'set'", "test image 0", "label 3", "'model'", "0 to 2"});
  data.test.labels[0] = 1;
  data.train.labels[1] = 9;
  expect_error([&] { check_dataset_fits(data, network); }, {"training image 1", "label 9"});
  data.test.shape = {1, 28, 28};
  expect_error([&] { check_dataset_fits(data, network); }, {"'set'", "1x28x28", "'model'", "2x8x8"});
}

}  // namespace
}  // namespace offramp::net

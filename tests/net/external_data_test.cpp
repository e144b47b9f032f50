#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstring>
#include <filesystem>

#include "base/expect_error.h"
#include "base/files.h"
#include "base/temp_folder.h"
#include "net/models.h"

namespace offramp::net {
namespace {

namespace fs = std::filesystem;
using test::expect_error;
using test::ModelBuilder;
using test::TempFolder;

class ExternalData : public testing::Test {
 protected:
  ExternalData() {
    fs::create_directories(folder_ / "model/sub");
    const std::vector<float> weights = test::values(8, 6);
    std::string bytes(16 + 32 + 5, 'p');
    std::memcpy(bytes.data() + 16, weights.data(), 32);
    write_file(folder_ / "model/sub/w.bin", bytes);
    write_file(folder_ / "outside.bin", bytes);
  }

  /// Imports a model in folder/model whose Conv has its weights at `location`.
  Network import(const std::string& location, const std::string& offset = "16",
                 const std::string& length = "32") {
    ModelBuilder b;
    OnnxTensor tensor{.name = "w", .dims = {4, 2, 1, 1}, .storage = OnnxTensor::Storage::external};
    tensor.external = {{"location", location}, {"offset", offset}, {"length", length}};
    b.model.graph.tensors.push_back(tensor);
    b.node("Conv", "it", {"w"}).classifier("fc", 256).output();
    write_file(folder_ / "model/m.onnx", serialize(b.model));
    return import_onnx(folder_ / "model/m.onnx");
  }
  void refuse(const std::string& location, std::initializer_list<std::string> parts,
              const std::string& offset = "16", const std::string& length = "32") {
    SCOPED_TRACE(location);
    expect_error([&] { return import(location, offset, length); }, parts);
    expect_error([&] { return import(location, offset, length); }, {"m.onnx'", "node 'it' (Conv)", "'w'"});
  }

  TempFolder folder_;
};

TEST_F(ExternalData, IsReadInsideTheModelsFolder) {
  EXPECT_EQ(test::layer_named<Conv>(import("sub/w.bin"), "it").weights, test::values(8, 6));
}

TEST_F(ExternalData, IsRefusedOutsideTheModelsFolder) {
  refuse("../outside.bin", {"leaves the model's folder"});
  refuse("sub/../../outside.bin", {"leaves the model's folder"});
  refuse((folder_ / "outside.bin").string(), {"absolute path"});
  refuse("", {"not the name of a file"});
}

TEST_F(ExternalData, IsRefusedThroughSymbolicLinks) {
  fs::create_symlink("../outside.bin", folder_ / "model/link.bin");
  fs::create_directory_symlink("sub", folder_ / "model/linked");
  refuse("link.bin", {"symbolic link"});
  refuse("linked/w.bin", {"symbolic link"});
}

TEST_F(ExternalData, IsRefusedWhereThereIsNoRegularFile) {
  refuse("none.bin", {"'none.bin' cannot be read"});
  refuse("sub", {"not a regular file"});
  ASSERT_EQ(::mkfifo((folder_ / "model/pipe").c_str(), 0600), 0);
  refuse("pipe", {"not a regular file"});
}

TEST_F(ExternalData, IsRefusedWhereOffsetAndLengthDoNotFit) {
  refuse("sub/w.bin", {"length 31", "32 bytes"}, "16", "31");
  refuse("sub/w.bin", {"53 bytes, too few for 32 bytes at the offset 22"}, "22");
  refuse("sub/w.bin", {"too few"}, "18446744073709551600");
  refuse("sub/w.bin", {"offset '-1'", "not a number"}, "-1");
  refuse("sub/w.bin", {"length '32x'", "not a number"}, "16", "32x");
}

TEST_F(ExternalData, IsRefusedForAModelFromMemory) {
  static_cast<void>(import("sub/w.bin"));
  const std::string bytes = read_file(folder_ / "model/m.onnx");
  expect_error([&] { return import_onnx_bytes(bytes, "model"); }, {"'sub/w.bin'", "not a file"});
}

}  // namespace
}  // namespace offramp::net

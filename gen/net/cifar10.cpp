// CIFAR-10 in binary: records of one label byte and 3 x 32 x 32 pixels, channel by channel.
#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "net/dataset_files.h"

namespace offramp::net {
namespace {

constexpr Shape kShape{3, 32, 32};
constexpr std::size_t kPlane = 32 * 32;
constexpr std::size_t kRecord = 1 + 3 * kPlane;

void append_file(const std::filesystem::path& file, Split& split) {
  const std::string bytes = read_file(file);
  const std::string what = in_quotes(file.string());
  if (bytes.empty() || bytes.size() % kRecord != 0) {
    throw Error(fmt::format("{}: its {} bytes are no whole number of {}-byte records; fetch the file again",
                            what, bytes.size(), kRecord));
  }
  for (std::size_t at = 0; at < bytes.size(); at += kRecord) {
    const auto* record = reinterpret_cast<const std::uint8_t*>(bytes.data()) + at;
    if (record[0] > 9) {
      throw Error(
          fmt::format("{}: record {} has the label {}; CIFAR-10 has 0 to 9", what, at / kRecord, record[0]));
    }
    split.labels.push_back(record[0]);
    for (std::size_t p = 0; p < kPlane; ++p) {
      for (std::size_t c = 0; c < 3; ++c) split.pixels.push_back(record[1 + c * kPlane + p]);
    }
  }
}

}  // namespace

Dataset read_cifar10_folder(const std::filesystem::path& folder, const std::string& name) {
  Dataset data;
  data.name = name;
  data.train.shape = data.test.shape = kShape;
  for (int batch = 1; batch <= 5; ++batch) {
    append_file(folder / fmt::format("data_batch_{}.bin", batch), data.train);
  }
  append_file(folder / "test_batch.bin", data.test);
  return data;
}

}  // namespace offramp::net

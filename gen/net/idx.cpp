// IDX, the format of MNIST: a big-endian header (two zero bytes, element type 8 = unsigned byte, number of
// dimensions, the dimensions) and the bytes.
#include <fmt/format.h>

#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "net/dataset_files.h"

namespace offramp::net {
namespace {

namespace fs = std::filesystem;

struct IdxFile {
  fs::path file;
  std::vector<std::uint64_t> dims;
  std::string bytes;  // with the header
  [[nodiscard]] std::size_t header() const { return 4 + 4 * dims.size(); }
};

IdxFile read_idx(const fs::path& file, std::size_t dimensions) {
  IdxFile idx{.file = file, .dims = {}, .bytes = read_maybe_gzip(file, kMaxDatasetBytes)};
  const std::string what = in_quotes(file.string());
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(idx.bytes[i]); };
  const std::size_t header = 4 + 4 * dimensions;
  if (idx.bytes.size() < header) {
    throw Error(fmt::format("{}: it has {} bytes and an IDX header alone needs {}; fetch the file again",
                            what, idx.bytes.size(), header));
  }
  if (byte(0) != 0 || byte(1) != 0 || byte(2) != 8 || byte(3) != dimensions) {
    throw Error(fmt::format(
        "{}: it begins with {:02x} {:02x} {:02x} {:02x} where IDX unsigned bytes in {} "
        "dimension{} begin with 00 00 08 {:02x}",
        what, byte(0), byte(1), byte(2), byte(3), dimensions, dimensions == 1 ? "" : "s", dimensions));
  }
  std::uint64_t want = header;
  std::uint64_t elements = 1;
  for (std::size_t d = 0; d < dimensions; ++d) {
    const std::size_t at = 4 + 4 * d;
    const std::uint64_t dim = std::uint64_t{byte(at)} << 24 | std::uint64_t{byte(at + 1)} << 16 |
                              std::uint64_t{byte(at + 2)} << 8 | byte(at + 3);
    idx.dims.push_back(dim);
    if (dim == 0 || dim > kMaxDatasetBytes / elements) {
      throw Error(
          fmt::format("{}: its dimensions [{}...] are 0 or too large", what, fmt::join(idx.dims, ", ")));
    }
    elements *= dim;
  }
  want += elements;
  if (idx.bytes.size() != want) {
    throw Error(fmt::format("{}: its dimensions [{}] need {} bytes and it has {}; fetch the file again", what,
                            fmt::join(idx.dims, ", "), want, idx.bytes.size()));
  }
  return idx;
}

/// The file under one of its usual names.
fs::path find_file(const fs::path& folder, const std::string& stem, const std::string& kind) {
  for (const char* joint : {"-", "."}) {
    for (const char* ending : {"", ".gz"}) {
      fs::path file = folder / (stem + joint + kind + "-ubyte" + ending);
      if (fs::is_regular_file(file)) return file;
    }
  }
  throw Error(fmt::format("{}: there is no {}-{}-ubyte or {}-{}-ubyte.gz in this folder",
                          in_quotes(folder.string()), stem, kind, stem, kind));
}

Split read_split(const fs::path& folder, const std::string& prefix) {
  const IdxFile images = read_idx(find_file(folder, prefix + "-images", "idx3"), 3);
  const IdxFile labels = read_idx(find_file(folder, prefix + "-labels", "idx1"), 1);
  if (images.dims[0] != labels.dims[0]) {
    throw Error(fmt::format("{}: it has {} images and {} has {} labels; the two must be equal",
                            in_quotes(images.file.string()), images.dims[0], in_quotes(labels.file.string()),
                            labels.dims[0]));
  }
  if (images.dims[1] > 65535 || images.dims[2] > 65535) {
    throw Error(fmt::format("{}: its images are {}x{} pixels; up to 65535 are supported",
                            in_quotes(images.file.string()), images.dims[1], images.dims[2]));
  }
  Split split;
  split.shape = {1, static_cast<int>(images.dims[1]), static_cast<int>(images.dims[2])};
  const auto bytes_of = [](const IdxFile& idx) {
    return reinterpret_cast<const std::uint8_t*>(idx.bytes.data()) + idx.header();
  };
  const auto end_of = [](const IdxFile& idx) {
    return reinterpret_cast<const std::uint8_t*>(idx.bytes.data()) + idx.bytes.size();
  };
  split.pixels.assign(bytes_of(images), end_of(images));
  split.labels.assign(bytes_of(labels), end_of(labels));
  return split;
}

}  // namespace

Dataset read_idx_folder(const fs::path& folder, const std::string& name) {
  return {.name = name, .train = read_split(folder, "train"), .test = read_split(folder, "t10k")};
}

}  // namespace offramp::net

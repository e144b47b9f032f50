// NumPy's .npy: a magic string, a version, a header that is a Python dictionary in text, and the elements.
#include <fmt/format.h>

#include <charconv>
#include <cstring>
#include <string_view>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "net/dataset_files.h"

namespace offramp::net {
namespace {

namespace fs = std::filesystem;

struct NpyFile {
  std::string what;  // the file's name, for messages
  std::string kind;  // element type, as '|u1'
  std::vector<std::uint64_t> dims;
  std::string bytes;
  std::size_t start = 0;  // of the elements
  std::size_t width = 1;  // of one element

  [[nodiscard]] std::uint64_t elements() const {
    std::uint64_t count = 1;
    for (const std::uint64_t dim : dims) count *= dim;
    return count;
  }
  /// Element i as an integer.
  [[nodiscard]] std::int64_t at(std::uint64_t i) const {
    const char* from = bytes.data() + start + i * width;
    std::uint64_t value = 0;
    std::memcpy(&value, from, width);  // little endian, as is the machine
    if (kind[1] == 'i' && width < 8 && (value >> (8 * width - 1) & 1) != 0)
      value |= ~std::uint64_t{0} << (8 * width);
    return static_cast<std::int64_t>(value);
  }
};

/// The text after `'key':` in the header, without leading spaces.
std::string_view value_of(std::string_view header, const std::string& key, const std::string& what) {
  const std::size_t at = header.find("'" + key + "'");
  const std::size_t colon = at == std::string_view::npos ? at : header.find(':', at);
  if (colon == std::string_view::npos) throw Error(fmt::format("{}: its header has no '{}'", what, key));
  std::string_view rest = header.substr(colon + 1);
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  return rest;
}

std::vector<std::uint64_t> parse_dims(std::string_view text, const std::string& what) {
  std::vector<std::uint64_t> dims;
  const std::size_t close = text.find(')');
  if (!text.starts_with('(') || close == std::string_view::npos) {
    throw Error(what + ": its header has no shape in parentheses");
  }
  text = text.substr(1, close - 1);
  std::uint64_t elements = 1;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(" ,"), text.size()));
    if (text.empty()) return dims;
    std::uint64_t dim = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), dim);
    if (error != std::errc() || dim == 0 || dim > kMaxDatasetBytes / elements || dims.size() >= 8) {
      throw Error(fmt::format("{}: its header has the shape ({}), which is not usable", what,
                              std::string(text.substr(0, 40))));
    }
    elements *= dim;
    dims.push_back(dim);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  }
}

NpyFile read_npy(const fs::path& file) {
  NpyFile npy;
  npy.what = in_quotes(file.string());
  npy.bytes = read_file(file, kMaxDatasetBytes);
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(npy.bytes[i]); };
  if (npy.bytes.size() < 12 || !npy.bytes.starts_with("\x93NUMPY")) {
    throw Error(npy.what + ": it is no .npy file (its magic string is missing)");
  }
  const bool old = byte(6) == 1;
  if (byte(6) < 1 || byte(6) > 3) {
    throw Error(fmt::format("{}: it has .npy version {}; 1 to 3 are supported", npy.what, byte(6)));
  }
  const std::size_t prefix = old ? 10 : 12;
  std::uint64_t length = byte(8) | std::uint64_t{byte(9)} << 8;
  if (!old) length |= std::uint64_t{byte(10)} << 16 | std::uint64_t{byte(11)} << 24;
  if (length > npy.bytes.size() - prefix) throw Error(npy.what + ": it is truncated in its header");
  npy.start = prefix + static_cast<std::size_t>(length);
  const std::string header = npy.bytes.substr(prefix, static_cast<std::size_t>(length));

  const std::string_view kind = value_of(header, "descr", npy.what);
  if (!kind.starts_with('\''))
    throw Error(npy.what + ": it has structured elements; save plain uint8 arrays");
  npy.kind = kind.size() > 4 && kind[0] == '\'' ? std::string(kind.substr(1, 3)) : std::string("?");
  const bool integer = npy.kind.size() == 3 && (npy.kind[1] == 'u' || npy.kind[1] == 'i') &&
                       (npy.kind[0] == '<' || npy.kind[0] == '|') && kind[4] == '\'' &&
                       std::string_view("1248").find(npy.kind[2]) != std::string_view::npos;
  if (!integer) {
    throw Error(
        fmt::format("{}: its element type {} is not supported; save it as uint8 (or little-endian integers)",
                    npy.what, in_quotes(kind.substr(1, kind.find('\'', 1) - 1))));
  }
  npy.width = static_cast<std::size_t>(npy.kind[2] - '0');
  if (!value_of(header, "fortran_order", npy.what).starts_with("False")) {
    throw Error(npy.what + ": it is in Fortran order; save it with numpy.ascontiguousarray");
  }
  npy.dims = parse_dims(value_of(header, "shape", npy.what), npy.what);
  const std::uint64_t want = npy.elements() * npy.width;
  if (npy.bytes.size() - npy.start != want) {
    throw Error(fmt::format("{}: its shape [{}] needs {} bytes and it has {}", npy.what,
                            fmt::join(npy.dims, ", "), want, npy.bytes.size() - npy.start));
  }
  return npy;
}

Split read_split(const fs::path& folder, const std::string& suffix) {
  const NpyFile images = read_npy(folder / ("x_" + suffix + ".npy"));
  const NpyFile labels = read_npy(folder / ("y_" + suffix + ".npy"));
  if (images.dims.size() != 3 && images.dims.size() != 4) {
    throw Error(fmt::format("{}: its shape is [{}]; images are (N, H, W) or (N, H, W, C)", images.what,
                            fmt::join(images.dims, ", ")));
  }
  for (const std::uint64_t dim : std::vector(images.dims.begin() + 1, images.dims.end())) {
    if (dim > 65535) throw Error(fmt::format("{}: it has a dimension of {}", images.what, dim));
  }
  if (labels.elements() != labels.dims[0] || labels.dims[0] != images.dims[0]) {
    throw Error(fmt::format("{}: its shape is [{}] and {} has {} images; there must be one label each",
                            labels.what, fmt::join(labels.dims, ", "), images.what, images.dims[0]));
  }
  Split split;
  split.shape = {images.dims.size() == 4 ? static_cast<int>(images.dims[3]) : 1,
                 static_cast<int>(images.dims[1]), static_cast<int>(images.dims[2])};
  const auto values = [](const NpyFile& npy, std::int64_t most, auto& out) {
    out.reserve(static_cast<std::size_t>(npy.elements()));
    for (std::uint64_t i = 0; i < npy.elements(); ++i) {
      const std::int64_t value = npy.at(i);
      if (value < 0 || value > most) {
        throw Error(fmt::format("{}: element {} is {}; 0 to {} are possible", npy.what, i, value, most));
      }
      out.push_back(static_cast<typename std::decay_t<decltype(out)>::value_type>(value));
    }
  };
  values(images, 255, split.pixels);
  values(labels, 65535, split.labels);
  return split;
}

}  // namespace

Dataset read_npy_folder(const fs::path& folder, const std::string& name) {
  return {.name = name, .train = read_split(folder, "train"), .test = read_split(folder, "test")};
}

}  // namespace offramp::net

#include "design/archive.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>
#include <stdexcept>

#include "base/error.h"
#include "base/text.h"

namespace offramp::design {
namespace {

constexpr std::size_t kBlock = 512;

// Field positions of a ustar header (POSIX.1-1988).
struct Field {
  std::size_t offset;
  std::size_t length;
};
constexpr Field kName{0, 100}, kMode{100, 8}, kUser{108, 8}, kGroup{116, 8}, kSize{124, 12}, kTime{136, 12},
    kChecksum{148, 8}, kType{156, 1}, kMagic{257, 8}, kPrefix{345, 155};

void put(std::string& header, Field field, const std::string& text) {
  header.replace(field.offset, text.size(), text);
}

void put_octal(std::string& header, Field field, std::uint64_t value) {
  put(header, field, fmt::format("{:0{}o}", value, field.length - 1));
}

/// Where a long name is cut into prefix and name, or npos where no slash allows it.
std::size_t split_point(const std::string& name) {
  for (std::size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1)) {
    if (slash > 0 && slash <= kPrefix.length && name.size() - slash - 1 <= kName.length) return slash;
  }
  return std::string::npos;
}

std::string header_for(const std::string& name, std::uint64_t size) {
  std::string header(kBlock, '\0');
  if (name.size() <= kName.length) {
    put(header, kName, name);
  } else {
    const std::size_t cut = split_point(name);
    if (cut == std::string::npos) {
      throw Error(
          fmt::format("cannot package {}: the name is too long for a tar archive; use a shorter folder name",
                      in_quotes(name)));
    }
    put(header, kPrefix, name.substr(0, cut));
    put(header, kName, name.substr(cut + 1));
  }
  if (size >= (std::uint64_t{1} << 33)) {
    throw Error(fmt::format("cannot package {}: {} bytes are more than a tar archive's field holds",
                            in_quotes(name), size));
  }
  put_octal(header, kMode, 0644);
  put_octal(header, kUser, 0);
  put_octal(header, kGroup, 0);
  put_octal(header, kSize, size);
  put_octal(header, kTime, 0);
  put(header, kType, "0");
  put(header, kMagic,
      std::string("ustar\0"
                  "00",
                  8));
  // The checksum is the sum of the header's bytes with its own field taken as blanks.
  put(header, kChecksum, "        ");
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  put(header, kChecksum, fmt::format("{:06o}", sum) + std::string("\0 ", 2));
  return header;
}

std::string gzip(const std::string& bytes) {
  if (bytes.size() > std::numeric_limits<uInt>::max()) {
    throw Error(fmt::format("cannot package the design: {} bytes are more than 4 GiB", bytes.size()));
  }
  z_stream stream{};
  constexpr int kGzip = 16;  // added to the window bits: a gzip wrapper; its time field stays 0
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, MAX_WBITS + kGzip, 8, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    throw std::bad_alloc();
  }
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (result != Z_STREAM_END) throw std::logic_error("deflateBound was too small");
  return out;
}

}  // namespace

std::string tar_gz(const std::string& root, const Files& files) {
  std::string tar;
  for (const auto& [name, bytes] : files) {
    tar += header_for(root + "/" + name, bytes.size());
    tar += bytes;
    tar.append((kBlock - bytes.size() % kBlock) % kBlock, '\0');
  }
  tar.append(2 * kBlock, '\0');  // the end of the archive
  return gzip(tar);
}

}  // namespace offramp::design

#include <fmt/format.h>
#include <zlib.h>

#include <memory>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "net/dataset_files.h"

namespace offramp::net {

std::string read_maybe_gzip(const std::filesystem::path& file, std::uint64_t limit) {
  const std::string packed = read_file(file, kMaxDatasetBytes);
  if (packed.size() < 2 || packed[0] != '\x1f' || packed[1] != '\x8b') return packed.substr(0, limit);

  z_stream stream{};
  const std::string what = in_quotes(file.string());
  if (inflateInit2(&stream, 15 + 16) != Z_OK) throw Error(what + ": zlib cannot start");
  const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, inflateEnd);
  std::string bytes;
  std::size_t fed = 0;
  while (bytes.size() < limit) {
    // zlib counts with 32 bits: feed and take in pieces.
    constexpr std::size_t kPiece = std::size_t{1} << 20;
    if (stream.avail_in == 0) {
      const std::size_t piece = std::min(kPiece, packed.size() - fed);
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data() + fed));
      stream.avail_in = static_cast<uInt>(piece);
      fed += piece;
    }
    const std::size_t have = bytes.size();
    bytes.resize(have + static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, limit - have)));
    stream.next_out = reinterpret_cast<Bytef*>(bytes.data() + have);
    stream.avail_out = static_cast<uInt>(bytes.size() - have);
    const int result = inflate(&stream, Z_NO_FLUSH);
    const bool stuck = stream.avail_in == 0 && fed == packed.size() && stream.avail_out != 0;
    bytes.resize(bytes.size() - stream.avail_out);
    if (result == Z_STREAM_END) break;  // the check sum at the end agreed
    if ((result != Z_OK && result != Z_BUF_ERROR) || stuck) {
      throw Error(fmt::format(
          "{}: the gzip data is {}; fetch the file again", what,
          stuck ? "truncated" : fmt::format("damaged ({})", stream.msg ? stream.msg : "no reason")));
    }
  }
  return bytes;
}

}  // namespace offramp::net

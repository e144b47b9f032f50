#include "base/text.h"

#include <fmt/format.h>

namespace offramp {
namespace {

constexpr std::size_t kLongest = 120;

/// Length of the well-formed UTF-8 sequence of several bytes at the front of `text`, or 0.
std::size_t utf8_sequence(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t length = lead >= 0xc2 && lead < 0xe0   ? 2
                             : lead >= 0xe0 && lead < 0xf0 ? 3
                             : lead >= 0xf0 && lead < 0xf5 ? 4
                                                           : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  if ((lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xed && byte(1) > 0x9f)) return 0;  // overlong; surrogates
  if ((lead == 0xf0 && byte(1) < 0x90) || (lead == 0xf4 && byte(1) > 0x8f)) return 0;  // overlong; too large
  if (lead == 0xc2 && byte(1) < 0xa0) return 0;  // C1 control characters steer terminals
  if (lead == 0xe2 && byte(1) == 0x80 && (byte(2) >= 0xa8 && byte(2) <= 0xae)) return 0;  // line breaks, bidi
  return length;
}

}  // namespace

std::string in_quotes(std::string_view text) {
  std::string out = "'";
  std::size_t at = 0;
  while (at < text.size() && at < kLongest) {
    const char c = text[at];
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80) {
      if (const std::size_t length = utf8_sequence(text.substr(at)); length != 0) {
        out += text.substr(at, length);
        at += length;
        continue;
      }
      out += fmt::format("\\x{:02x}", byte);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\'' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
    ++at;
  }
  out += '\'';
  if (at < text.size()) out += fmt::format(" (the first {} of {} bytes)", at, text.size());
  return out;
}

}  // namespace offramp

#include "hw/interpret_memory.h"

#include <cctype>
#include <fstream>
#include <sstream>
#include <string>

namespace offramp::hw::interpret {

namespace {

class Reader {
 public:
  Reader(const MemoryBlock& block, std::string file, MemoryState& state)
      : block_(block), file_(std::move(file)), state_(state) {}

  void run() {
    std::ifstream in(file_, std::ios::binary);
    std::ostringstream s;
    s << in.rdbuf();
    if (!in) {
      fail("cannot be read; set `folder` to where memory images are, or the string parameter to its name");
    }
    text_ = s.str();
    for (std::string token = next(); !token.empty(); token = next()) {
      if (token[0] == '@') {
        address(token.substr(1));
      } else {
        word(token);
      }
    }
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw DesignError(error_id,
                      "the contents of memory '" + block_.name + "', file '" + file_ + "'" +
                          (line_ > 1 || at_ > 0 ? ", line " + std::to_string(line_) : "") + ", " + what,
                      block_.loc);
  }

  void skip_space() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (std::isspace(static_cast<unsigned char>(c)) != 0) {
        if (c == '\n') ++line_;
        ++at_;
      } else if (text_.compare(at_, 2, "//") == 0) {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (text_.compare(at_, 2, "/*") == 0) {
        const auto end = text_.find("*/", at_ + 2);
        if (end == std::string::npos) fail("has a comment without an end");
        for (; at_ < end + 2; ++at_) line_ += text_[at_] == '\n' ? 1 : 0;
      } else {
        return;
      }
    }
  }

  std::string next() {
    skip_space();
    std::string token;
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) == 0 &&
           text_.compare(at_, 2, "//") != 0 && text_.compare(at_, 2, "/*") != 0) {
      token += text_[at_++];
    }
    return token;
  }

  static int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  }

  void address(const std::string& digits) {
    std::int64_t a = 0;
    for (const char c : digits) {
      if (c == '_') continue;
      if (digit(c) < 0 || a > (std::int64_t{1} << 40))
        fail("has the address '@" + digits + "'; it is not hexadecimal");
      a = a * 16 + digit(c);
    }
    if (digits.empty() || a >= state_.depth) {
      fail("has the address @" + digits + ", beyond the " + std::to_string(state_.depth) + " words");
    }
    address_ = a;
  }

  void word(const std::string& digits) {
    if (address_ >= state_.depth) {
      fail("has more words than the " + std::to_string(state_.depth) + " of the memory");
    }
    std::uint64_t* const w = state_.word(static_cast<std::uint64_t>(address_++));
    for (std::uint32_t k = 0; k < 2 * state_.words; ++k) w[k] = 0;
    std::uint32_t low = 0;
    for (auto it = digits.rbegin(); it != digits.rend(); ++it) {
      if (*it == '_') continue;
      const bool unknown = *it == 'x' || *it == 'X' || *it == 'z' || *it == 'Z' || *it == '?';
      const int d = unknown ? 15 : digit(*it);
      if (d < 0) fail("has the word '" + digits + "'; it is not hexadecimal");
      for (int bit = 0; bit < 4; ++bit, ++low) {
        if ((d >> bit & 1) == 0) continue;
        if (low >= state_.width) {
          if (unknown) continue;
          fail("has the word '" + digits + "', more than the " + std::to_string(state_.width) +
               " bits of a word");
        }
        w[(unknown ? state_.words : 0) + low / 64] |= std::uint64_t{1} << (low % 64);
      }
    }
  }

  const MemoryBlock& block_;
  std::string file_;
  MemoryState& state_;
  std::string text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::int64_t address_ = 0;
};

}  // namespace

void load_memory(const MemoryBlock& block, const std::filesystem::path& folder, MemoryState& state) {
  if (block.file.empty()) return;
  Reader(block, (folder / block.file).string(), state).run();
}

}  // namespace offramp::hw::interpret

#include "verif/trust/tape.h"

#include <charconv>

#include "base/error.h"
#include "base/text.h"

namespace offramp::trust {

int Tape::choose(int n) {
  const auto limit = static_cast<std::uint32_t>(n);
  if (fresh_) {
    draws_.push_back(static_cast<std::uint32_t>(random_.below(limit)));
    return static_cast<int>(draws_.back());
  }
  // An edited tape may hold a number that was drawn for another choice.
  return next_ < draws_.size() ? static_cast<int>(draws_[next_++] % limit) : 0;
}

std::string tape_text(const Draws& draws) {
  std::string text;
  for (const std::uint32_t d : draws) text += (text.empty() ? "" : " ") + std::to_string(d);
  return text + "\n";
}

Draws parse_tape(std::string_view text) {
  Draws draws;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    if (*at == ' ' || *at == '\n') {
      ++at;
      continue;
    }
    std::uint32_t value = 0;
    const auto [next, error] = std::from_chars(at, end, value);
    if (error != std::errc{}) throw Error("a tape is numbers with blanks between, not " + in_quotes(text));
    draws.push_back(value);
    at = next;
  }
  return draws;
}

}  // namespace offramp::trust

#pragma once
// Choices that make a random module, as a tape of small integers. A fresh tape draws at random and remembers;
// a replayed one gives what is on it and, past its end, 0. Since 0 is always the simplest choice, a shorter
// tape or one of smaller numbers is a simpler module, and a failure is made small by editing its tape alone.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "verif/random.h"

namespace offramp::trust {

using Draws = std::vector<std::uint32_t>;

class Tape {
 public:
  /// Draws at random.
  explicit Tape(std::uint64_t seed) : random_(seed), fresh_(true) {}
  /// Replays.
  explicit Tape(Draws draws) : random_(0), draws_(std::move(draws)) {}

  /// 0 .. n-1, n > 0; 0 is the simplest.
  int choose(int n);
  /// False unless a chance of one in `n` came; false is the simplest.
  bool one_in(int n) { return choose(n) == n - 1 && n > 1; }

  /// What was drawn so far, or what is replayed.
  [[nodiscard]] const Draws& draws() const { return draws_; }

 private:
  verif::Random random_;
  Draws draws_;
  std::size_t next_ = 0;
  bool fresh_ = false;
};

/// A tape as one line of numbers, and back; throws offramp::Error for anything else.
[[nodiscard]] std::string tape_text(const Draws& draws);
[[nodiscard]] Draws parse_tape(std::string_view text);

}  // namespace offramp::trust

#pragma once
// What a bus monitor has to say: a rule of the protocol that the design broke.
#include <cstdint>
#include <string>
#include <vector>

namespace offramp::verif {

struct Violation {
  std::uint64_t cycle = 0;
  std::string rule;    // "m_axis: valid dropped before ready"
  std::string detail;  // the values
};

/// The violations of one run, in the order they were seen. Only the first few are kept: one broken rule is
/// broken in every cycle.
class ViolationLog {
 public:
  void add(std::uint64_t cycle, std::string rule, std::string detail) {
    ++count_;
    if (kept_.size() < kKeep) kept_.push_back({cycle, std::move(rule), std::move(detail)});
  }
  [[nodiscard]] const std::vector<Violation>& all() const { return kept_; }
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  static constexpr std::size_t kKeep = 16;
  std::vector<Violation> kept_;
  std::uint64_t count_ = 0;
};

}  // namespace offramp::verif

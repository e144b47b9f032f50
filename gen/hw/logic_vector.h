#pragma once
// Four-state vectors of any width, as the interpreter computes with them: every bit is 0, 1 or x.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace offramp::hw {

class LogicVector {
 public:
  LogicVector() = default;
  /// All bits x.
  explicit LogicVector(std::int64_t width);
  /// The low `width` bits of `value`; beyond 64 bits it is sign-extended.
  static LogicVector of(std::int64_t width, std::int64_t value);
  /// "01x", most significant first.
  /// Throws std::invalid_argument for other characters.
  static LogicVector parse(std::string_view bits);

  [[nodiscard]] std::int64_t width() const { return width_; }
  /// '0', '1' or 'x'.
  [[nodiscard]] char bit(std::int64_t index) const;
  void set_bit(std::int64_t index, char value);
  [[nodiscard]] bool known() const;
  /// The low 64 bits; unknown bits read 0.
  [[nodiscard]] std::uint64_t low64() const;
  /// Most significant first.
  [[nodiscard]] std::string text() const;
  /// Is every bit that is known here the same there? A bit that is x there is not.
  [[nodiscard]] bool agrees_with(const LogicVector& other) const;
  friend bool operator==(const LogicVector&, const LogicVector&) = default;

  // Words of 64 bits, lowest first; bits beyond the width are 0. A bit is x where `unknown` is set, and then
  // its `value` bit is 0.
  std::vector<std::uint64_t> value;
  std::vector<std::uint64_t> unknown;

 private:
  std::int64_t width_ = 0;
};

}  // namespace offramp::hw

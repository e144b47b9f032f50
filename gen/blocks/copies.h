#pragma once
// Fan-out by construction: what controls many things is a register in several copies, each with few loads.
#include <optional>
#include <string>
#include <vector>

#include "hw/hw.h"

namespace offramp::blocks {

/// Loads of a net that enables, selects or addresses, at most.
inline constexpr int kMaxLoads = 64;

/// Copies that so many loads need.
[[nodiscard]] constexpr int copies_for(int loads, int each = kMaxLoads) {
  return loads <= each ? 1 : (loads + each - 1) / each;
}

/// What distinguishes copies from a register.
struct CopyOptions {
  std::optional<hw::IntExpr> reset = std::nullopt;
  bool power_up = false;  ///< 0 before the first clock edge
};

/// `value` a cycle later, `count` times: registers <name>_q, or <name>_copy0_q, <name>_copy1_q, ... that
/// synthesis keeps apart.
[[nodiscard]] std::vector<hw::Value> copied(hw::ModuleBuilder& m, const hw::Clocking& ck,
                                            const std::string& name, const hw::Value& value, int count,
                                            const CopyOptions& options = {});

/// The first `count` copies side by side, the first lowest.
[[nodiscard]] hw::Value side_by_side(const std::vector<hw::Value>& copies, int count);

/// A reset of its own for a part of a module: `clk` of `ck`, and the active-low `rst_n`.
[[nodiscard]] hw::Clocking with_reset(const hw::Clocking& ck, const hw::Value& rst_n);

/// Resets for the registers of a module with many: a copy, a cycle late, for every few of them.
class ResetShare {
 public:
  ResetShare(hw::ModuleBuilder& m, const hw::Clocking& ck) : m_(m), ck_(ck) {}
  /// For registers of so many bits.
  [[nodiscard]] hw::Clocking take(int bits);

 private:
  hw::ModuleBuilder& m_;
  hw::Clocking ck_;
  hw::Reg copy_;
  int count_ = 0;
  int used_ = 0;
};

}  // namespace offramp::blocks

#pragma once
// What the stream adapters share: ports for several streams side by side, and the handshake rules as
// properties.
#include <string_view>

#include "hw/hw.h"
#include "hw/stream.h"

namespace offramp::blocks {

/// `count` incoming streams side by side: `<name>_data_i`, and a bit a stream in `<name>_valid_i` and
/// `<name>_ready_o`. `data` is the type of the whole data port.
hw::Stream<hw::Value> input_streams(hw::ModuleBuilder& m, std::string_view name, const hw::Type& data,
                                    const hw::IntExpr& count, const hw::StreamOptions& options = {},
                                    hw::SourceLoc loc = hw::SourceLoc::here());
/// `count` outgoing streams side by side: `<name>_data_o`, `<name>_valid_o`, `<name>_ready_i`.
hw::Stream<hw::Value> output_streams(hw::ModuleBuilder& m, std::string_view name, const hw::Type& data,
                                     const hw::IntExpr& count, const hw::StreamOptions& options = {},
                                     hw::SourceLoc loc = hw::SourceLoc::here());

enum class RuleSide {
  assumed,   ///< the neighbour's duty: an incoming stream
  asserted,  ///< the block's own: an outgoing stream
};

/// Inside m.formal: rule 4 (valid and data stay until the transfer) and rule 7 (valid is low after reset).
/// Several streams side by side may share one word (`data` is as wide as a word) or have one each.
void stream_rules(hw::ModuleBuilder& m, const hw::Clocking& ck, std::string_view name,
                  const hw::Stream<hw::Value>& stream, RuleSide side,
                  const hw::SourceLoc& loc = hw::SourceLoc::here());
/// The same for `count` streams that have one word of `width` bits each.
void stream_rules_by_word(hw::ModuleBuilder& m, const hw::Clocking& ck, std::string_view name,
                          const hw::Stream<hw::Value>& streams, const hw::IntExpr& count,
                          const hw::IntExpr& width, RuleSide side,
                          const hw::SourceLoc& loc = hw::SourceLoc::here());

}  // namespace offramp::blocks

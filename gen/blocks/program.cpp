#include "blocks/program.h"

#include "fixed/requant.h"

namespace offramp::blocks {

std::vector<ProgramFormat::Field> ProgramFormat::fields() const {
  using W = const ProgramWord&;
  using F = const ProgramFormat&;
  std::vector<Field> list;
  auto number = [&](const char* name, int bits, std::int64_t (*value)(W, F)) {
    list.push_back({.name = name, .bits = bits, .is_signed = false, .value = value});
  };
  auto coordinate = [&](const char* name, std::int64_t (*value)(W, F)) {
    list.push_back({.name = name, .bits = coordinate_bits, .is_signed = true, .value = value});
  };
  auto result = [&](const char* name, std::int64_t (*value)(W, F)) {
    list.push_back({.name = name, .bits = result_bits, .is_signed = true, .value = value});
  };
  number("last", 1, [](W w, F) { return std::int64_t{w.last}; });
  number("wait", wait_bits, [](W w, F) { return std::int64_t{w.wait}; });
  number("last_pixel", count_bits, [](W w, F) { return std::int64_t{w.pixels - 1}; });
  number("last_line", count_bits, [](W w, F) { return std::int64_t{w.lines - 1}; });
  number("last_group", count_bits, [](W w, F) { return std::int64_t{w.groups - 1}; });
  number("last_row", count_bits, [](W w, F) { return std::int64_t{w.rows - 1}; });
  number("last_k_tile", count_bits, [](W w, F) { return std::int64_t{w.k_tiles - 1}; });
  number("last_channel_tile", count_bits, [](W w, F) { return std::int64_t{w.channel_tiles - 1}; });
  number("first_address", address_bits, [](W w, F) { return std::int64_t{w.address}; });
  number("from_input", 1, [](W w, F) { return std::int64_t{w.from_input}; });
  number("address_pixel_step", address_bits, [](W w, F) { return std::int64_t{w.address_step[0]}; });
  number("address_line_step", address_bits, [](W w, F) { return std::int64_t{w.address_step[1]}; });
  number("address_window_step", address_bits, [](W w, F) { return std::int64_t{w.address_step[2]}; });
  number("address_row_step", address_bits, [](W w, F) { return std::int64_t{w.address_step[3]}; });
  coordinate("first_y", [](W w, F) { return std::int64_t{w.y}; });
  coordinate("first_x", [](W w, F) { return std::int64_t{w.x}; });
  coordinate("y_pixel_step", [](W w, F) { return std::int64_t{w.y_step[0]}; });
  coordinate("y_line_step", [](W w, F) { return std::int64_t{w.y_step[1]}; });
  coordinate("y_window_step", [](W w, F) { return std::int64_t{w.y_step[2]}; });
  coordinate("y_row_step", [](W w, F) { return std::int64_t{w.y_step[3]}; });
  coordinate("x_pixel_step", [](W w, F) { return std::int64_t{w.x_step[0]}; });
  coordinate("x_line_step", [](W w, F) { return std::int64_t{w.x_step[1]}; });
  coordinate("x_window_step", [](W w, F) { return std::int64_t{w.x_step[2]}; });
  coordinate("x_row_step", [](W w, F) { return std::int64_t{w.x_step[3]}; });
  number("first_tile", tile_bits, [](W w, F) { return std::int64_t{w.tile}; });
  number("own_tiles", 1, [](W w, F) { return std::int64_t{w.own_tiles}; });
  number("first_weight", weight_bits, [](W w, F) { return std::int64_t{w.weight}; });
  number("first_channel_group", group_bits, [](W w, F) { return std::int64_t{w.channel_group}; });
  number("first_out", address_bits, [](W w, F) { return std::int64_t{w.out_address}; });
  number("out_step", address_bits, [](W w, F) { return std::int64_t{w.out_step}; });
  number("out_row_step", address_bits, [](W w, F) { return std::int64_t{w.out_row_step}; });
  number("last_lanes", lanes, [](W w, F) { return (std::int64_t{1} << w.last_lanes) - 1; });
  number("last_columns", columns, [](W w, F) { return (std::int64_t{1} << w.last_columns) - 1; });
  coordinate("height", [](W w, F) { return std::int64_t{w.height}; });
  coordinate("width", [](W w, F) { return std::int64_t{w.width}; });
  number("lane_step", address_bits, [](W w, F) { return std::int64_t{w.lane_step}; });
  coordinate("lane_x_step", [](W w, F) { return std::int64_t{w.lane_x_step}; });
  number("out_lane_step", address_bits, [](W w, F) { return std::int64_t{w.out_lane_step}; });
  number("pad_value", data_bits, [](W w, F) { return std::int64_t{w.pad_value}; });
  number("act_signed", 1, [](W w, F) { return std::int64_t{w.is_signed}; });
  result("low", [](W w, F) { return std::int64_t{w.low}; });
  result("high", [](W w, F) { return std::int64_t{w.high}; });
  number("to_decision", 1, [](W w, F) { return std::int64_t{w.to_decision}; });
  number("exit", exit_bits, [](W w, F) { return std::int64_t{w.exit}; });
  if (streams) number("streamed", 1, [](W w, F) { return std::int64_t{w.streamed}; });
  if (branch_bits > 0) {
    number("branch", branch_bits, [](W w, F) { return std::int64_t{w.branch}; });
    number("branch_last", 1, [](W w, F) { return std::int64_t{w.branch_last}; });
  }
  if (images > 1) {
    number("grouped", 1, [](W w, F) { return std::int64_t{w.grouped}; });
    number("in_slot_step", address_bits, [](W w, F) { return std::int64_t{w.in_slot_step}; });
    number("out_slot_step", address_bits, [](W w, F) { return std::int64_t{w.out_slot_step}; });
  }
  if (!adds) return list;
  number("residual", 1, [](W w, F) { return std::int64_t{w.residual}; });
  number("residual_offset", address_bits, [](W w, F) { return std::int64_t{w.residual_offset}; });
  number("residual_signed", 1, [](W w, F) { return std::int64_t{w.residual_signed}; });
  list.push_back({.name = "weight_a", .bits = add_weight_bits, .is_signed = true, .value = [](W w, F) {
                    return std::int64_t{w.weight_a};
                  }});
  list.push_back({.name = "weight_b", .bits = add_weight_bits, .is_signed = true, .value = [](W w, F) {
                    return std::int64_t{w.weight_b};
                  }});
  number("add_multiplier", fixed::kMultiplierBits, [](W w, F) { return std::int64_t{w.add_multiplier}; });
  number("add_shift", fixed::kShiftBits, [](W w, F) { return std::int64_t{w.add_shift - 1}; });
  result("add_low", [](W w, F) { return std::int64_t{w.add_low}; });
  result("add_high", [](W w, F) { return std::int64_t{w.add_high}; });
  return list;
}

int ProgramFormat::bits() const {
  int sum = 0;
  for (const Field& f : fields()) sum += f.bits;
  return sum;
}

}  // namespace offramp::blocks

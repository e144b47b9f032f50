#include "accel/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "accel/residual_path.h"
#include "accel/timing.h"
#include "blocks/accumulator.h"
#include "blocks/activation_memory.h"
#include "blocks/delay_line.h"
#include "blocks/packed_array.h"
#include "blocks/pipeline.h"
#include "blocks/ram.h"
#include "blocks/systolic_array.h"
#include "blocks/weight_bank.h"
#include "fixed/requant.h"

namespace offramp::accel {
namespace {

using blocks::delayed;
using blocks::delayed_valid;
using blocks::index_bits;

constexpr int kShiftW = fixed::kShiftBits;

/// Packs values into one vector and finds them again behind a delay.
class Bundle {
 public:
  void add(const hw::Value& v, int bits) {
    values_.push_back(v);
    lsb_.push_back(bits_);
    widths_.push_back(bits);
    bits_ += bits;
  }
  [[nodiscard]] int bits() const { return bits_; }
  [[nodiscard]] hw::Value packed() const {
    return hw::concat(std::vector<hw::Value>(values_.rbegin(), values_.rend()));
  }
  /// The i-th value added, out of a vector that was packed().
  [[nodiscard]] hw::Value unpack(const hw::Value& vector, std::size_t i) const {
    return widths_[i] == 1 ? hw::bit_of(vector, lsb_[i])
                           : hw::slice(vector, lsb_[i] + widths_[i] - 1, lsb_[i]);
  }

 private:
  std::vector<hw::Value> values_;
  std::vector<int> lsb_, widths_;
  int bits_ = 0;
};

}  // namespace

int element_address_bits(const EnginePlan& engine) {
  return index_bits(engine.words) + std::bit_width(static_cast<unsigned>(engine.banks)) - 1;
}

Engine::Ports Engine::build(hw::ModuleBuilder& m) const {
  const EngineConfig& c = config;
  const blocks::Sequencer& sq = c.sequencer;
  m.doc(
      fmt::format("Engine: {} x {} cells, {} pixel lane{}, {} memory banks; runs its program layer by layer.",
                  c.shape.rows, c.shape.columns, c.shape.lanes, c.shape.lanes == 1 ? "" : "s", c.banks));
  const int rows = c.shape.rows;
  const int columns = c.shape.columns;
  const int lanes = c.shape.lanes;
  const int bb = std::bit_width(static_cast<unsigned>(c.banks)) - 1;
  const int word_bits = index_bits(c.words);
  const int aw = bb + word_bits;
  const int act_bits = c.data_bits;
  const int width = std::max(columns, c.outside_width);  // elements a lane at the write port
  const int write_lanes = std::max(lanes, c.outside_lanes);
  const hw::Type address = hw::uint(aw);

  Ports p;
  p.ck = m.clocking();
  p.start = m.input("start_i", hw::bit(), "begin a sample");
  p.flush = m.input("flush_i", hw::bit(), "drop the sample at once");
  p.hold = m.input("hold_i", hw::bit(), "wait before a layer that makes logits");
  p.parity = m.input("parity_i", hw::bit(), "which place the sample's input has");
  if (sq.format.images > 1) {
    p.start_layer = m.input("start_layer_i", hw::uint(sq.layer_bits()), "with start_i");
    p.slot = m.input("slot_i", hw::uint(sq.slot_bits()), "of the image that layers work on");
    p.last_image = m.input("last_image_i", hw::uint(sq.slot_bits()), "of the group");
  }
  if (sq.format.branch_bits > 0) {
    p.skip = m.input("skip_i", hw::uint(1 << sq.format.exit_bits), "by exit: its branch is not wanted");
    p.skipped = m.output("skipped_o", hw::bit(), "a branch is passed over");
    p.skipped_exit = m.output("skipped_exit_o", hw::uint(sq.format.exit_bits), "with skipped_o");
  }
  p.outside_write = m.input("outside_write_i", hw::bit());
  p.outside_address = m.input("outside_address_i", address);
  p.outside_lane_step = m.input("outside_lane_step_i", address);
  p.outside_lane_mask = m.input("outside_lane_mask_i", hw::uint(c.outside_lanes));
  p.outside_element_mask = m.input("outside_element_mask_i", hw::uint(c.outside_width));
  p.outside_data = m.input("outside_data_i", hw::uint(c.outside_lanes * c.outside_width * c.data_bits));
  if (c.loaded) p.outside_ready = m.output("outside_ready_o", hw::bit());
  p.load = blocks::LoadBus::inputs(m, c.load_bits);
  if (sq.loaded)
    p.place_step = m.input("place_step_i", address, "from the input's first place to its second");
  m.unused(p.load.address);  // no table needs all of them
  m.unused(p.load.data);
  if (c.tapped) {
    p.layer = m.output("layer_o", hw::uint(sq.layer_bits()), "whose result is on its way");
    p.layer_done = m.output("layer_done_o", hw::bit(), "its last result is on its way");
    p.write = m.output("write_o", hw::bit(), "a result on its way to memory");
    p.write_address = m.output("write_address_o", address);
    p.write_lane_step = m.output("write_lane_step_o", address);
    p.write_lane_mask = m.output("write_lane_mask_o", hw::uint(lanes));
    p.write_column_mask = m.output("write_column_mask_o", hw::uint(columns));
    p.write_data = m.output("write_data_o", hw::uint(lanes * columns * c.data_bits), "lane-major");
  }
  p.logit_valid = m.output("logit_valid_o", hw::bit());
  p.logit_exit = m.output("logit_exit_o", hw::uint(sq.format.exit_bits));
  p.logits = m.output("logits_o", hw::uint(columns * c.logit_bits));

  m.section("What to do in every cycle");
  auto u_seq = m.instance("u_sequencer", sq, {.ck = p.ck});
  u_seq.in(u_seq.ports.start, p.start);
  u_seq.in(u_seq.ports.flush, p.flush);
  u_seq.in(u_seq.ports.hold, p.hold);
  u_seq.in(u_seq.ports.parity, p.parity);
  if (sq.loaded) u_seq.in(u_seq.ports.second_place, p.place_step);
  if (sq.format.images > 1) {
    u_seq.in(u_seq.ports.start_layer, p.start_layer);
    u_seq.in(u_seq.ports.slot, p.slot);
    u_seq.in(u_seq.ports.last_image, p.last_image);
  }
  if (sq.format.branch_bits > 0) {
    u_seq.in(u_seq.ports.skip, p.skip);
    m.drive(p.skipped, u_seq.out(u_seq.ports.skipped, "branch_skipped"));
    m.drive(p.skipped_exit, u_seq.out(u_seq.ports.skipped_exit, "branch_skipped_exit"));
  }
  p.idle = m.output("idle_o", hw::bit(), "all layers are issued, or no sample is under way");
  m.drive(p.idle, u_seq.out(u_seq.ports.idle, "sequencer_idle"));
  auto load_of = [&](blocks::LoadTarget target) {
    return p.load.write & (p.load.select == static_cast<int>(target));
  };
  auto load_word = [&](int bits) {
    return bits == c.load_bits ? p.load.data : hw::truncate(p.load.data, bits);
  };
  auto load_address = [&](int bits) { return hw::truncate(p.load.address, bits); };
  u_seq.in(u_seq.ports.load_write, load_of(blocks::LoadTarget::program));
  u_seq.in(u_seq.ports.load_address, load_address(sq.layer_bits()));
  u_seq.in(u_seq.ports.load_data, load_word(sq.format.bits()));
  std::map<std::string, std::pair<hw::Value, hw::Value>> steady;
  for (const auto& [name, ports] : u_seq.ports.steady)
    steady[name] = {u_seq.out(ports.even, name + "_even"), u_seq.out(ports.odd, name + "_odd")};
  // What holds for the layer of an issue, in the cycle in which that issue's `phase` stands.
  auto of_layer = [&](const std::string& field, const hw::Value& phase) {
    return m.let(field, hw::mux(phase, steady.at(field).second, steady.at(field).first));
  };
  const auto phase = u_seq.out(u_seq.ports.phase, "phase");
  const auto issue = u_seq.out(u_seq.ports.issue, "issue");
  const auto pixel_address = u_seq.out(u_seq.ports.address, "pixel_address");
  const auto y = u_seq.out(u_seq.ports.y, "y");
  const auto x = u_seq.out(u_seq.ports.x, "x");

  m.section("Tile table: which element every row multiplies");
  const int kb = c.kernel_bits;
  const int tile_word = c.tile_word_bits();
  auto u_tiles = m.instance(
      "u_tile_table", blocks::Table{},
      {.ck = p.ck,
       .params = {{"WIDTH", tile_word}, {"DEPTH", c.tiles}, {"INIT_FILE", c.files + "_tiles.hex"}}});
  u_tiles.in(u_tiles.ports.write, load_of(blocks::LoadTarget::tiles));
  u_tiles.in(u_tiles.ports.write_address, load_address(sq.format.tile_bits));
  u_tiles.in(u_tiles.ports.write_data, load_word(tile_word));
  u_tiles.in(u_tiles.ports.address, u_seq.out(u_seq.ports.tile, "tile"));
  const auto tile_entry = u_tiles.out(u_tiles.ports.data, "tile_entry");
  int lsb = 0;
  auto tile_field = [&](const std::string& name, int bits) {
    lsb += bits;
    return m.let(name, hw::slice(tile_entry, lsb - 1, lsb - bits));
  };
  const auto row_offset = tile_field("row_offset", rows * word_bits);
  const auto row_dx = tile_field("row_dx", rows * kb);
  const auto row_dy = tile_field("row_dy", rows * kb);
  const auto row_used = tile_field("row_used", rows);
  const auto tile_base = tile_field("tile_base", bb);
  const auto pixel_1q = delayed(m, p.ck, "pixel_address", pixel_address, 1);
  const auto y_1q = delayed(m, p.ck, "y", y, 1);
  const auto x_1q = delayed(m, p.ck, "x", x, 1);
  const auto phase_1q = delayed(m, p.ck, "phase", phase, 1);
  const auto height = of_layer("height", phase_1q);
  const auto map_width = of_layer("width", phase_1q);
  const auto lane_step = of_layer("lane_step", phase_1q);
  const auto lane_x_step = of_layer("lane_x_step", phase_1q);
  const auto phase_6q = delayed(m, p.ck, "phase_1q", phase_1q, kPaddingCycle - 1);
  const auto pad_value = of_layer("pad_value", phase_6q);
  const auto act_signed = of_layer("act_signed", phase_6q);

  m.section("Operands: one feed a lane");
  auto write_enable = m.wire("bank_write", hw::uint(c.banks));
  auto write_word = m.wire("bank_word", hw::uint(c.banks * word_bits));
  auto bank_data = m.wire("bank_data", hw::uint(c.banks * c.data_bits));
  auto act = m.wire("act", hw::uint(rows * lanes * act_bits));
  hw::Value lane_address = m.let("lane_address_0", hw::add_wrap(pixel_1q, hw::extend(tile_base, aw)));
  hw::Value lane_x = x_1q;
  hw::Value read_back;  // what the write port's addresses hold, where residuals are added
  for (int l = 0; l < lanes; ++l) {
    if (l > 0) {
      lane_address = m.let(fmt::format("lane_address_{}", l), hw::add_wrap(lane_address, lane_step));
      lane_x = m.let(fmt::format("lane_x_{}", l), hw::add_wrap(lane_x, lane_x_step));
    }
    auto u = m.instance(fmt::format("u_feed_{}", l),
                        blocks::OperandFeed{.banks = c.banks,
                                            .rows = rows,
                                            .data_bits = c.data_bits,
                                            .word_bits = word_bits,
                                            .words = c.words,
                                            .coordinate_bits = sq.format.coordinate_bits,
                                            .kernel_bits = kb,
                                            .reads_back = c.adds && l == 0},
                        {.ck = p.ck});
    if (c.adds && l == 0) read_back = u.out(u.ports.read_back, "read_back");
    u.in(u.ports.address, lane_address);
    u.in(u.ports.y, y_1q);
    u.in(u.ports.x, lane_x);
    u.in(u.ports.row_used, row_used);
    u.in(u.ports.row_dy, row_dy);
    u.in(u.ports.row_dx, row_dx);
    u.in(u.ports.row_offset, row_offset);
    u.in(u.ports.height, height);
    u.in(u.ports.width, map_width);
    u.in(u.ports.pad_value, pad_value);
    u.in(u.ports.is_signed, act_signed);
    u.in(u.ports.write, write_enable);
    u.in(u.ports.write_word, write_word);
    u.in(u.ports.write_data, bank_data);
    const auto operands = u.out(u.ports.act, fmt::format("operands_{}", l));
    m.generate_for(fmt::format("gen_operands_{}", l), rows, [&](hw::IntExpr r) {
      m.drive(hw::part(act, (r * lanes + l) * act_bits, act_bits),
              hw::part(operands, r * act_bits, act_bits));
    });
  }
  if (lanes == 1) {
    m.unused(lane_step);
    m.unused(lane_x_step);
  }

  m.section("Weights, then the array");
  hw::Value row_weight_load, row_weights;
  const auto weight_load = u_seq.out(u_seq.ports.weight_load, "weight_load");
  const auto weight_address = u_seq.out(u_seq.ports.weight, "weight_address");
  const int row_bits = index_bits(rows);
  if (c.streams()) {
    const blocks::WeightRing ring = c.weight_ring();
    p.ring_beat = m.input("ring_beat_i", hw::bit(), "the next beat of weights");
    p.ring_data = m.input("ring_data_i", hw::uint(c.beat_bits));
    p.ring_error = m.input("ring_error_i", hw::bit(), "with ring_beat_i: it is wrong");
    p.ring_restart = m.input("ring_restart_i", hw::bit(), "forget the streamed tiles");
    p.ring_resident =
        m.input("ring_resident_i", hw::bit(), "with ring_restart_i: beats are of tiles that stay");
    p.ring_room = m.output("ring_room_o", hw::uint(EngineConfig::kBeatsBits), "beats that can be taken");
    p.tile_error = m.output("tile_error_o", hw::bit(), "a tile that is used had a wrong beat");
    auto u_weights = m.instance("u_weights", ring, {.ck = p.ck});
    u_weights.in(u_weights.ports.beat, p.ring_beat);
    u_weights.in(u_weights.ports.data, p.ring_data);
    u_weights.in(u_weights.ports.error, p.ring_error);
    u_weights.in(u_weights.ports.restart, p.ring_restart);
    u_weights.in(u_weights.ports.loading_resident, p.ring_resident);
    u_weights.in(u_weights.ports.load, weight_load);
    u_weights.in(u_weights.ports.address, weight_address);
    u_weights.in(u_weights.ports.streamed, u_seq.out(u_seq.ports.streamed, "weight_streamed"));
    u_weights.in(u_weights.ports.direct_write, load_of(blocks::LoadTarget::weights));
    const auto row_and_tile = m.let("load_row_and_tile", load_address(row_bits + sq.format.weight_bits));
    u_weights.in(u_weights.ports.direct_row, hw::slice(row_and_tile, row_bits - 1, 0));
    u_weights.in(u_weights.ports.direct_address,
                 hw::slice(row_and_tile, row_bits + sq.format.weight_bits - 1, row_bits));
    u_weights.in(u_weights.ports.direct_data, load_word(columns * c.weight_bits));
    u_seq.in(u_seq.ports.weight_ready, u_weights.out(u_weights.ports.available, "weight_available"));
    m.drive(p.ring_room, u_weights.out(u_weights.ports.room, "weight_room"));
    m.drive(p.tile_error, u_weights.out(u_weights.ports.tile_error, "weight_error"));
    row_weight_load = u_weights.out(u_weights.ports.weight_load, "row_weight_load");
    row_weights = u_weights.out(u_weights.ports.weight, "row_weights");
  } else {
    auto u_weights = m.instance("u_weights",
                                blocks::WeightStore{.engine = c.name,
                                                    .file_prefix = c.files + "_weights",
                                                    .rows = rows,
                                                    .columns = columns,
                                                    .weight_bits = c.weight_bits,
                                                    .tiles = c.weight_words},
                                {.ck = p.ck});
    u_weights.in(u_weights.ports.load, delayed_valid(m, p.ck, "weight_load", weight_load,
                                                     m.literal(hw::bit(), 0), kWeightLoadCycle));
    u_weights.in(u_weights.ports.address,
                 delayed(m, p.ck, "weight_address", weight_address, kWeightLoadCycle));
    u_weights.in(u_weights.ports.write, load_of(blocks::LoadTarget::weights));
    u_weights.in(u_weights.ports.write_address, load_address(row_bits + sq.format.weight_bits));
    u_weights.in(u_weights.ports.write_data, load_word(columns * c.weight_bits));
    row_weight_load = u_weights.out(u_weights.ports.weight_load, "row_weight_load");
    row_weights = u_weights.out(u_weights.ports.weight, "row_weights");
  }
  const hw::InstanceOptions array_options{.ck = p.ck,
                                          .params = {{"ROWS", rows},
                                                     {"COLUMNS", columns},
                                                     {"LANES", lanes},
                                                     {"ACT_W", act_bits},
                                                     {"WEIGHT_W", c.weight_bits},
                                                     {"GUARD_W", c.acc_bits - act_bits - c.weight_bits}}};
  auto connect_array = [&](auto u_array) {
    u_array.in(u_array.ports.weight_load, row_weight_load);
    u_array.in(u_array.ports.weight, row_weights);
    u_array.in(u_array.ports.act, act);
    return u_array.out(u_array.ports.psum, "psum");
  };
  const auto psum = c.packed
                        ? connect_array(m.instance("u_array", blocks::PackedSystolicArray{}, array_options))
                        : connect_array(m.instance("u_array", blocks::SystolicArray{}, array_options));

  m.section("What belongs to a partial sum travels beside it");
  Bundle token;
  enum Token : std::size_t {
    k_first,
    k_last,
    window_first,
    window_last,
    pixel,
    group,
    out_address,
    lane_mask,
    column_mask,
    odd,
    layer_last
  };
  auto carry = [&](const hw::Out& port, const std::string& name, int bits) {
    token.add(u_seq.out(port, name), bits);
  };
  carry(u_seq.ports.k_first, "k_first", 1);
  carry(u_seq.ports.k_last, "k_last", 1);
  carry(u_seq.ports.window_first, "window_first", 1);
  carry(u_seq.ports.window_last, "window_last", 1);
  carry(u_seq.ports.pixel, "pixel", sq.pixel_bits);
  carry(u_seq.ports.channel_group, "channel_group", sq.format.group_bits);
  carry(u_seq.ports.out_address, "out_address", aw);
  carry(u_seq.ports.lane_mask, "lane_mask", lanes);
  carry(u_seq.ports.column_mask, "column_mask", columns);
  token.add(phase, 1);
  carry(u_seq.ports.layer_last, "layer_last", 1);
  const int to_read = accumulate_cycle({.rows = rows, .packed = c.packed, .adds = c.adds});
  auto u_token = m.instance("u_token_delay", blocks::DelayLine{},
                            {.ck = p.ck, .params = {{"WIDTH", token.bits()}, {"DEPTH", to_read}}});
  u_token.in(u_token.ports.data, token.packed());
  const auto token_a = u_token.out(u_token.ports.data_o, "token_a");
  const auto valid_a = m.let("valid_a", delayed_valid(m, p.ck, "issued", issue, p.flush, to_read));

  m.section("Scales and biases of a channel group");
  constexpr int kMultiplierW = fixed::kMultiplierBits;
  const int scale_word = c.scale_word_bits();
  auto u_scales = m.instance(
      "u_scale_table", blocks::Table{},
      {.ck = p.ck,
       .params = {
           {"WIDTH", scale_word}, {"DEPTH", c.channel_groups}, {"INIT_FILE", c.files + "_scales.hex"}}});
  u_scales.in(u_scales.ports.write, load_of(blocks::LoadTarget::scales));
  u_scales.in(u_scales.ports.write_address, load_address(sq.format.group_bits));
  u_scales.in(u_scales.ports.write_data, load_word(scale_word));
  u_scales.in(u_scales.ports.address, token.unpack(token_a, group));
  const auto scales_b = u_scales.out(u_scales.ports.data, "scales_b");
  const int bias_lsb = columns * (kMultiplierW + kShiftW);
  const auto multipliers_d =
      delayed(m, p.ck, "multipliers", hw::slice(scales_b, bias_lsb - 1, columns * kShiftW), 2);
  const auto shifts_e = delayed(m, p.ck, "shifts", hw::slice(scales_b, columns * kShiftW - 1, 0), 3);

  m.section("Accumulate over tiles (b), then pool, scale and clamp (c to g)");
  const auto pixel_a = m.let("pixel_a", token.unpack(token_a, pixel));
  const auto valid_b = m.let("valid_b", delayed_valid(m, p.ck, "valid_a", valid_a, p.flush, 1));
  const auto valid_c = m.let("valid_c", delayed_valid(m, p.ck, "valid_b", valid_b, p.flush, 1));
  auto staged = [&](const std::string& name, std::size_t field, int cycles) {
    return delayed(m, p.ck, name, token.unpack(token_a, field), cycles);
  };
  const auto pixel_b = delayed(m, p.ck, "pixel_a", pixel_a, 1);
  const auto pixel_c = delayed(m, p.ck, "pixel_b", pixel_b, 1);
  const auto first_b = staged("k_first", k_first, 1);
  const auto last_b = staged("k_last_b", k_last, 1);
  const auto last_c = delayed(m, p.ck, "k_last_c", last_b, 1);
  const auto window_first_c = staged("window_first", window_first, 2);
  const auto window_last_c = staged("window_last", window_last, 2);
  const auto store_b = m.let("store_b", valid_b & ~last_b);
  const auto forward_b = m.let("forward_b", valid_c & (pixel_c == pixel_b));
  const auto sum_valid_c = m.let("sum_valid_c", valid_c & last_c);
  const auto valid_g =
      m.let("valid_g", delayed_valid(m, p.ck, "result", sum_valid_c & window_last_c, p.flush, 4));
  const auto odd_f = m.let("odd_f", staged("odd", odd, kResultStages - 1));
  const auto low = of_layer("low", odd_f);
  const auto high = of_layer("high", odd_f);
  auto results = m.wire("results", hw::uint(lanes * columns * c.result_bits));
  m.generate_for("gen_column", columns, [&](hw::IntExpr col) {
    const auto bias =
        m.let("bias", hw::as_signed(hw::part(scales_b, col * c.acc_bits + bias_lsb, c.acc_bits)));
    const auto multiplier = m.let("multiplier", hw::part(multipliers_d, col * kMultiplierW, kMultiplierW));
    const auto shift = m.let("shift", hw::part(shifts_e, col * kShiftW, kShiftW));
    m.generate_for("gen_lane", lanes, [&](hw::IntExpr l) {
      auto acc = m.instance("u_accumulator", blocks::Accumulator{},
                            {.ck = p.ck, .params = {{"ACC_W", c.acc_bits}, {"DEPTH", c.acc_depth}}});
      acc.in(acc.ports.read_address, hw::truncate(pixel_a, index_bits(c.acc_depth)));
      acc.in(acc.ports.address, hw::truncate(pixel_b, index_bits(c.acc_depth)));
      acc.in(acc.ports.store, store_b);
      acc.in(acc.ports.first, first_b);
      acc.in(acc.ports.forward, forward_b);
      acc.in(acc.ports.bias, bias);
      acc.in(acc.ports.psum, hw::as_signed(hw::part(psum, (col * lanes + l) * c.acc_bits, c.acc_bits)));
      auto out = m.instance("u_output", blocks::OutputStage{},
                            {.ck = p.ck, .params = {{"ACC_W", c.acc_bits}, {"RESULT_W", c.result_bits}}});
      out.in(out.ports.sum, acc.out(acc.ports.sum, "sum"));
      out.in(out.ports.valid, sum_valid_c);
      out.in(out.ports.window_first, window_first_c);
      out.in(out.ports.multiplier, multiplier);
      out.in(out.ports.shift, shift);
      out.in(out.ports.low, low);
      out.in(out.ports.high, high);
      m.drive(hw::part(results, (l * columns + col) * c.result_bits, c.result_bits),
              hw::as_unsigned(out.out(out.ports.result, "result")));
    });
  });

  const int buffer_bits = index_bits(c.acc_depth);  // of a pixel's address in the residual buffer
  const auto pixel_f =
      c.adds ? delayed(m, p.ck, "pixel_c", hw::truncate(pixel_c, buffer_bits), kResultStages - 3)
             : hw::Value{};
  const auto odd_g = delayed(m, p.ck, "odd_f", odd_f, 1);
  const int add_stages = output_stages(c.adds) - kResultStages;
  hw::Value results_w = results;  // at the write port, stage w
  auto residual_data = m.wire("residual_data", hw::uint(c.adds ? lanes * columns * c.data_bits : 1));
  if (c.adds) {
    m.section("Residuals are added (g to w)");
    results_w = add_residuals(
        m, c,
        {.ck = p.ck, .results = results, .odd_g = odd_g, .residuals = residual_data, .of_layer = of_layer});
  }
  const auto valid_w =
      c.adds ? m.let("valid_w", delayed_valid(m, p.ck, "added", valid_g, p.flush, add_stages)) : valid_g;
  const auto odd_w = delayed(m, p.ck, "odd_to_w", odd_g, add_stages);

  m.section("Results: logits leave, activations go to memory");
  Bundle place;
  place.add(token.unpack(token_a, out_address), aw);
  place.add(token.unpack(token_a, lane_mask), lanes);
  place.add(token.unpack(token_a, column_mask), columns);
  place.add(token.unpack(token_a, layer_last), 1);
  if (c.adds) {
    place.add(token.unpack(token_a, k_first), 1);
    place.add(hw::truncate(token.unpack(token_a, pixel), buffer_bits), buffer_bits);
  }
  auto u_place =
      m.instance("u_place_delay", blocks::DelayLine{},
                 {.ck = p.ck, .params = {{"WIDTH", place.bits()}, {"DEPTH", output_stages(c.adds)}}});
  u_place.in(u_place.ports.data, place.packed());
  const auto place_w = u_place.out(u_place.ports.data_o, "place_w");
  const auto layer = of_layer("layer", odd_w);
  const auto to_decision = of_layer("to_decision", odd_w);
  const auto out_lane_step = of_layer("out_lane_step", odd_w);
  m.drive(p.logit_exit, of_layer("exit", odd_w));
  const auto layer_done = m.let("layer_done", valid_w & place.unpack(place_w, 3));
  const auto write_valid = m.let("write_valid", valid_w & ~to_decision);
  const auto logit_valid = m.let("logit_valid", valid_w & to_decision);
  const auto write_address = m.let("write_address", place.unpack(place_w, 0));
  const auto write_lane_mask = m.let("write_lane_mask", place.unpack(place_w, 1));
  const auto write_column_mask = m.let("write_column_mask", place.unpack(place_w, 2));
  m.unused(results_w);  // activations and logits need not use all bits of a result
  auto write_data = m.wire("write_data", hw::uint(lanes * columns * c.data_bits));
  m.generate_for("gen_store", lanes * columns, [&](hw::IntExpr i) {
    m.drive(hw::part(write_data, i * c.data_bits, c.data_bits),
            hw::part(results_w, i * c.result_bits, c.data_bits));
  });
  auto logit_data = m.wire("logit_data", hw::uint(columns * c.logit_bits));
  m.generate_for("gen_logit", columns, [&](hw::IntExpr i) {
    m.drive(hw::part(logit_data, i * c.logit_bits, c.logit_bits),
            hw::part(results_w, i * c.result_bits, c.logit_bits));
  });
  m.drive(p.logit_valid, logit_valid);
  m.drive(p.logits, logit_data);
  if (c.tapped) {
    m.drive(p.layer, layer);
    m.drive(p.layer_done, layer_done);
    m.drive(p.write, write_valid);
    m.drive(p.write_address, write_address);
    m.drive(p.write_lane_step, out_lane_step);
    m.drive(p.write_lane_mask, write_lane_mask);
    m.drive(p.write_column_mask, write_column_mask);
    m.drive(p.write_data, write_data);
  } else {
    m.unused(layer);
    m.unused(layer_done);
  }
  hw::Value busy = write_valid;
  hw::Value own_address = write_address;
  hw::Value fetch;
  if (c.adds) {
    m.comment("The residual of an issue is read where its result would be written.");
    const auto fetching =
        m.let("fetching", delayed_valid(m, p.ck, "valid_to_w", valid_a, p.flush, output_stages(true)));
    fetch = m.let("fetch", fetching & place.unpack(place_w, 4) &
                               hw::mux(odd_w, steady.at("residual").second, steady.at("residual").first));
    own_address =
        m.let("own_address",
              hw::mux(fetch, hw::add_wrap(write_address, of_layer("residual_offset", odd_w)), write_address));
    busy = m.let("write_port_busy", write_valid | fetch);
  }
  if (c.loaded) m.drive(p.outside_ready, ~busy);

  auto widen = [&](const hw::Value& v, int bits, int to) { return bits == to ? v : hw::extend(v, to); };
  // Lanes of `from` elements each, spread to lanes of `width` elements.
  auto spread = [&](const std::string& name, const hw::Value& v, int n, int from) {
    std::vector<hw::Value> parts;
    for (int l = n - 1; l >= 0; --l) {
      parts.push_back(widen(hw::part(v, l * from * c.data_bits, from * c.data_bits), from * c.data_bits,
                            width * c.data_bits));
    }
    return m.let(name, widen(hw::concat(parts), n * width * c.data_bits, write_lanes * width * c.data_bits));
  };
  const auto own_data = spread("own_data", write_data, lanes, columns);
  const auto outside_data = spread("outside_data", p.outside_data, c.outside_lanes, c.outside_width);
  auto u_turn = m.instance("u_write_turn",
                           blocks::WriteTurn{.banks = c.banks,
                                             .lanes = write_lanes,
                                             .width = width,
                                             .data_bits = c.data_bits,
                                             .word_bits = word_bits,
                                             .reads = c.adds},
                           {.ck = p.ck});
  u_turn.in(u_turn.ports.valid, busy | p.outside_write);
  if (c.adds) u_turn.in(u_turn.ports.read, fetch);
  u_turn.in(u_turn.ports.address, hw::mux(busy, own_address, p.outside_address));
  u_turn.in(u_turn.ports.lane_step, hw::mux(busy, out_lane_step, p.outside_lane_step));
  u_turn.in(u_turn.ports.lane_mask, hw::mux(busy, widen(write_lane_mask, lanes, write_lanes),
                                            widen(p.outside_lane_mask, c.outside_lanes, write_lanes)));
  u_turn.in(u_turn.ports.element_mask, hw::mux(busy, widen(write_column_mask, columns, width),
                                               widen(p.outside_element_mask, c.outside_width, width)));
  u_turn.in(u_turn.ports.data, hw::mux(busy, own_data, outside_data));
  m.drive(write_enable, u_turn.out(u_turn.ports.write, "turned_write"));
  m.drive(write_word, u_turn.out(u_turn.ports.write_word, "turned_word"));
  m.drive(bank_data, u_turn.out(u_turn.ports.write_data, "turned_data"));

  if (!c.adds) {
    m.drive(residual_data, m.literal(hw::bit(), 0));
    m.unused(residual_data);
    return p;
  }
  m.section("Residuals wait in a buffer until their sums are complete");
  auto u_read_turn = m.instance(
      "u_read_turn",
      blocks::ReadTurn{
          .banks = c.banks, .lanes = lanes, .columns = columns, .data_bits = c.data_bits, .address_bits = aw},
      {.ck = p.ck});
  u_read_turn.in(u_read_turn.ports.address, own_address);
  u_read_turn.in(u_read_turn.ports.lane_step, out_lane_step);
  u_read_turn.in(u_read_turn.ports.data, read_back);
  auto u_buffer =
      m.instance("u_residual_buffer", blocks::Ram{},
                 {.ck = p.ck, .params = {{"WIDTH", lanes * columns * c.data_bits}, {"DEPTH", c.acc_depth}}});
  constexpr int kUntilWrite = kResidualFetchCycles - 1;
  u_buffer.in(u_buffer.ports.write, delayed_valid(m, p.ck, "fetch", fetch, p.flush, kUntilWrite));
  u_buffer.in(u_buffer.ports.write_address,
              delayed(m, p.ck, "fetched_pixel", place.unpack(place_w, 5), kUntilWrite));
  u_buffer.in(u_buffer.ports.write_data, u_read_turn.out(u_read_turn.ports.elements, "fetched"));
  u_buffer.in(u_buffer.ports.read_address, pixel_f);
  m.drive(residual_data, u_buffer.out(u_buffer.ports.read_data, "buffered"));
  return p;
}

}  // namespace offramp::accel

#include "accel/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "accel/residual_path.h"
#include "accel/timing.h"
#include "blocks/accumulator.h"
#include "blocks/activation_memory.h"
#include "blocks/copies.h"
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
  m.comment("The load bus has time: a cycle here, one more where a table has several parts. The word stays.");
  auto load_of = [&](blocks::LoadTarget target) {
    return p.load.write & (p.load.select == static_cast<int>(target));
  };
  auto load_pulse = [&](const std::string& name, blocks::LoadTarget target) {
    return blocks::copied(m, p.ck, "load_" + name, load_of(target), 1, {.power_up = true}).front();
  };
  auto load_word = [&](int bits) {
    return bits == c.load_bits ? p.load.data : hw::truncate(p.load.data, bits);
  };
  const auto load_address_1q = delayed(m, p.ck, "load_address", p.load.address, 1);
  m.unused(load_address_1q);
  auto load_address = [&](int bits) { return hw::truncate(load_address_1q, bits); };
  u_seq.in(u_seq.ports.load_write, load_pulse("program", blocks::LoadTarget::program));
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
  auto u_tiles = m.instance("u_tile_table", c.tile_table(), {.ck = p.ck});
  u_tiles.in(u_tiles.ports.write, load_pulse("tiles", blocks::LoadTarget::tiles));
  u_tiles.in(u_tiles.ports.write_address, load_address(sq.format.tile_bits));
  u_tiles.in(u_tiles.ports.write_data, load_word(tile_word));
  u_tiles.in(u_tiles.ports.next_address, u_seq.out(u_seq.ports.next_tile, "next_tile"));
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
  const auto pad_phase = delayed(m, p.ck, "phase", phase, kPaddingCycle - 1);
  const auto pad_value = of_layer("pad_value", pad_phase);
  const auto act_signed = of_layer("act_signed", pad_phase);

  m.section("Operands: one feed a lane");
  auto write_enable = m.wire("bank_write", hw::uint(c.banks));
  auto write_word = m.wire("bank_word", hw::uint(c.banks * word_bits));
  auto bank_data = m.wire("bank_data", hw::uint(c.banks * c.data_bits));
  auto act = m.wire("act", hw::uint(rows * lanes * act_bits));
  const int groups = blocks::OperandFeed::row_groups(rows);
  auto by_group = [&](const std::string& name, const hw::Value& v) {
    return blocks::side_by_side(blocks::copied(m, p.ck, name, hw::as_unsigned(v), groups), groups);
  };
  const auto height = u_seq.out(u_seq.ports.height, "height");
  const auto map_width = u_seq.out(u_seq.ports.width, "map_width");
  const auto lane_step = u_seq.out(u_seq.ports.lane_step, "lane_step");
  const auto lane_x_step = u_seq.out(u_seq.ports.lane_x_step, "lane_x_step");
  hw::Value lane_pixel = pixel_address;
  hw::Value lane_x = x;
  hw::Value read_back;  // what the write port's addresses hold, where residuals are added
  for (int l = 0; l < lanes; ++l) {
    const std::string lane = fmt::format("lane_{}", l);
    if (l > 0) {
      lane_pixel = m.let(lane + "_pixel", hw::add_wrap(lane_pixel, lane_step));
      lane_x = m.let(lane + "_x", hw::add_wrap(lane_x, lane_x_step));
    }
    const auto pixel_1q = delayed(m, p.ck, lane + "_pixel", lane_pixel, 1);
    const auto lane_address = m.let(lane + "_address", hw::add_wrap(pixel_1q, hw::extend(tile_base, aw)));
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
    u.in(u.ports.y, by_group(lane + "_top", y));
    u.in(u.ports.x, by_group(lane + "_left", lane_x));
    u.in(u.ports.row_used, row_used);
    u.in(u.ports.row_dy, row_dy);
    u.in(u.ports.row_dx, row_dx);
    u.in(u.ports.row_offset, row_offset);
    u.in(u.ports.height, by_group(lane + "_height", height));
    u.in(u.ports.width, by_group(lane + "_width", map_width));
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
    u_weights.in(u_weights.ports.direct_write, load_pulse("weights", blocks::LoadTarget::weights));
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
    auto u_weights = m.instance("u_weights", c.weight_store(), {.ck = p.ck});
    u_weights.in(u_weights.ports.load, delayed(m, p.ck, "weight_load", weight_load, kWeightLoadCycle));
    u_weights.in(u_weights.ports.address,
                 delayed(m, p.ck, "weight_address", weight_address, kWeightLoadCycle));
    u_weights.in(u_weights.ports.write, load_of(blocks::LoadTarget::weights));
    u_weights.in(u_weights.ports.write_address,
                 hw::truncate(p.load.address, row_bits + sq.format.weight_bits));
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
  auto connect_array = [&](auto u_array, const hw::Value& loads) {
    u_array.in(u_array.ports.weight_load, loads);
    u_array.in(u_array.ports.weight, row_weights);
    u_array.in(u_array.ports.act, act);
    return u_array.out(u_array.ports.psum, "psum");
  };
  // The store has a bit a row and column, the ring and the packed array one a row.
  auto for_rows = [&](auto&& bit, int copies) {
    std::vector<hw::Value> bits;  // the last first
    for (int r = rows - 1; r >= 0; --r) bits.push_back(copies == 1 ? bit(r) : hw::replicate(bit(r), copies));
    return bits.size() == 1 ? bits.front() : hw::concat(bits);
  };
  hw::Value psum;
  if (c.packed) {
    auto load = row_weight_load;
    if (!c.streams()) {
      load = for_rows([&](int r) { return hw::bit_of(row_weight_load, r * columns); }, 1);
      m.unused(row_weight_load);
    }
    psum = connect_array(m.instance("u_array", blocks::PackedSystolicArray{}, array_options), load);
  } else {
    const auto load = c.streams() ? for_rows([&](int r) { return hw::bit_of(row_weight_load, r); }, columns)
                                  : row_weight_load;
    psum = connect_array(m.instance("u_array", blocks::SystolicArray{}, array_options), load);
  }

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
                            {.ck = p.ck, .params = {{"WIDTH", token.bits()}, {"DEPTH", to_read - 1}}});
  u_token.in(u_token.ports.data, token.packed());
  const auto token_before = u_token.out(u_token.ports.data_o, "token_before");  // a cycle before a
  auto before_a = [&](std::size_t field) { return token.unpack(token_before, field); };
  const auto token_a = delayed(m, p.ck, "token_a", token_before, 1);
  m.unused(token_a);  // the group was read before
  m.comment("What is under way is dropped a cycle after flush_i, until when nothing of it may leave.");
  constexpr int kBitsPerCopy = 48;
  const int add_stages = output_stages(c.adds) - kResultStages;
  const int to_w = output_stages(c.adds) - 2;  // from stage c to the write port
  const int issue_copies = blocks::copies_for(to_read, kBitsPerCopy);
  const auto dropped = blocks::copied(m, p.ck, "dropped", p.flush, issue_copies + 1, {.reset = 1});
  const auto drop = dropped.back();
  const auto issued =
      blocks::history(m, p.ck, "issued", issue, {dropped.begin(), dropped.end() - 1}, to_read);
  const auto valid_a = m.let("valid_a", issued.back());

  m.section("Scales and biases of a channel group");
  constexpr int kMultiplierW = fixed::kMultiplierBits;
  const int scale_word = c.scale_word_bits();
  auto u_scales = m.instance("u_scale_table", c.scale_table(), {.ck = p.ck});
  u_scales.in(u_scales.ports.write, load_pulse("scales", blocks::LoadTarget::scales));
  u_scales.in(u_scales.ports.write_address, load_address(sq.format.group_bits));
  u_scales.in(u_scales.ports.write_data, load_word(scale_word));
  u_scales.in(u_scales.ports.next_address, before_a(group));
  const auto scales_b = u_scales.out(u_scales.ports.data, "scales_b");
  const int bias_lsb = columns * (kMultiplierW + kShiftW);
  const auto multipliers_d =
      delayed(m, p.ck, "multipliers", hw::slice(scales_b, bias_lsb - 1, columns * kShiftW), 2);
  const auto shifts_d = delayed(m, p.ck, "shifts", hw::slice(scales_b, columns * kShiftW - 1, 0), 2);
  m.comment("A lane's own, since a shifter has many loads a bit.");
  std::vector<hw::Value> shifts_e;
  for (int l = 0; l < lanes; ++l) {
    auto copy = m.reg(fmt::format("shifts_{}_e_q", l), shifts_d.type(), {.keep = lanes > 1});
    m.clocked(p.ck, [&] { m.next(copy, shifts_d); });
    shifts_e.push_back(copy);
  }
  const auto lane_shifts = m.let("lane_shifts", blocks::side_by_side(shifts_e, lanes));

  m.section("Accumulate over tiles (b), then pool, scale and clamp (c to g)");
  const int sums = lanes * columns;
  // Copies for cells that have so many loads each: a value a cell, cell (column, lane) at column * lanes +
  // lane.
  auto for_cells = [&](const std::string& name, const hw::Value& next, int loads_a_cell) {
    const int share = std::max(1, (blocks::kMaxLoads - 4) / loads_a_cell);
    const auto copies = blocks::copied(m, p.ck, name, next, blocks::copies_for(sums, share));
    std::vector<hw::Value> cells;
    for (int i = sums - 1; i >= 0; --i) cells.push_back(copies[static_cast<std::size_t>(i / share)]);
    return m.let(name + "_of_cells", cells.size() == 1 ? cells.front() : hw::concat(cells));
  };
  const int sum_address = index_bits(c.acc_depth);
  auto sum_address_of = [&](const hw::Value& v) { return hw::truncate(v, sum_address); };
  const auto pixel_a = m.let("pixel_a", token.unpack(token_a, pixel));
  const auto read_pixels_a = for_cells("read_pixels", sum_address_of(before_a(pixel)), c.acc_bits);
  const auto pixel_b = delayed(m, p.ck, "pixel_a", pixel_a, 1);
  const auto write_pixels_b = for_cells("write_pixels", sum_address_of(pixel_a), c.acc_bits);
  const auto first_a = token.unpack(token_a, k_first);
  const auto last_a = token.unpack(token_a, k_last);
  auto of_chain = [&](const std::string& name, const hw::Value& value, int cycles) {
    return blocks::history(m, p.ck, name, value, {drop}, cycles);
  };
  const auto valid_b = of_chain("valid_a", valid_a, 1).front();
  const auto first_b = for_cells("first", first_a, c.acc_bits);
  const auto store_b = for_cells("store", valid_a & ~last_a, c.acc_bits);
  const auto forward_b = for_cells("forward", valid_b & (pixel_b == pixel_a), c.acc_bits);
  const auto last_b = delayed(m, p.ck, "k_last", last_a, 1);
  auto staged = [&](const std::string& name, std::size_t field, int cycles) {
    return delayed(m, p.ck, name, token.unpack(token_a, field), cycles);
  };
  const auto done_b = m.let("done_b", valid_b & last_b);
  const auto sum_valid_c = for_cells("sum_valid", done_b, 3);
  const auto window_first_c = for_cells("window_first", staged("window_first", window_first, 1), 3);
  const auto window_last_b = staged("window_last", window_last, 1);
  const auto results_on_way = of_chain("result", done_b & window_last_b, to_w + 1);  // c, d, e, f, g, ...
  const auto odd_e = staged("odd", odd, kResultStages - 2);
  const auto odd_f = m.let("odd_f", delayed(m, p.ck, "odd_e", odd_e, 1));
  // Their signs are compared with as many bits as a sum has.
  const auto low = for_cells("low", hw::as_unsigned(of_layer("low", odd_e)), c.acc_bits);
  const auto high = for_cells("high", hw::as_unsigned(of_layer("high", odd_e)), c.acc_bits);
  auto results = m.wire("results", hw::uint(lanes * columns * c.result_bits));
  m.generate_for("gen_column", columns, [&](hw::IntExpr col) {
    const auto bias =
        m.let("bias", hw::as_signed(hw::part(scales_b, col * c.acc_bits + bias_lsb, c.acc_bits)));
    const auto multiplier = m.let("multiplier", hw::part(multipliers_d, col * kMultiplierW, kMultiplierW));
    m.generate_for("gen_lane", lanes, [&](hw::IntExpr l) {
      auto acc = m.instance("u_accumulator", blocks::Accumulator{},
                            {.ck = p.ck, .params = {{"ACC_W", c.acc_bits}, {"DEPTH", c.acc_depth}}});
      const auto cell = col * lanes + l;
      auto of_cell = [&](const hw::Value& v, int bits) { return hw::part(v, cell * bits, bits); };
      acc.in(acc.ports.read_address, of_cell(read_pixels_a, sum_address));
      acc.in(acc.ports.address, of_cell(write_pixels_b, sum_address));
      acc.in(acc.ports.store, hw::bit_of(store_b, cell));
      acc.in(acc.ports.first, hw::bit_of(first_b, cell));
      acc.in(acc.ports.forward, hw::bit_of(forward_b, cell));
      acc.in(acc.ports.bias, bias);
      acc.in(acc.ports.psum, hw::as_signed(hw::part(psum, (col * lanes + l) * c.acc_bits, c.acc_bits)));
      auto out = m.instance("u_output", blocks::OutputStage{},
                            {.ck = p.ck, .params = {{"ACC_W", c.acc_bits}, {"RESULT_W", c.result_bits}}});
      out.in(out.ports.sum, acc.out(acc.ports.sum, "sum"));
      out.in(out.ports.valid, hw::bit_of(sum_valid_c, cell));
      out.in(out.ports.window_first, hw::bit_of(window_first_c, cell));
      out.in(out.ports.multiplier, multiplier);
      out.in(out.ports.shift, hw::part(lane_shifts, (l * columns + col) * kShiftW, kShiftW));
      out.in(out.ports.low, hw::as_signed(of_cell(low, c.result_bits)));
      out.in(out.ports.high, hw::as_signed(of_cell(high, c.result_bits)));
      m.drive(hw::part(results, (l * columns + col) * c.result_bits, c.result_bits),
              hw::as_unsigned(out.out(out.ports.result, "result")));
    });
  });

  const int buffer_bits = index_bits(c.acc_depth);  // of a pixel's address in the residual buffer
  const auto pixel_f =
      c.adds ? delayed(m, p.ck, "pixel_b", hw::truncate(pixel_b, buffer_bits), kResultStages - 2)
             : hw::Value{};
  std::vector<hw::Value> odds = {odd_e, odd_f, delayed(m, p.ck, "odd_f", odd_f, 1)};
  const auto odd_g = odds.back();
  for (int i = 0; i < add_stages; ++i)
    odds.push_back(delayed(m, p.ck, fmt::format("odd_g{}", i), odds.back(), 1));
  const auto odd_w = odds.back();
  const auto odd_v = odds[odds.size() - 2];  // a cycle before the write port
  const auto odd_u = odds[odds.size() - 3];
  hw::Value results_w = results;  // at the write port, stage w
  auto residual_data = m.wire("residual_data", hw::uint(c.adds ? lanes * columns * c.data_bits : 1));
  if (c.adds) {
    m.section("Residuals are added (g to w)");
    results_w = add_residuals(
        m, c,
        {.ck = p.ck, .results = results, .odd_g = odd_g, .residuals = residual_data, .of_layer = of_layer});
  }
  auto valid_at = [&](int before_w) { return results_on_way[static_cast<std::size_t>(to_w - before_w)]; };
  const auto valid_w = m.let("valid_w", valid_at(0) & ~drop);

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
                 {.ck = p.ck, .params = {{"WIDTH", place.bits()}, {"DEPTH", output_stages(c.adds) - 2}}});
  u_place.in(u_place.ports.data, place.packed());
  const auto place_u = u_place.out(u_place.ports.data_o, "place_u");
  const auto place_v = delayed(m, p.ck, "place_u", place_u, 1);
  const auto place_w = delayed(m, p.ck, "place_v", place_v, 1);
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
  for (const hw::Value& v :
       {out_lane_step, write_address, write_lane_mask, write_column_mask, place_v, place_w})
    m.unused(v);        // taps and residuals look at them
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

  m.comment("Whose write it will be is known a cycle before the data, and the address goes ahead with it.");
  auto of_steady = [&](const std::string& field, const hw::Value& odd) {
    return hw::mux(odd, steady.at(field).second, steady.at(field).first);
  };
  hw::Value busy_u = valid_at(2) & ~of_steady("to_decision", odd_u) & ~drop;
  hw::Value own_address = place.unpack(place_v, 0);
  hw::Value fetch_v;
  std::vector<hw::Value> fetched;  // w, and on until the residual is written to its buffer
  constexpr int kUntilWrite = kResidualFetchCycles - 1;
  if (c.adds) {
    m.comment("The residual of an issue is read where its result would be written.");
    const auto fetching = of_chain("valid_to_u", valid_a, output_stages(true) - 2).back();
    const auto fetch_u = m.let("fetch_u", fetching & place.unpack(place_u, 4) & of_steady("residual", odd_u));
    fetch_v = of_chain("fetch_u", fetch_u, 1).front();
    fetched = of_chain("fetch_v", fetch_v, kUntilWrite + 1);
    own_address =
        m.let("own_address",
              hw::mux(fetch_v, hw::add_wrap(own_address, of_layer("residual_offset", odd_v)), own_address));
    busy_u = busy_u | fetch_u;
  }
  const auto busy_v = blocks::copied(m, p.ck, "busy_v", m.let("busy_u", busy_u), 3, {.reset = 0});
  if (c.loaded) m.drive(p.outside_ready, ~busy_v.front());

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
  const auto taken = c.loaded ? p.outside_write & ~busy_v.front() : static_cast<hw::Value>(p.outside_write);
  auto outside_write_q = m.reg("outside_write_q", hw::bit(), {.reset = 0});
  m.clocked(p.ck, [&] { m.next(outside_write_q, taken); });
  const auto outside_data = spread("outside_data_w", delayed(m, p.ck, "outside_data", p.outside_data, 1),
                                   c.outside_lanes, c.outside_width);
  auto u_turn = m.instance("u_write_turn",
                           blocks::WriteTurn{.banks = c.banks,
                                             .lanes = write_lanes,
                                             .width = width,
                                             .data_bits = c.data_bits,
                                             .word_bits = word_bits,
                                             .reads = c.adds},
                           {.ck = p.ck});
  if (c.adds) u_turn.in(u_turn.ports.read, fetch_v);
  const auto lane_step_v = m.let("lane_step_v", of_steady("out_lane_step", odd_v));
  u_turn.in(u_turn.ports.address, hw::mux(busy_v[0], own_address, p.outside_address));
  u_turn.in(u_turn.ports.lane_step, hw::mux(busy_v[1], lane_step_v, p.outside_lane_step));
  u_turn.in(u_turn.ports.lane_mask, hw::mux(busy_v[1], widen(place.unpack(place_v, 1), lanes, write_lanes),
                                            widen(p.outside_lane_mask, c.outside_lanes, write_lanes)));
  u_turn.in(u_turn.ports.element_mask, hw::mux(busy_v[2], widen(place.unpack(place_v, 2), columns, width),
                                               widen(p.outside_element_mask, c.outside_width, width)));
  const auto own_valid = c.adds ? write_valid | fetched.front() : static_cast<hw::Value>(write_valid);
  u_turn.in(u_turn.ports.valid, own_valid | outside_write_q);
  const int data_w = write_lanes * width * c.data_bits;
  constexpr int kDataShare = 20;  // up to three loads a bit
  const auto busy_w =
      blocks::copied(m, p.ck, "busy_w", busy_v[1], blocks::copies_for(data_w, kDataShare), {.reset = 0});
  std::vector<hw::Value> turned_data;  // the last part first
  for (int i = static_cast<int>(busy_w.size()) - 1; i >= 0; --i) {
    const int from = i * kDataShare;
    const int bits = std::min(kDataShare, data_w - from);
    turned_data.push_back(hw::mux(busy_w[static_cast<std::size_t>(i)], hw::part(own_data, from, bits),
                                  hw::part(outside_data, from, bits)));
  }
  u_turn.in(u_turn.ports.data, turned_data.size() == 1 ? turned_data.front() : hw::concat(turned_data));
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
  u_read_turn.in(u_read_turn.ports.address, delayed(m, p.ck, "own_address", own_address, 1));
  u_read_turn.in(u_read_turn.ports.lane_step, out_lane_step);
  u_read_turn.in(u_read_turn.ports.data, read_back);
  auto u_buffer =
      m.instance("u_residual_buffer", blocks::Ram{},
                 {.ck = p.ck, .params = {{"WIDTH", lanes * columns * c.data_bits}, {"DEPTH", c.acc_depth}}});
  u_buffer.in(u_buffer.ports.write, fetched.back());
  u_buffer.in(u_buffer.ports.write_address,
              delayed(m, p.ck, "fetched_pixel", place.unpack(place_w, 5), kUntilWrite));
  u_buffer.in(u_buffer.ports.write_data, u_read_turn.out(u_read_turn.ports.elements, "fetched"));
  u_buffer.in(u_buffer.ports.read_address, pixel_f);
  m.drive(residual_data, u_buffer.out(u_buffer.ports.read_data, "buffered"));
  return p;
}

}  // namespace offramp::accel

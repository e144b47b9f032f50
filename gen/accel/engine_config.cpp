// From an engine's plan to its hardware's configuration: widths and the program words.
#include <algorithm>
#include <cstdlib>

#include "accel/engine.h"
#include "accel/share.h"
#include "accel/timing.h"
#include "blocks/weight_bank.h"
#include "fixed/requant.h"

namespace offramp::accel {
namespace {

using blocks::index_bits;
using blocks::ProgramWord;

ProgramWord program_word(const Accelerator& accelerator, const EnginePlan& engine, const LayerPlan& l) {
  const auto& layer = accelerator.network.layers[static_cast<std::size_t>(l.qlayer)];
  const auto& out = accelerator.network.tensors[static_cast<std::size_t>(l.output)];
  const int lanes = engine.shape.lanes;
  ProgramWord w;
  w.name = l.name;
  w.pixels = l.window_w;
  w.lines = l.window_h;
  w.groups = (l.out_w + lanes - 1) / lanes;
  w.rows = l.out_h;
  w.k_tiles = l.k_tiles;
  w.channel_tiles = l.channel_tiles;
  w.from_input = l.in.tensor == 0;
  w.height = l.in_h;
  w.width = l.in_w;
  w.pad_value = l.in_pad_value;
  w.is_signed = l.in_signed;

  // A step to the next line or further first goes back to the window's first pixel.
  const int pixel = l.in.pixel_pitch;
  const int row = l.in.row_pitch;
  const int back_x = (l.window_w - 1) * l.stride_w;
  const int back_y = (l.window_h - 1) * l.stride_h;
  const int group_x = lanes * l.window_stride_w;
  const int row_x = (w.groups - 1) * group_x;
  w.y = -l.pad_top;
  w.x = -l.pad_left;
  w.y_step = {0, l.stride_h, -back_y, l.window_stride_h - back_y};
  w.x_step = {l.stride_w, -back_x, group_x - back_x, -row_x - back_x};
  w.address = l.in.base + w.y * row + w.x * pixel;
  for (std::size_t i = 0; i < w.address_step.size(); ++i)
    w.address_step[i] = w.y_step[i] * row + w.x_step[i] * pixel;
  w.lane_x_step = l.window_stride_w;
  w.lane_step = l.window_stride_w * pixel;

  // Logits count their classes where activations have an address.
  w.out_address = l.exit >= 0 ? 0 : l.out.base;
  w.out_lane_step = l.out.pixel_pitch;
  w.out_step = lanes * l.out.pixel_pitch;
  w.out_row_step = l.out.row_pitch - (w.groups - 1) * w.out_step;
  w.last_lanes = l.out_w - (w.groups - 1) * lanes;
  w.last_columns = l.channels - (l.channel_tiles - 1) * engine.shape.columns;
  const fixed::Range clamp = l.max_identity ? fixed::range_of(out.bits, out.is_signed) : layer.clamp;
  w.low = static_cast<int>(clamp.lo);
  w.high = static_cast<int>(clamp.hi);
  w.to_decision = l.exit >= 0;
  w.exit = std::max(l.branch_layers > 0 ? l.branch : l.exit, 0);
  w.branch = l.branch_layers;
  w.wait = l.wait;
  w.last = l.phase_end;
  w.grouped = l.grouped;
  w.in_slot_step = l.in.slot_step;
  w.out_slot_step = l.out.slot_step;
  if (l.fused_add >= 0) {
    const auto& layer_of_add = accelerator.network.layers[static_cast<std::size_t>(l.fused_add)];
    const auto& add = std::get<quant::QAdd>(layer_of_add.op);
    const bool result_first = layer_of_add.inputs[0] == layer.output;
    w.residual = true;
    w.residual_offset = l.residual.base - l.out.base;
    w.residual_signed = accelerator.network.tensors[static_cast<std::size_t>(l.residual.tensor)].is_signed;
    w.weight_a = result_first ? add.weight_a : add.weight_b;
    w.weight_b = result_first ? add.weight_b : add.weight_a;
    w.add_multiplier = layer_of_add.requant.front().multiplier;
    w.add_shift = layer_of_add.requant.front().shift;
    w.add_low = static_cast<int>(layer_of_add.clamp.lo);
    w.add_high = static_cast<int>(layer_of_add.clamp.hi);
  }
  return w;
}

}  // namespace

std::vector<ProgramWord> engine_program(const Accelerator& accelerator, const EnginePlan& engine) {
  std::vector<ProgramWord> program;
  int tiles = 0;
  int weight_words = 0;
  int groups = 0;
  for (const LayerPlan& l : engine.layers) {
    ProgramWord w = program_word(accelerator, engine, l);
    w.tile = tiles;
    w.own_tiles = l.tiles.size() > static_cast<std::size_t>(l.k_tiles);
    w.weight = l.streamed ? 0 : weight_words;
    w.streamed = l.streamed;
    w.channel_group = groups;
    tiles += static_cast<int>(l.tiles.size());
    if (!l.streamed) weight_words += l.k_tiles * l.channel_tiles;
    groups += l.channel_tiles;
    program.push_back(std::move(w));
  }
  program.back().last = true;
  for (std::size_t i = 0; i < program.size(); ++i) {
    const auto length = static_cast<std::size_t>(program[i].branch);
    program[i].branch_last = length > 0 && program[i + length - 1].last;
  }
  return program;
}

int EngineConfig::tile_word_bits() const {
  const int word_bits = index_bits(words);
  return sequencer.format.address_bits - word_bits + shape.rows * (1 + 2 * kernel_bits + word_bits);
}

int EngineConfig::scale_word_bits() const {
  return shape.columns * (acc_bits + fixed::kMultiplierBits + fixed::kShiftBits);
}

blocks::WideTable EngineConfig::tile_table() const {
  return {.module_name = name + "_tile_table",
          .file_prefix = files + "_tiles",
          .width = tile_word_bits(),
          .depth = tiles};
}

blocks::WideTable EngineConfig::scale_table() const {
  return {.module_name = name + "_scale_table",
          .file_prefix = files + "_scales",
          .width = scale_word_bits(),
          .depth = channel_groups};
}

blocks::WeightStore EngineConfig::weight_store() const {
  return {.engine = name,
          .file_prefix = files + "_weights",
          .rows = shape.rows,
          .columns = shape.columns,
          .weight_bits = weight_bits,
          .tiles = weight_words};
}

blocks::WeightRing EngineConfig::weight_ring() const {
  return {.engine = name,
          .rows = shape.rows,
          .columns = shape.columns,
          .weight_bits = weight_bits,
          .tiles = weight_words,
          .resident = resident_tiles,
          .data_bits = beat_bits,
          .beats_bits = kBeatsBits,
          .ahead = kWeightLoadCycle};
}

EngineConfig engine_config(const Accelerator& accelerator, std::size_t index, const std::string& prefix) {
  const EnginePlan& engine = accelerator.engines[index];
  const EnginePlan& backbone = accelerator.engines.front();
  EngineConfig c;
  c.name = prefix + "_" + engine.name + "_engine";
  c.files = "mem/" + engine.name;
  c.shape = engine.shape;
  c.banks = engine.banks;
  c.words = std::max(2, engine.words);
  c.data_bits = engine.data_bits;
  c.weight_bits = engine.weight_bits;
  c.acc_bits = engine.acc_bits;
  c.logit_bits = engine.logit_bits;
  c.packed = engine.packed;
  c.adds = engine.adds;
  c.beat_bits = engine.beat_bits;
  c.resident_tiles = engine.resident_tiles;
  c.ring_tiles = engine.ring_tiles;
  c.result_bits = std::max(engine.data_bits + 1, engine.logit_bits);
  c.outside_lanes = index == 0 ? 1 : backbone.shape.lanes;
  c.outside_width = index == 0 ? accelerator.stream_bytes : backbone.shape.columns;
  c.tapped = index == 0 && (accelerator.engines.size() > 1 || accelerator.options.prune);
  c.loaded = index == 0;

  int largest_pixel = 2;
  int largest_kernel = 2;
  int largest_coordinate = 4;
  int largest_count = 1;
  int largest_wait = 1;
  blocks::Sequencer& s = c.sequencer;
  s.program_words = 2;
  const auto make_room = [&](const Accelerator& network, const ProgramWord& w, const LayerPlan& l) {
    const int pixels = w.pixels * w.lines * w.groups * w.rows * (l.grouped ? engine.images : 1);
    largest_pixel = std::max(largest_pixel, pixels);
    if (l.fused_add >= 0) {  // the convolution's own result lives on the output path alone
      const auto& layer = network.network.layers[static_cast<std::size_t>(l.qlayer)];
      c.result_bits =
          std::max(c.result_bits, network.network.tensors[static_cast<std::size_t>(layer.output)].bits + 1);
    }
    if (l.k_tiles > 1) c.acc_depth = std::max(c.acc_depth, pixels);
    for (const Tile& t : l.tiles) {
      for (const TileRow& r : t.rows) largest_kernel = std::max({largest_kernel, r.dy + 1, r.dx + 1});
    }
    for (const auto& steps : {w.y_step, w.x_step}) {
      for (const int step : steps) largest_coordinate = std::max(largest_coordinate, std::abs(step));
    }
    largest_coordinate = std::max({largest_coordinate, l.in_h + l.pad_top,
                                   l.in_w + l.pad_left + engine.shape.lanes * l.window_stride_w});
    largest_count =
        std::max({largest_count, w.pixels, w.lines, w.groups, w.rows, w.k_tiles, w.channel_tiles});
    largest_wait = std::max(largest_wait, w.wait);
    c.tiles = std::max(c.tiles, w.tile + static_cast<int>(l.tiles.size()));
    if (!l.streamed) c.weight_words = std::max(c.weight_words, w.weight + l.k_tiles * l.channel_tiles);
    c.channel_groups = std::max(c.channel_groups, w.channel_group + w.channel_tiles);
  };
  for (const Accelerator* network : networks_of(accelerator)) {
    const EnginePlan& plan = network->engines[index];
    const std::vector<ProgramWord> program = engine_program(*network, plan);
    s.program_words = std::max(s.program_words, static_cast<int>(program.size()));
    for (std::size_t i = 0; i < program.size(); ++i) make_room(*network, program[i], plan.layers[i]);
  }
  c.kernel_bits = index_bits(largest_kernel);
  if (c.streams()) c.weight_words = std::max(2, c.resident_tiles + c.ring_tiles);

  s.engine = prefix + "_" + engine.name;
  s.program_file = c.files + "_program";
  s.pixel_bits = index_bits(largest_pixel);
  s.loaded = !accelerator.also.empty();
  s.input_second_place = index == 0 && !s.loaded ? engine.input_second_place : 0;
  s.format = {.wait_bits = index_bits(largest_wait + 1),
              .count_bits = index_bits(largest_count + 1),
              .address_bits = element_address_bits(engine),
              .coordinate_bits = index_bits(largest_coordinate + 1) + 1,
              .tile_bits = index_bits(c.tiles),
              .weight_bits = index_bits(c.weight_words),
              .group_bits = index_bits(c.channel_groups),
              .lanes = engine.shape.lanes,
              .columns = engine.shape.columns,
              .data_bits = c.data_bits,
              .result_bits = c.result_bits,
              .exit_bits = index_bits(most_exits(accelerator)),
              .streams = c.streams(),
              .images = engine.images,
              .branch_bits = engine.skip_after > 0 ? index_bits(s.program_words) : 0,
              .adds = c.adds,
              .add_weight_bits = c.weight_bits};
  const int widest = std::max(
      {64, s.format.bits(), c.tile_word_bits(), c.scale_word_bits(), c.shape.columns * c.weight_bits});
  c.load_bits = (widest + 31) / 32 * 32;
  return c;
}

}  // namespace offramp::accel

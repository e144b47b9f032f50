// The planned waits against a simulation of the program: its words are run as the sequencer runs them, and
// every element that is read must be the newest that was to be written there, and in the memory by then.
#include "accel/overlap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <unordered_map>

#include "accel/engine.h"
#include "accel/timing.h"
#include "base/error.h"
#include "quant/random_network.h"

namespace offramp::accel {
namespace {

using blocks::ProgramWord;

/// What the sequencer says with one issue.
struct Issue {
  int address = 0, y = 0, x = 0, out_address = 0;
  int tile = 0, channel_tile = 0;
  int lanes = 1, columns = 1;  // of the result that are written
  bool k_first = false, k_last = false, window_last = false;
  int pixel = 0;  // number of the pixel group in its tile
};

/// Calls `look` for every issue of a layer, in order, counting from 0. Addresses go on from issue to issue by
/// the word's steps, as in the hardware.
void for_each_issue(const ProgramWord& w, const ArrayShape& shape,
                    const std::function<void(std::int64_t, const Issue&)>& look) {
  std::int64_t n = 0;
  int tile = w.tile;
  int out_start = w.out_address;
  for (int ct = 0; ct < w.channel_tiles; ++ct) {
    for (int k = 0; k < w.k_tiles; ++k, ++tile) {
      Issue i{.address = w.address,
              .y = w.y,
              .x = w.x,
              .out_address = out_start,
              .tile = tile,
              .channel_tile = ct};
      i.k_first = k == 0;
      i.k_last = k + 1 == w.k_tiles;
      i.columns = ct + 1 == w.channel_tiles ? w.last_columns : shape.columns;
      for (int row = 0; row < w.rows; ++row) {
        for (int group = 0; group < w.groups; ++group) {
          i.lanes = group + 1 == w.groups ? w.last_lanes : shape.lanes;
          for (int line = 0; line < w.lines; ++line) {
            for (int pixel = 0; pixel < w.pixels; ++pixel) {
              const bool line_end = pixel + 1 == w.pixels;
              i.window_last = line_end && line + 1 == w.lines;
              const bool row_end = i.window_last && group + 1 == w.groups;
              look(n++, i);
              const std::size_t step = row_end ? 3 : i.window_last ? 2 : line_end ? 1 : 0;
              i.address += w.address_step[step];
              i.y += w.y_step[step];
              i.x += w.x_step[step];
              if (i.window_last) i.out_address += row_end ? w.out_row_step : w.out_step;
              ++i.pixel;
            }
          }
        }
      }
    }
    out_start += shape.columns;
    if (!w.own_tiles) tile = w.tile;
  }
}

/// Runs an engine's program and holds each layer's first issue against the earliest that is right.
class ProgramRun {
 public:
  ProgramRun(const Accelerator& accelerator, const EnginePlan& engine)
      : accelerator_(accelerator), engine_(engine), pipeline_(PipelineShape::of(engine)) {
    for (const LayerPlan& l : engine.layers) tiles_.insert(tiles_.end(), l.tiles.begin(), l.tiles.end());
  }

  void check() {
    const std::vector<ProgramWord> program = engine_program(accelerator_, engine_);
    for (std::size_t i = 0; i < program.size(); ++i) check_layer(i, program[i]);
  }
  [[nodiscard]] int waits() const { return waits_; }
  [[nodiscard]] int waits_for_data() const { return waits_for_data_; }

 private:
  struct Write {
    std::int64_t issue = 0;  // in whose cycle
    int tensor = -1;
  };

  /// The planner never overlaps what a layer reads with what it writes, nor lets a later layer's write
  /// overtake a read: a write comes long after its issue. So the newest write in the order of issues is what
  /// a read finds.
  void check_layer(std::size_t index, const ProgramWord& w) {
    const LayerPlan& l = engine_.layers[index];
    SCOPED_TRACE(accelerator_.network.name + " " + engine_.name + " " + l.name);
    std::int64_t free = end_ + 1;
    if (index > 0 && !engine_.layers[index - 1].phase_end) free = std::max(free, end_ + 1 + kBetweenLayers);
    if (index > 0) free = std::max(free, begin_ + kFetchCycles);
    if (index > 1) free = std::max(free, end_before_ + replace_after(pipeline_));
    if (l.exit >= 0 && logits_ >= 0) free = std::max(free, logits_ + logits_after(pipeline_));
    const std::int64_t begin = end_ + 1 + w.wait;
    std::int64_t earliest = free;
    std::int64_t issues = 0;
    std::unordered_map<int, std::int64_t> fetched;  // pixel group and channel tile of a residual: its issue
    for_each_issue(w, engine_.shape, [&](std::int64_t n, const Issue& i) {
      ++issues;
      earliest = std::max(earliest, earliest_for_reads(l, w, i) - n);
      const int result = i.channel_tile * 1'000'000 + i.pixel;
      if (l.fused_add >= 0 && i.k_first && i.window_last) {
        check_residual(l, w, i);
        fetched[result] = n;
      }
      if (!i.k_last || !i.window_last || l.exit >= 0) return;
      if (l.fused_add >= 0) {
        EXPECT_GE(n, fetched.at(result) + residual_after()) << "the residual comes too late";
      }
      for_each_result(w, i,
                      [&](int element) { written_[element] = {.issue = begin + n, .tensor = l.output}; });
    });
    EXPECT_EQ(issues, l.issue_cycles);
    EXPECT_GE(begin, earliest) << "reads what is not there";
    EXPECT_LE(begin, earliest) << "waits longer than it must";
    waits_ += w.wait > 0 ? 1 : 0;
    waits_for_data_ += earliest > free ? 1 : 0;
    end_before_ = end_;
    begin_ = begin;
    end_ = begin + issues - 1;
    if (l.exit >= 0) logits_ = end_;
  }

  void for_each_result(const ProgramWord& w, const Issue& i, const std::function<void(int)>& look) const {
    for (int lane = 0; lane < i.lanes; ++lane) {
      for (int c = 0; c < i.columns; ++c) look(i.out_address + lane * w.out_lane_step + c);
    }
  }

  /// The newest write of an element, which must be of that tensor; nothing of a tensor that is given.
  const Write* find(int element, int tensor) {
    const auto found = written_.find(element);
    const auto stored = std::any_of(engine_.layers.begin(), engine_.layers.end(),
                                    [&](const LayerPlan& l) { return l.exit < 0 && l.output == tensor; });
    if (!stored) {
      EXPECT_TRUE(found == written_.end()) << "element " << element << " of a given tensor is overwritten";
      return nullptr;
    }
    if (found == written_.end() || found->second.tensor != tensor) {
      ADD_FAILURE() << "element " << element << " should hold tensor " << tensor;
      return nullptr;
    }
    return &found->second;
  }

  /// The earliest cycle for an issue, by what all rows of all lanes read.
  std::int64_t earliest_for_reads(const LayerPlan& l, const ProgramWord& w, const Issue& i) {
    const auto& inputs = accelerator_.network.layers[static_cast<std::size_t>(l.qlayer)].inputs;
    std::int64_t earliest = 0;
    for (int lane = 0; lane < i.lanes; ++lane) {
      const int x = i.x + lane * w.lane_x_step;
      for (const TileRow& r : tiles_[static_cast<std::size_t>(i.tile)].rows) {
        if (!r.used || i.y + r.dy < 0 || i.y + r.dy >= w.height || x + r.dx < 0 || x + r.dx >= w.width)
          continue;
        const int tensor = inputs[static_cast<std::size_t>(r.source)];
        if (const Write* write = find(i.address + lane * w.lane_step + r.offset, tensor))
          earliest = std::max(earliest, write->issue + read_after(pipeline_));
      }
    }
    return earliest;
  }

  /// Residuals are read at the write port, behind all writes of earlier issues.
  void check_residual(const LayerPlan& l, const ProgramWord& w, const Issue& i) {
    for_each_result(w, i, [&](int element) { (void)find(element + w.residual_offset, l.residual.tensor); });
  }

  const Accelerator& accelerator_;
  const EnginePlan& engine_;
  PipelineShape pipeline_;
  std::vector<Tile> tiles_;  // as the tile table holds them
  std::unordered_map<int, Write> written_;
  std::int64_t begin_ = 0, end_ = -1;  // first and last issue of the layer before
  std::int64_t end_before_ = -1;       // last issue of the layer before that
  std::int64_t logits_ = -1;           // last issue of a layer that made logits
  int waits_ = 0;
  int waits_for_data_ = 0;
};

TEST(Overlap, NoLayerReadsTooEarlyAndNoneWaitsACycleTooLong) {
  constexpr ArrayShape kShapes[] = {{4, 2, 1}, {5, 3, 2}, {30, 2, 1}, {1, 1, 1}, {8, 1, 4}, {16, 4, 3}};
  int planned = 0;
  int waits = 0;
  int waits_for_data = 0;
  int layers = 0;
  int adds = 0;
  for (std::uint64_t seed = 1; seed <= 250; ++seed) {
    quant::RandomNetworkOptions options{.max_map = 2 + static_cast<int>(seed % 9), .max_layers = 7};
    const quant::QNetwork network = quant::random_network(seed, options);
    const auto strategy = static_cast<Strategy>(seed % 3);
    Options plan;
    plan.strategy = strategy;
    plan.backbone = plan.exit_classifier = kShapes[seed / 3 % std::size(kShapes)];
    Accelerator a;
    try {
      a = plan_accelerator(network, plan);
    } catch (const Error&) {  // refused with a reason: see lower_test.cpp
      continue;
    }
    ++planned;
    for (const EnginePlan& engine : a.engines) {
      ProgramRun run(a, engine);
      run.check();
      waits += run.waits();
      waits_for_data += run.waits_for_data();
      layers += static_cast<int>(engine.layers.size());
      for (const LayerPlan& l : engine.layers) adds += l.fused_add >= 0 ? 1 : 0;
    }
    if (HasFailure()) break;  // the first says it all
  }
  // The networks try what is tested.
  EXPECT_GT(planned, 150);
  EXPECT_GT(waits, 100);
  EXPECT_GT(waits_for_data, 100);
  EXPECT_LT(waits, layers);
  EXPECT_GT(adds, 10);
}

TEST(Overlap, WaitsAreNoLongerThanThePipeline) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const quant::QNetwork network = quant::random_network(seed, {.max_early_exits = 0});
    Options options;
    options.backbone = {.rows = 8, .columns = 2, .lanes = 1};
    try {
      const Accelerator a = plan_accelerator(network, options);
      for (const LayerPlan& l : a.engines.front().layers)
        EXPECT_LE(l.wait, result_cycle(PipelineShape::of(a.engines.front())) + 2)
            << network.name << " " << l.name;
    } catch (const Error&) {
    }
  }
}

}  // namespace
}  // namespace offramp::accel

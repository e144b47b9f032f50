// From a quantized network to engine programs: which layer runs on which engine, what is fused, where tensors
// lie and how reductions are cut into tiles.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <map>
#include <optional>
#include <set>

#include "accel/accelerator.h"
#include "accel/layout.h"
#include "accel/memory_map.h"
#include "accel/overlap.h"
#include "accel/pruning.h"
#include "accel/tiles.h"
#include "accel/timing.h"
#include "accel/watch.h"
#include "accel/weight_store.h"
#include "base/error.h"

namespace offramp::accel {
namespace {

using quant::QConv;
using quant::QLayer;
using quant::QMaxPool;
using quant::QNetwork;

const QLayer& layer_at(const QNetwork& n, int i) {
  return n.layers[static_cast<std::size_t>(i)];
}
const quant::QTensor& tensor_at(const QNetwork& n, int i) {
  return n.tensors[static_cast<std::size_t>(i)];
}

/// What one engine runs: indices of the quantized network's layers, in order, and the tensors it is given.
struct Assignment {
  std::string name;
  ArrayShape shape;
  std::vector<int> layers;
  std::vector<int> given;  // tensors written from outside: the network's input, or a tapped feature map
};

/// A layer after fusion: the layer that multiplies and the pool or the addition that it takes along.
struct Step {
  int qlayer = 0;
  int pool = -1;
  int add = -1;
  int residual = -1;  // tensor that a fused Add adds
  int output = 0;
};

std::vector<Assignment> assign_engines(const QNetwork& n, const Options& options) {
  const int last_exit = static_cast<int>(n.exits.size()) - 1;
  Assignment backbone{.name = "backbone", .shape = options.backbone, .layers = {}, .given = {0}};
  std::vector<Assignment> engines;
  std::map<int, std::size_t> engine_of_exit;
  if (options.strategy == Strategy::parallel) {
    for (const int e : options.on_backbone) {
      if (e < 0 || e >= last_exit) {
        throw Error(fmt::format(
            "{}: there is no early exit {} that the backbone could serve; the early exits are 0 to {}",
            n.name, e, last_exit - 1));
      }
    }
    for (int e = 0; e < last_exit; ++e) {
      if (!options.beside(e)) continue;
      engine_of_exit[e] = engines.size();
      engines.push_back(
          {.name = fmt::format("exit{}", e), .shape = options.exit_classifier, .layers = {}, .given = {}});
    }
  }
  for (int i = 0; i < static_cast<int>(n.layers.size()); ++i) {
    const int exit = branch_of(n, i);
    if (exit < 0 || exit == last_exit || (options.strategy != Strategy::static_ && !options.beside(exit))) {
      backbone.layers.push_back(i);
    } else if (options.beside(exit)) {
      engines[engine_of_exit[exit]].layers.push_back(i);
    }
  }
  for (Assignment& a : engines) {
    std::set<int> made;
    for (const int i : a.layers) made.insert(layer_at(n, i).output);
    std::set<int> given;
    for (const int i : a.layers) {
      for (const int t : layer_at(n, i).inputs) {
        if (!made.contains(t)) given.insert(t);
      }
    }
    a.given.assign(given.begin(), given.end());
    if (a.given.size() != 1 || a.given.front() == 0) {
      throw Error(
          fmt::format("{}: the branch of {} must read exactly one feature map of the backbone and not the "
                      "input image; use --exits pipeline for this network",
                      n.name, a.name));
    }
  }
  engines.insert(engines.begin(), std::move(backbone));
  return engines;
}

std::vector<int> readers_of(const QNetwork& n, const std::vector<Assignment>& engines, int tensor) {
  std::vector<int> readers;
  for (const Assignment& a : engines) {
    for (const int i : a.layers) {
      const auto& in = layer_at(n, i).inputs;
      if (std::find(in.begin(), in.end(), tensor) != in.end()) readers.push_back(i);
    }
  }
  return readers;
}

bool is_logits(const QNetwork& n, int tensor) {
  return std::any_of(n.exits.begin(), n.exits.end(), [&](const auto& e) { return e.logits == tensor; });
}

/// A max pool can ride on the output path of the layer before it when its windows do not overlap, nothing is
/// padded and nobody else wants the unpooled map.
bool can_fuse(const QNetwork& n, const std::vector<Assignment>& engines, int producer, int pool) {
  const auto& window = std::get<QMaxPool>(layer_at(n, pool).op).window;
  const int map = layer_at(n, producer).output;
  return !std::holds_alternative<QMaxPool>(layer_at(n, producer).op) &&
         layer_at(n, pool).inputs.front() == map && !is_logits(n, map) &&
         readers_of(n, engines, map).size() == 1 && window.stride_h >= window.kernel_h &&
         window.stride_w >= window.kernel_w &&
         window.pad_top + window.pad_left + window.pad_bottom + window.pad_right == 0;
}

/// An Add can ride on the output path of the convolution before it, whose result nobody else wants: it reads
/// its other operand while the convolution's first weight tile passes. Gives that operand's tensor, or -1.
int fused_residual(const QNetwork& n, const std::vector<Assignment>& engines, const std::vector<Step>& steps,
                   int add, const std::set<int>& apart) {
  const QLayer& layer = layer_at(n, add);
  if (!std::holds_alternative<quant::QAdd>(layer.op) || steps.empty()) return -1;
  const Step& before = steps.back();
  const QLayer& producer = layer_at(n, before.qlayer);
  if (!std::holds_alternative<QConv>(producer.op) || before.pool >= 0 || before.add >= 0) return -1;
  const int map = producer.output;
  if (apart.contains(add) || layer.inputs[0] == layer.inputs[1] || readers_of(n, engines, map).size() != 1 ||
      is_logits(n, map) || is_logits(n, layer.output)) {
    return -1;
  }
  const int other = layer.inputs[0] == map ? layer.inputs[1] : layer.inputs[0];
  const bool reads_map = layer.inputs[0] == map || layer.inputs[1] == map;
  const auto same = [&](const fixed::Requant& r) {
    return r.multiplier == layer.requant.front().multiplier && r.shift == layer.requant.front().shift;
  };
  if (!reads_map || other == 0 || !std::all_of(layer.requant.begin(), layer.requant.end(), same)) return -1;
  return other;
}

/// `apart`: additions that must be layers of their own.
std::vector<Step> fuse(const QNetwork& n, const std::vector<Assignment>& engines, const Assignment& a,
                       const std::set<int>& apart) {
  std::vector<Step> steps;
  for (const int i : a.layers) {
    if (!steps.empty() && std::holds_alternative<QMaxPool>(layer_at(n, i).op) && steps.back().pool < 0 &&
        can_fuse(n, engines, steps.back().qlayer, i)) {
      steps.back().pool = i;
      steps.back().output = layer_at(n, i).output;
    } else if (const int residual = fused_residual(n, engines, steps, i, apart); residual >= 0) {
      steps.back().add = i;
      steps.back().residual = residual;
      steps.back().output = layer_at(n, i).output;
    } else {
      steps.push_back({.qlayer = i, .output = layer_at(n, i).output});
    }
  }
  return steps;
}

/// Lays out the tensors of all engines. An exit engine's copy of a tapped map has the backbone's pitches, so
/// that an address on the tap differs by a constant only.
class Layouts {
 public:
  Layouts(const QNetwork& n, const std::vector<Assignment>& engines, int banks)
      : n_(n), engines_(engines), banks_(banks) {}

  TensorLayout of(int tensor, const ArrayShape& writer) {
    if (const auto found = known_.find(tensor); found != known_.end()) return found->second;
    std::vector<int> alike = {tensor};  // the inputs of one Add are walked through together: same pitches
    for (std::size_t i = 0; i < alike.size(); ++i) {
      for (const QLayer& l : n_.layers) {
        if (!std::holds_alternative<quant::QAdd>(l.op)) continue;
        if (l.output != alike[i] && std::find(l.inputs.begin(), l.inputs.end(), alike[i]) == l.inputs.end())
          continue;
        // Its result, too: a fused Add finds its residual as far from there everywhere.
        for (const int t : {l.inputs[0], l.inputs[1], l.output}) {
          if (std::find(alike.begin(), alike.end(), t) == alike.end()) alike.push_back(t);
        }
      }
    }
    std::vector<Reader> readers;
    for (const int t : alike) {
      for (const Assignment& a : engines_) {
        for (const int i : a.layers) {
          const auto& in = layer_at(n_, i).inputs;
          if (std::find(in.begin(), in.end(), t) != in.end()) readers.push_back({i, a.shape});
        }
      }
    }
    // The stream loader writes the image, a run of pixels at a time: its pixels must lie side by side.
    const ArrayShape one_lane{.rows = 1, .columns = 1, .lanes = 1};
    TensorLayout layout = choose_pitches(n_, tensor, readers, tensor == 0 ? one_lane : writer, banks_);
    for (const int t : alike) {
      layout.tensor = t;
      known_[t] = layout;
    }
    layout.tensor = tensor;
    return layout;
  }

 private:
  const QNetwork& n_;
  const std::vector<Assignment>& engines_;
  int banks_;
  std::map<int, TensorLayout> known_;
};

/// Places an engine's tensors by lifetime; the network's input gets two places, one filled while the other is
/// read.
std::vector<TensorLayout> place_tensors(const QNetwork& n, const Assignment& a,
                                        const std::vector<Step>& steps, Layouts& layouts, int banks,
                                        const Group& group, EnginePlan& engine) {
  const ArrayShape& writer = engine.shape;
  std::vector<TensorLayout> tensors;
  std::vector<Lifetime> lifetimes;
  const int last_step = static_cast<int>(steps.size()) - 1;
  auto last_read = [&](int tensor) {
    int last = -1;
    for (int s = 0; s <= last_step; ++s) {
      const Step& step = steps[static_cast<std::size_t>(s)];
      const auto& in = layer_at(n, step.qlayer).inputs;
      if (step.residual == tensor || std::find(in.begin(), in.end(), tensor) != in.end()) last = s;
    }
    return last;
  };
  auto keep = [&](int tensor, int first, int last) {
    TensorLayout layout = layouts.of(tensor, writer);
    int size = (extent(tensor_at(n, tensor).shape, layout) + banks - 1) / banks * banks;
    if (group.images > 1 && tensor != 0 && last >= group.first) {  // a map of each image in flight
      layout.slot_step = size;
      size *= group.images;
      if (first < group.first) first = 0;  // kept while others come as far
    }
    tensors.push_back(layout);
    if (tensor == 0) engine.input_second_place = size;
    lifetimes.push_back({.size = tensor == 0 ? 2 * size : size, .first = first, .last = last});
  };
  for (const int t : a.given) keep(t, 0, t == 0 ? last_step : last_read(t));
  for (int s = 0; s <= last_step; ++s) {
    const int t = steps[static_cast<std::size_t>(s)].output;
    // A map that only an exit engine reads is tapped on its way out and need not stay.
    if (!is_logits(n, t)) keep(t, s, std::max(last_read(t), s));
  }
  const Placement placement = place(lifetimes, banks);
  for (std::size_t i = 0; i < tensors.size(); ++i) tensors[i].base = placement.base[i];
  engine.words = placement.size / banks;
  return tensors;
}

/// A layer reads all its inputs with one sign: signed where any of them is. set_widths leaves room for that.
bool reads_signed(const QNetwork& n, const QLayer& layer) {
  return std::any_of(layer.inputs.begin(), layer.inputs.end(),
                     [&](int t) { return tensor_at(n, t).is_signed; });
}

class LayerPlanner {
 public:
  LayerPlanner(const QNetwork& n, const EnginePlan& engine) : n_(n), engine_(engine) {}

  LayerPlan plan(const Step& step) const {
    const QLayer& layer = layer_at(n_, step.qlayer);
    const quant::QTensor& in = tensor_at(n_, layer.inputs.front());
    const quant::QTensor& out = tensor_at(n_, step.output);
    LayerPlan p;
    p.name = step.pool < 0 ? layer.name : layer.name + "+" + layer_at(n_, step.pool).name;
    p.qlayer = step.qlayer;
    p.fused_pool = step.pool;
    p.fused_add = step.add;
    if (step.add >= 0) {
      p.name = layer.name + "+" + layer_at(n_, step.add).name;
      p.residual = stored(step.residual);
    }
    p.output = step.output;
    p.in = stored(layer.inputs.front());
    p.in_signed = reads_signed(n_, layer);
    p.in_h = in.shape.height;
    p.in_w = in.shape.width;
    p.channels = out.shape.channels;
    p.out_h = out.shape.height;
    p.out_w = out.shape.width;
    for (std::size_t e = 0; e < n_.exits.size(); ++e) {
      if (n_.exits[e].logits == step.output) p.exit = static_cast<int>(e);
    }
    if (p.exit < 0) p.out = stored(step.output);
    if (step.add >= 0 &&
        (p.residual.pixel_pitch != p.out.pixel_pitch || p.residual.row_pitch != p.out.row_pitch))
      throw std::logic_error("a fused Add's residual and result lie at different pitches");
    if (p.exit >= 0 && p.out_h * p.out_w != 1) {
      throw Error(fmt::format("{}: layer '{}' gives {}x{} positions of logits; an exit needs one", n_.name,
                              layer.name, p.out_h, p.out_w));
    }
    set_windows(layer, step, p);
    set_tiles(layer, p);
    p.macs = quant::macs(n_, layer);
    const std::int64_t groups = (p.out_w + engine_.shape.lanes - 1) / engine_.shape.lanes;
    p.issue_cycles = std::int64_t{p.channel_tiles} * p.k_tiles * p.out_h * groups * p.window_h * p.window_w;
    return p;
  }

 private:
  const QNetwork& n_;
  const EnginePlan& engine_;

  TensorLayout stored(int tensor) const {
    for (const TensorLayout& t : engine_.tensors) {
      if (t.tensor == tensor) return t;
    }
    throw std::logic_error("tensor is not stored in this engine");
  }

  void set_windows(const QLayer& layer, const Step& step, LayerPlan& p) const {
    if (const auto* conv = std::get_if<QConv>(&layer.op)) {
      p.stride_h = conv->window.stride_h;
      p.stride_w = conv->window.stride_w;
      p.pad_top = conv->window.pad_top;
      p.pad_left = conv->window.pad_left;
    }
    p.window_stride_h = p.stride_h;
    p.window_stride_w = p.stride_w;
    if (step.pool >= 0) {
      const auto& w = std::get<QMaxPool>(layer_at(n_, step.pool).op).window;
      p.window_h = w.kernel_h;
      p.window_w = w.kernel_w;
      p.window_stride_h = w.stride_h * p.stride_h;
      p.window_stride_w = w.stride_w * p.stride_w;
    } else if (const auto* pool = std::get_if<QMaxPool>(&layer.op)) {
      p.max_identity = true;
      p.window_h = pool->window.kernel_h;
      p.window_w = pool->window.kernel_w;
      p.window_stride_h = pool->window.stride_h;
      p.window_stride_w = pool->window.stride_w;
      p.pad_top = pool->window.pad_top;
      p.pad_left = pool->window.pad_left;
      // What is read outside the map must never be the largest of a window.
      const quant::QTensor& in = tensor_at(n_, layer.inputs.front());
      p.in_pad_value = static_cast<int>(fixed::range_of(in.bits, in.is_signed).lo);
    }
  }

  void set_tiles(const QLayer& layer, LayerPlan& p) const {
    const int columns = engine_.shape.columns;
    if (layer.inputs.size() > 1 && (layer.inputs[0] == 0 || layer.inputs[1] == 0)) {
      throw Error(fmt::format(
          "{}: layer '{}' adds the input image; the engine family cannot, since the image has two "
          "places in memory. Put a layer between",
          n_.name, layer.name));
    }
    const int base_difference = layer.inputs.size() < 2 ? 0 : stored(layer.inputs[1]).base - p.in.base;
    const auto* conv = std::get_if<QConv>(&layer.op);
    const bool shared = conv != nullptr && conv->groups == 1;
    p.channel_tiles = (p.channels + columns - 1) / columns;
    std::vector<std::vector<Tile>> per_channel_tile;
    for (int ct = 0; ct < (shared ? 1 : p.channel_tiles); ++ct) {
      per_channel_tile.push_back(pack_tiles(reduction(n_, layer, ct, columns, p.in, base_difference),
                                            engine_.shape.rows, engine_.banks));
      p.k_tiles = std::max(p.k_tiles, static_cast<int>(per_channel_tile.back().size()));
    }
    const Tile empty{.base = 0, .rows = std::vector<TileRow>(static_cast<std::size_t>(engine_.shape.rows))};
    for (auto& tiles : per_channel_tile) {
      p.tile_first.push_back(static_cast<int>(p.tiles.size()));
      tiles.resize(static_cast<std::size_t>(p.k_tiles), empty);
      p.tiles.insert(p.tiles.end(), tiles.begin(), tiles.end());
    }
    if (shared) p.tile_first.assign(static_cast<std::size_t>(p.channel_tiles), 0);
  }
};

void check_shape(const ArrayShape& s, const std::string& what) {
  if (s.rows < 1 || s.columns < 1 || s.lanes < 1 || s.rows > 256 || s.columns > 32 || s.lanes > 16) {
    throw Error(fmt::format("{} array {}x{}x{}: rows must be 1..256, columns 1..32, lanes 1..16", what,
                            s.rows, s.columns, s.lanes));
  }
}

int banks_for(const std::vector<Assignment>& engines) {
  int needed = 4;  // the input stream's width
  for (const Assignment& a : engines)
    needed = std::max({needed, a.shape.rows, a.shape.columns * a.shape.lanes});
  return static_cast<int>(std::bit_ceil(static_cast<unsigned>(needed)));
}

/// The widest beat that cuts an image row into whole beats.
int stream_bytes_for(const net::Shape& input) {
  for (const int bytes : {4, 2}) {
    if (input.width * input.channels % bytes == 0) return bytes;
  }
  return 1;
}

void set_widths(const QNetwork& n, EnginePlan& engine) {
  engine.data_bits = 2;
  engine.weight_bits = 2;
  engine.acc_bits = 0;
  for (const TensorLayout& t : engine.tensors) {
    engine.data_bits = std::max(engine.data_bits, tensor_at(n, t.tensor).bits);
  }
  for (const LayerPlan& p : engine.layers) {
    const QLayer& layer = layer_at(n, p.qlayer);
    if (const auto* conv = std::get_if<QConv>(&layer.op))
      engine.weight_bits = std::max(engine.weight_bits, conv->weight_bits);
    if (const auto* add = std::get_if<quant::QAdd>(&layer.op))
      engine.weight_bits = std::max(engine.weight_bits, add->weight_bits);
    if (p.fused_add >= 0) {
      const auto& add = std::get<quant::QAdd>(layer_at(n, p.fused_add).op);
      engine.weight_bits = std::max(engine.weight_bits, add.weight_bits);
    }
    engine.acc_bits = std::max(engine.acc_bits, layer.acc_bits);
    for (const int t : layer.inputs) {
      const bool unsigned_as_signed = reads_signed(n, layer) && !tensor_at(n, t).is_signed;
      engine.data_bits = std::max(engine.data_bits, tensor_at(n, t).bits + (unsigned_as_signed ? 1 : 0));
    }
  }
  // A product has data_bits + weight_bits (unsigned operands enter less half their range); a sum has at least
  // a guard bit more.
  engine.acc_bits = std::max(engine.acc_bits, engine.data_bits + engine.weight_bits + 2);
  engine.logit_bits = n.decision.logit_bits;
}

/// Additions whose convolution is over before its residual has come.
std::set<int> additions_too_early(const EnginePlan& engine) {
  std::set<int> early;
  for (const LayerPlan& l : engine.layers) {
    if (l.fused_add < 0) continue;
    const std::int64_t pass = l.issue_cycles / l.tile_passes();
    if ((l.k_tiles - 1) * pass < residual_after()) early.insert(l.fused_add);
  }
  return early;
}

/// Marks the layers of the phases.
void set_group(const Group& group, EnginePlan& engine) {
  if (group.images == 1) return;
  engine.images = group.images;
  engine.group_first = group.first;
  engine.final_first = group.last;
  for (int i = 0; i < static_cast<int>(engine.layers.size()); ++i) {
    LayerPlan& l = engine.layers[static_cast<std::size_t>(i)];
    l.grouped = i >= group.first && i < group.last;
    l.phase_end = i + 1 == group.first || i + 1 == group.last;
  }
}

EnginePlan plan_engine(const QNetwork& network, const std::vector<Assignment>& assigned, const Assignment& a,
                       Layouts& layouts, int banks, const WeightMemory* weights, bool packed, bool may_group,
                       bool prunes) {
  Group group;
  for (std::set<int> apart;;) {
    const std::vector<Step> steps = fuse(network, assigned, a, apart);
    EnginePlan engine;
    engine.name = a.name;
    engine.shape = a.shape;
    engine.banks = banks;
    engine.packed = packed;
    engine.tensors = place_tensors(network, a, steps, layouts, banks, group, engine);
    for (const Step& s : steps) {
      engine.layers.push_back(LayerPlanner(network, engine).plan(s));
      engine.adds = engine.adds || s.add >= 0;
    }
    if (const std::set<int> early = additions_too_early(engine); !early.empty()) {
      apart.insert(early.begin(), early.end());
      continue;
    }
    set_group(group, engine);
    mark_branches(network, prunes, engine);
    plan_waits(engine);
    set_widths(network, engine);
    if (weights != nullptr) plan_weight_store(*weights, engine);
    if (const Group chosen = may_group && weights != nullptr ? choose_group(*weights, engine) : Group{};
        group.images == 1 && chosen.images > 1) {
      group = chosen;
      continue;
    }
    return engine;
  }
}

}  // namespace

Accelerator plan_accelerator(const QNetwork& network, const Options& options) {
  check_watch(network, options);
  WeightMemory weights = options.weights;
  if (options.watch.hold) weights.images = 1;  // the sample after must meet what the one before has moved
  check_shape(options.backbone, "backbone");
  if (options.strategy == Strategy::parallel) check_shape(options.exit_classifier, "exit classifier");
  const std::vector<Assignment> assigned = assign_engines(network, options);
  const bool prunes = options.strategy != Strategy::static_ && network.exits.size() > 1 &&
                      (options.prune || quant::has_skip_rules(network));
  if (prunes) check_activities(network);
  const int banks = banks_for(assigned);
  // The backbone writes every tapped map, so its columns and lanes bind the pitches in the exit engines too.
  Layouts layouts(network, assigned, banks);
  Accelerator accelerator{.network = network, .options = options, .engines = {}, .stream_bytes = 4};
  accelerator.options.prune = prunes;
  accelerator.stream_bytes = stream_bytes_for(network.tensors.front().shape);
  for (const Assignment& a : assigned)
    accelerator.engines.push_back(
        plan_engine(network, assigned, a, layouts, banks, &a == &assigned.front() ? &weights : nullptr,
                    options.packed && &a == &assigned.front(), options.strategy != Strategy::parallel,
                    prunes && &a == &assigned.front()));
  // A tap copies elements as they are, so all engines store elements of one width.
  int data_bits = 0;
  for (const EnginePlan& e : accelerator.engines) data_bits = std::max(data_bits, e.data_bits);
  for (EnginePlan& e : accelerator.engines) {
    e.data_bits = data_bits;
    e.acc_bits = std::max(e.acc_bits, data_bits + e.weight_bits + 2);
  }
  if (const EnginePlan& b = accelerator.engines.front();
      b.packed && (b.data_bits != 8 || b.weight_bits != 8)) {
    throw Error(
        fmt::format("{}: two products a DSP need 8-bit numbers, and here elements have {} bits and weights "
                    "{}; leave --packed away",
                    network.name, b.data_bits, b.weight_bits));
  }
  return accelerator;
}

}  // namespace offramp::accel

#include "verif/random_case.h"

#include <algorithm>
#include <span>
#include <vector>

#include "base/error.h"
#include "golden/golden.h"
#include "quant/random_network.h"
#include "verif/random.h"

namespace offramp::verif {
namespace {

enum class Kind : std::uint8_t { any, deep, streaming };

quant::RandomNetworkOptions network_options(Kind kind) {
  switch (kind) {
    case Kind::any:  // every number format
      return {.max_early_exits = 3};
    case Kind::deep:  // many small layers: overlap, and additions that ride
      return {.max_map = 7, .max_channels = 6, .max_layers = 9, .max_early_exits = 3, .max_weight_bits = 8};
    case Kind::streaming:  // many weights and little work with each
      return {.max_map = 5,
              .max_channels = 40,
              .max_layers = 5,
              .max_early_exits = 2,
              .max_pools = false,
              .min_weight_bits = 4,
              .max_weight_bits = 8,
              .max_activation_bits = 8};
  }
  return {};
}

void set_thresholds(quant::QNetwork& network, bool leave) {
  for (quant::QExit& e : network.exits) {
    e.threshold = leave ? fixed::always_register(e.criterion) : fixed::never_register(e.criterion);
    e.level = fixed::threshold_level(e.criterion, e.threshold, network.decision.logit_step);
  }
}

std::int64_t weight_bits(const accel::EnginePlan& engine) {
  std::int64_t tiles = 0;
  for (const accel::LayerPlan& l : engine.layers) tiles += l.tile_passes();
  return tiles * engine.shape.rows * engine.shape.columns * engine.weight_bits;
}

bool can_plan(const quant::QNetwork& network, const accel::Options& options) {
  try {
    (void)accel::plan_accelerator(network, options);
    return true;
  } catch (const Error&) {
    return false;
  }
}

/// A store between the smallest and one that is a little too small, and a memory of some width and speed.
/// False where the network has too few weights to stream any.
bool choose_store(const quant::QNetwork& network, Random& random, accel::Options& options) {
  options.weights.beat_bits = random.one_in(2) ? 256 : 512;
  options.weights.beats_per_256 = random.one_in(2) ? 256 : static_cast<int>(64 + random.below(192));
  options.weights.images = 1;
  const std::int64_t all = weight_bits(accel::plan_accelerator(network, options).engines.front());
  options.weights.store_bits = all - 1;
  if (!can_plan(network, options)) return false;
  options = with_smallest_store(network, options);
  options.weights.store_bits +=
      static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(all - options.weights.store_bits)));
  return true;
}

/// Network and options; false where this seed's network has no early exit or cannot be planned.
bool try_seed(std::uint64_t seed, Kind kind, RandomCase& c) {
  Random random(mix_seed(seed, 4));
  c.network = quant::random_network(seed, network_options(kind));
  const int early = static_cast<int>(c.network.exits.size()) - 1;
  if (early < 1) return false;
  c.options.on_backbone.clear();
  for (int e = 0; e < early; ++e) {
    if (c.options.strategy == accel::Strategy::parallel && random.one_in(4)) c.options.on_backbone.insert(e);
  }
  c.options.packed = false;
  c.options.weights = {};
  if (!can_plan(c.network, c.options)) return false;
  // Where all numbers have 8 bits, which is seldom.
  c.options.packed = true;
  c.options.packed = can_plan(c.network, c.options) && random.one_in(2);
  if (c.options.strategy != accel::Strategy::static_ && random.one_in(3)) {
    for (int e = 0; e < early; ++e) {
      if (random.one_in(3)) continue;
      // The level follows when the images are known.
      c.network.exits[static_cast<std::size_t>(e)].skip = {.above = random.one_in(2), .level = 1};
    }
    c.options.prune = true;
  }
  return kind != Kind::streaming || choose_store(c.network, random, c.options);
}

}  // namespace

quant::QNetwork balance_exits(quant::QNetwork network, const net::Split& data) {
  std::vector<golden::Trace> traces;
  for (std::size_t i = 0; i < data.size(); ++i) {
    const std::span<const std::uint8_t> pixels(data.image(i),
                                               static_cast<std::size_t>(data.shape.elements()));
    traces.push_back(golden::run_simple(network, pixels));
  }
  for (std::size_t e = 0; e + 1 < network.exits.size() && !traces.empty(); ++e) {
    quant::QExit& exit = network.exits[e];
    if (exit.skip.skips_any()) {
      std::vector<std::uint64_t> activity;
      for (const golden::Trace& t : traces) activity.push_back(t.decisions[e].activity);
      std::sort(activity.begin(), activity.end());
      exit.skip.level = static_cast<std::uint32_t>(activity[activity.size() / 2]);
      for (golden::Trace& t : traces) t.decisions[e].skipped = exit.skip.skips(t.decisions[e].activity);
    }
    std::vector<std::uint64_t> all;
    for (const golden::Trace& t : traces)
      all.push_back(fixed::strictest_threshold(t.decisions[e], network.decision, exit.criterion));
    std::sort(all.begin(), all.end());
    exit.threshold = all[(all.size() - 1) / 2];
    exit.level = fixed::threshold_level(exit.criterion, exit.threshold, network.decision.logit_step);
    std::erase_if(traces, [&](const golden::Trace& t) {
      return !t.decisions[e].skipped &&
             fixed::confident(t.decisions[e], network.decision, exit.criterion, exit.threshold);
    });
  }
  return network;
}

accel::Options with_smallest_store(const quant::QNetwork& network, accel::Options options) {
  const auto fits = [&](std::int64_t bits) {
    options.weights.store_bits = bits;
    return can_plan(network, options);
  };
  std::int64_t too_few = 0;
  std::int64_t enough = 1;
  for (; !fits(enough); enough *= 2) too_few = enough;
  while (enough - too_few > 1) {
    const std::int64_t middle = (enough + too_few) / 2;
    (fits(middle) ? enough : too_few) = middle;
  }
  options.weights.store_bits = enough;
  return options;
}

RandomCase random_case(std::uint64_t number, accel::Strategy strategy, accel::ArrayShape shape,
                       std::size_t images) {
  constexpr std::uint64_t kStride = 1'000'003;  // campaigns take neighbouring numbers
  constexpr std::uint64_t kAttempts = 400;  // then the array is too large for such networks to need a stream
  RandomCase c;
  c.options.strategy = strategy;
  c.options.backbone = shape;
  c.options.exit_classifier = shape;
  auto kind = static_cast<Kind>(number % 3);
  std::uint64_t seed = number;
  for (std::uint64_t attempt = 1; !try_seed(seed, kind, c); ++attempt, seed += kStride) {
    if (attempt == kAttempts && kind == Kind::streaming) kind = Kind::any;
  }
  if (strategy != accel::Strategy::static_) {
    // From a stream of their own, so that they change nothing else.
    Random parts(mix_seed(number, 6));
    c.options.watch = {.histogram = parts.one_in(4),
                       .monitor = parts.one_in(4),
                       .hold = parts.one_in(4),
                       .window_log2 = static_cast<int>(parts.below(4))};
  }
  Random random(mix_seed(number, 5));
  c.data.shape = c.network.tensors.front().shape;
  for (std::size_t i = 0; i < images; ++i) {
    const std::vector<std::uint8_t> image = quant::random_image(c.network, mix_seed(number, i));
    c.data.pixels.insert(c.data.pixels.end(), image.begin(), image.end());
    c.data.labels.push_back(0);
  }
  switch (random.below(5)) {
    case 0:
      set_thresholds(c.network, true);
      break;
    case 1:
      set_thresholds(c.network, false);
      break;
    case 2:
      break;  // as they were drawn
    default:
      c.network = balance_exits(std::move(c.network), c.data);
  }
  return c;
}

}  // namespace offramp::verif

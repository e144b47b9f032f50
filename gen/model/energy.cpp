#include "model/energy.h"

#include <algorithm>

#include "accel/timing.h"
#include "accel/weight_store.h"
#include "blocks/sample_control.h"

namespace offramp::model {
namespace {

using accel::Accelerator;
using accel::EnginePlan;
using accel::LayerPlan;

/// Events of one layer that runs from beginning to end.
struct LayerEvents {
  double macs = 0;
  double memory_bits = 0;
  double dram_bits = 0;
};

double tiles_of(const LayerPlan& l) {
  return static_cast<double>(l.tile_passes());
}

/// Bits that the memory port brings for a tile: whole beats of whole rows.
double streamed_tile_bits(const EnginePlan& engine) {
  return static_cast<double>(accel::tile_beats(engine, engine.beat_bits).beats_per_tile()) * engine.beat_bits;
}

/// Writing a tensor takes one write in each lane's copy of the memory.
double write_bits(const EnginePlan& engine, double elements) {
  return elements * engine.data_bits * engine.shape.lanes;
}

LayerEvents events_of(const Accelerator& a, const EnginePlan& engine, const LayerPlan& l) {
  LayerEvents e;
  e.macs = static_cast<double>(l.macs);
  const auto issues = static_cast<double>(l.issue_cycles);
  const double tile_bits = static_cast<double>(engine.shape.rows) * engine.shape.columns * engine.weight_bits;
  // Images of a group, taken to be full, share each tile.
  const double tiles = tiles_of(l) / (l.grouped ? engine.images : 1);
  // Every issue reads all banks of every lane; every tile is read once.
  e.memory_bits += issues * engine.banks * engine.shape.lanes * engine.data_bits;
  e.memory_bits += tiles * tile_bits;
  // Partial sums are stored and read again between the tiles of a reduction.
  const double between = static_cast<double>(l.k_tiles - 1) / l.k_tiles;
  e.memory_bits += 2 * between * issues * engine.shape.columns * engine.shape.lanes * engine.acc_bits;
  if (l.exit < 0) {
    const double outputs = static_cast<double>(l.out_h) * l.out_w * l.channels;
    e.memory_bits += write_bits(engine, outputs);
    if (l.fused_add >= 0) e.memory_bits += outputs * engine.data_bits;
    // Classifiers that listen store the tensor as well.
    for (std::size_t i = 1; &engine == &a.engines.front() && i < a.engines.size(); ++i) {
      if (a.engines[i].tensors.front().tensor == l.output) e.memory_bits += write_bits(a.engines[i], outputs);
    }
  }
  if (l.streamed) {
    e.dram_bits += tiles * streamed_tile_bits(engine);
    e.memory_bits += tiles * tile_bits;  // into the ring
  }
  return e;
}

/// When a layer's pixels enter the array, in cycles after the backbone's start.
struct Issue {
  double first = 0;
  double last = 0;
  /// Share of the layer that is issued before the engine stops in cycle `stop`.
  [[nodiscard]] double share_before(double stop) const {
    return std::clamp((stop - first) / (last - first + 1), 0.0, 1.0);
  }
};

/// By engine and layer, as if no weights streamed: what is aborted does not depend on how long the needed
/// work took.
std::vector<std::vector<Issue>> issues_of(const Accelerator& a, const Estimate& estimate) {
  std::vector<std::vector<Issue>> issues;
  std::vector<double> backbone_end;
  std::size_t next = 0;  // of the estimate's layers, which are those of all engines in order
  for (const EnginePlan& engine : a.engines) {
    double end = 0;
    for (std::size_t l = 0; !issues.empty() && l < a.engines.front().layers.size(); ++l) {
      if (a.engines.front().layers[l].output == engine.tensors.front().tensor) end = backbone_end[l];
    }
    std::vector<Issue> of_engine;
    const auto latency = static_cast<double>(accel::result_cycle(accel::PipelineShape::of(engine)));
    for (const LayerPlan& l : engine.layers) {
      end += static_cast<double>(estimate.layers.at(next++).cycles);
      if (issues.empty()) backbone_end.push_back(end);
      of_engine.push_back(
          {.first = end - latency - static_cast<double>(l.issue_cycles) + 1, .last = end - latency});
    }
    issues.push_back(std::move(of_engine));
  }
  return issues;
}

/// Whether a sample that leaves at exit `exit` had to pass this layer.
bool is_needed(const Accelerator& a, const LayerPlan& l, int exit) {
  if (l.branch >= 0) return l.branch <= exit;
  const std::vector<int> needed = quant::layers_for_exit(a.network, exit);
  return std::find(needed.begin(), needed.end(), l.qlayer) != needed.end();
}

/// Beats that come while the ring is filled for layers that an aborted sample does not reach.
double dropped_prefetch_bits(const EnginePlan& engine, double tiles_left) {
  return std::min(static_cast<double>(engine.ring_tiles), tiles_left) * streamed_tile_bits(engine);
}

}  // namespace

std::vector<Energy> energy_by_exit(const Accelerator& a, const Estimate& estimate,
                                   const EnergyCoefficients& c, const std::set<int>& skipped) {
  std::vector<Energy> energies(a.network.exits.size());
  // Without a memory port nothing waits for weights.
  const bool streams = a.engines.front().beat_bits > 0;
  Accelerator unstalled;
  if (streams) {
    unstalled = a;
    unstalled.engines.front().beat_bits = 0;
    unstalled.engines.front().images = 1;
  }
  const Estimate schedule = streams ? model::estimate(unstalled, skipped) : estimate;
  const std::vector<std::vector<Issue>> issues = issues_of(a, schedule);

  const double leak_per_cycle = c.device_static_watts / (c.clock_mhz * 1e6) * 1e12 / 2;  // of each half
  const double memory_bits = static_cast<double>(estimate.weight_bits + estimate.activation_bits);
  const double leak_of_dsps = leak_per_cycle / c.device_dsps;
  const double leak_of_memory = leak_per_cycle / c.device_memory_bits;

  for (std::size_t x = 0; x < energies.size(); ++x) {
    if (estimate.cycles_by_exit[x] == 0) continue;
    Energy& e = energies[x];
    const auto cycles = static_cast<double>(estimate.cycles_by_exit[x]);
    const double stop =
        static_cast<double>(schedule.cycles_by_exit[x] - blocks::SampleControl::kRestartLatency);
    const bool last = x + 1 == energies.size();
    for (std::size_t i = 0; i < a.engines.size(); ++i) {
      const EnginePlan& engine = a.engines[i];
      double macs = 0;
      double classifier = 0;
      double tiles_left = 0;
      for (std::size_t l = 0; l < engine.layers.size(); ++l) {
        const LayerPlan& layer = engine.layers[l];
        const LayerEvents events = events_of(a, engine, layer);
        if (layer.branch >= 0 && skipped.contains(layer.branch)) continue;
        const bool needed = is_needed(a, layer, static_cast<int>(x));
        // A group begins with images that have gone on.
        const double unneeded = layer.grouped ? 0 : issues[i][l].share_before(stop);
        const double share = needed ? 1 : unneeded;
        const double mac = share * events.macs * c.mac(engine.data_bits, engine.weight_bits);
        const double memory = share * events.memory_bits * c.memory_picojoules_per_bit;
        const double dram = share * events.dram_bits * c.dram_picojoules_per_bit;
        macs += share * events.macs;
        e.mac += mac;
        e.memory += memory;
        e.dram += dram;
        if (!needed) e.wasted += mac + memory + dram;
        classifier += mac + memory;
        if (layer.streamed && !layer.grouped) tiles_left += (1 - share) * tiles_of(layer);
      }
      if (!last && tiles_left > 0) {
        const double dropped = dropped_prefetch_bits(engine, tiles_left) * c.dram_picojoules_per_bit;
        e.dram += dropped;
        e.wasted += dropped;
      }
      const double idle_cycles = std::max(0.0, cycles * engine.shape.multipliers() - macs);
      const double idle = idle_cycles * c.idle_share * c.mac(engine.data_bits, engine.weight_bits);
      e.idle += idle;
      if (i > 0) {
        const double dsps = engine.shape.multipliers();
        const double words = static_cast<double>(engine.words) * engine.banks;
        double tiles = 0;
        for (const LayerPlan& l : engine.layers) tiles += tiles_of(l);
        const double bits = words * engine.data_bits * engine.shape.lanes +
                            tiles * engine.shape.rows * engine.shape.columns * engine.weight_bits;
        e.classifiers += classifier + idle + cycles * (dsps * leak_of_dsps + bits * leak_of_memory);
      }
    }
    // The image comes from DRAM and is written to every lane's copy.
    const auto pixels = static_cast<double>(a.network.tensors.front().shape.elements());
    e.dram += pixels * a.network.tensors.front().bits * c.dram_picojoules_per_bit;
    e.memory += write_bits(a.engines.front(), pixels) * c.memory_picojoules_per_bit;
    e.leakage = cycles * (estimate.dsps * leak_of_dsps + memory_bits * leak_of_memory);
  }
  return energies;
}

Energy mean_energy(const std::vector<Energy>& by_exit, const std::vector<double>& exit_rates) {
  Energy mean;
  for (std::size_t x = 0; x < by_exit.size(); ++x) {
    const Energy& e = by_exit[x];
    const double rate = exit_rates.at(x);
    mean.mac += rate * e.mac;
    mean.memory += rate * e.memory;
    mean.dram += rate * e.dram;
    mean.idle += rate * e.idle;
    mean.leakage += rate * e.leakage;
    mean.wasted += rate * e.wasted;
    mean.classifiers += rate * e.classifiers;
  }
  return mean;
}

}  // namespace offramp::model

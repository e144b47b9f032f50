#pragma once
// Design-space exploration: which array shapes give the fewest cycles for a number of multipliers.
#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "accel/accelerator.h"
#include "model/estimate.h"
#include "model/resources.h"
#include "quant/qnetwork.h"

namespace offramp::explore {

/// A device whose cells the model knows.
struct Device {
  netlist::Family family = netlist::Family::xcup;
  model::Resources available;
};

/// Whether the cells are there. Memories beyond the block RAMs may go to UltraRAMs, eight of those each.
[[nodiscard]] bool fits(const model::Resources& asked, const model::Resources& available);

struct Request {
  accel::Strategy strategy = accel::Strategy::static_;
  /// Share of samples that leave at each exit; sums to 1. Ignored by `static`, where all leave at the last.
  std::vector<double> exit_rates = {};
  int multipliers = 64;           // for the backbone's array
  int exit_multipliers = 64;      // for each exit classifier's array (`parallel`)
  std::int64_t on_chip_bits = 0;  // memory of the target; 0: no limit
  /// Lookup tables, registers, DSP slices and block RAMs of the target; nothing: no limit.
  std::optional<Device> device = {};
  std::size_t shown = 1;  // how many of the best are to fit the device
  /// The memory port through which weights stream where they do not fit; its store_bits is chosen here.
  accel::WeightMemory memory = {};
  bool prune = false;              // skip registers for early exits
  bool packed = false;             // two products a DSP48E2
  std::set<int> on_backbone = {};  // of a parallel design: early exits that the backbone serves
  /// Shapes that are given and not searched.
  std::optional<accel::ArrayShape> backbone = {};
  std::optional<accel::ArrayShape> exit_classifier = {};
};

struct Candidate {
  accel::Options options;
  model::Estimate estimate;
  std::optional<model::Resources> resources = {};  // modelled, of the best `shown` where the device is known
  double mean_cycles = 0;                          // at the request's exit rates
  double efficiency = 0;  // useful multiply-accumulates / (mean_cycles x all multipliers)
};

/// Candidates by mean cycles, then by multipliers, best first; at least one. Shapes are first ranked by
/// counting array passes, then the best of them are planned and estimated exactly. Of those that do not fit
/// the device, none stands before the best `shown` that do. Where no shape fits `on_chip_bits` or the device,
/// the candidates are returned all the same: what does not fit is for the caller to refuse, with the figures.
/// Throws offramp::Error where no shape can be planned at all.
[[nodiscard]] std::vector<Candidate> explore(const quant::QNetwork& network, const Request& request);

/// Mean cycles of an estimate at the given exit rates.
[[nodiscard]] double mean_cycles(const model::Estimate& estimate, const Request& request);

}  // namespace offramp::explore

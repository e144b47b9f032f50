#pragma once
// Energy of an image, modelled: counted events of a plan times published energies. Nothing here is measured;
// the figures are for comparing designs with each other. docs/energy.md says what is counted and what is not.
#include <set>
#include <vector>

#include "accel/accelerator.h"
#include "model/estimate.h"

namespace offramp::model {

/// What an event costs. The defaults stand for an XCZU7EV; each names where it comes from. A board's own are
/// in constraints/<board>/energy.json (design/energy_file.h).
struct EnergyCoefficients {
  /// An int8 product and its 32-bit sum: 0.2 + 0.1 pJ in 45 nm (Horowitz, ISSCC 2014), times 14 for an FPGA
  /// beside an ASIC of the same node (Kuon and Rose, TCAD 26(2), 2007). Not scaled to 16 nm, so rather too
  /// much.
  double mac_picojoules = 0.3 * 14;
  /// Of that, the sum's part, which does not depend on the factors' widths; the product's part grows with
  /// their product (Horowitz: 0.2 pJ at 8 bits, 3.1 pJ at 32).
  double mac_sum_share = 1.0 / 3;
  /// Share of that which a multiplier takes in a cycle without a useful product: its clocked registers.
  /// Assumed.
  double idle_share = 0.15;
  /// A bit read from or written to block RAM or UltraRAM: 20 pJ for 64 bits of a 32 KB memory (Horowitz).
  double memory_picojoules_per_bit = 20.0 / 64;
  /// A bit to or from DRAM: the lower end of 1.3 to 2.6 nJ for 64 bits (Horowitz).
  double dram_picojoules_per_bit = 1300.0 / 64;
  /// Static power of the whole device at room temperature, half of it charged to DSP slices and half to
  /// memory, each by the share of the device that the design uses. Assumed, no figure of a data sheet.
  double device_static_watts = 0.7;
  double device_dsps = 1728;
  double device_memory_bits = 39813120;
  double clock_mhz = 300;  // a design target; static energy is power times cycles at this clock
  /// The largest factor by which any of them may be off, up or down; energies are no better than that.
  double uncertainty_factor = 3;
  /// A multiply-accumulate of these widths.
  [[nodiscard]] double mac(int data_bits, int weight_bits) const {
    return mac_picojoules * (mac_sum_share + (1 - mac_sum_share) * data_bits * weight_bits / 64);
  }
};

/// Of one image, in picojoules.
struct Energy {
  double mac = 0;      // useful products, and those begun before an abort
  double memory = 0;   // on-chip reads and writes
  double dram = 0;     // the image and streamed weights
  double idle = 0;     // multipliers in cycles without a useful product
  double leakage = 0;  // static power of what the design occupies
  /// Part of mac, memory and dram: work that the sample turned out not to need, between its last needed
  /// result and the abort.
  double wasted = 0;
  /// Part of mac, memory, idle and leakage: of the exit classifiers' own arrays (`parallel`).
  double classifiers = 0;
  [[nodiscard]] double total_picojoules() const { return mac + memory + dram + idle + leakage; }
};

/// By exit; all zero for an exit that the hardware lacks. `skipped`: exits whose branches are not computed,
/// as in the estimate.
[[nodiscard]] std::vector<Energy> energy_by_exit(const accel::Accelerator& accelerator,
                                                 const Estimate& estimate,
                                                 const EnergyCoefficients& coefficients = {},
                                                 const std::set<int>& skipped = {});

/// Mean over samples that leave at the given rates.
[[nodiscard]] Energy mean_energy(const std::vector<Energy>& by_exit, const std::vector<double>& exit_rates);

}  // namespace offramp::model

#pragma once
// One run of a design over a list of images: every agent attached, everything compared.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "accel/load_script.h"
#include "verif/bench.h"
#include "verif/verify.h"
#include "verif/verilated_model.h"

namespace offramp::verif {

struct RunOptions {
  std::vector<std::size_t> images;  // of the data set, in this order
  std::uint64_t seed = 1;
  /// With stalls the registers are written and read back before the first sample. Without, samples come from
  /// the first cycle after the reset and meet the thresholds that the design has out of reset.
  bool stalls = true;
  std::string weights = {};          // the image in external memory, of designs that have one
  std::filesystem::path trace = {};  // wave file, if any
  std::size_t trace_from = 0;        // first sample that is in it (the one before starts it)
  std::function<void(std::size_t done)> progress = {};
  /// Written first, in a design that has run already: it is not reset then.
  std::vector<accel::RegisterWrite> load = {};
  /// Samples that had left by then, by the hardware's exits.
  std::vector<std::uint64_t> left_before = {};
  /// Written when the first sample is being computed.
  std::vector<accel::RegisterWrite> meanwhile = {};
  /// Looks at the same cycles (a cycle counter, for one).
  std::vector<Agent*> watchers = {};
};

struct RunResult {
  std::optional<Mismatch> mismatch;
  std::size_t failed_at = 0;  // position in `images` where it was found
  std::uint64_t values_compared = 0;
  /// Per sample: cycles from the result before to its own; the first from its first beat.
  std::vector<std::int64_t> cycles;
  std::vector<int> exit;
  std::vector<int> predicted;
  std::vector<std::uint64_t> left;  // by the hardware's exits, with those of before
  std::uint64_t total_cycles = 0;
  double seconds = 0;
};

/// Runs until the last result, the first mismatch or a hang (which is a mismatch). Throws offramp::Error only
/// for what is not the design's fault: interrupted, no golden image, ...
[[nodiscard]] RunResult run_samples(VerilatedModel& model, const accel::Accelerator& accelerator,
                                    const net::Split& data, const RunOptions& options);

}  // namespace offramp::verif

#pragma once
// Runs a design in Verilator against the golden reference and compares everything it computes.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "accel/accelerator.h"
#include "net/dataset.h"
#include "verif/gate_netlist.h"

namespace offramp::verif {

struct VerifyOptions {
  std::size_t samples = 200;
  std::uint64_t seed = 1;                       // of the random stalls and of the sample choice
  bool stalls = true;                           // random back-pressure on both streams in the checked run
  bool trace = false;                           // write an FST wave file
  std::optional<std::size_t> only_sample = {};  // reproduce one sample: its number in the data set
  std::filesystem::path model_cache = {};  // Verilated models by content hash; empty: default_model_cache()
  std::function<void(std::size_t done, std::size_t all)> progress = {};
  bool quick_build = false;         // a model that is built sooner and runs slower, however long the run
  std::optional<Gates> gates = {};  // not the RTL but its netlist, of which the ports alone are looked at
  bool random_start = false;        // registers and memories without reset start with random bits (slower)
};

struct Mismatch {
  std::size_t sample = 0;  // its number in the data set
  /// A layer, or "logits of exit0", "sum_exp of exit0", "decision of exit0", "result", "register
  /// threshold_0", or, with the whole story as position: "protocol" (a broken rule of a bus), "progress" (a
  /// hang).
  std::string layer;
  std::string position;  // "y=3 x=4 channel=1"
  std::int64_t expected = 0;
  std::int64_t got = 0;
};

struct VerifyResult {
  bool bit_exact = false;
  std::size_t samples = 0;
  std::uint64_t values_compared = 0;
  std::optional<Mismatch> first_mismatch;
  std::filesystem::path waves;      // of the first mismatch
  std::string reproduce;            // one-line command
  std::vector<std::size_t> images;  // per sample, its number in the data set
  std::vector<std::int64_t>
      cycles;             // per sample, streaming without stalls: result to result (first: start to result)
  std::vector<int> exit;  // per sample
  std::vector<int> predicted;
  double sim_cycles_per_second = 0;
  double model_build_seconds = 0;
  double netlist_seconds = 0;  // of Yosys, where a netlist was made
};

/// Verifies the design in `design_dir` (rtl/, mem/) that was emitted from `accelerator` on images of `data`.
[[nodiscard]] VerifyResult verify(const accel::Accelerator& accelerator, const accel::Emitted& emitted,
                                  const std::filesystem::path& design_dir, const net::Split& data,
                                  const VerifyOptions& options);

/// Verifies a design for several networks, each on its own data, one after the other on one running model:
/// the first, the others as they are loaded, and the first once more. Results by network. A difference ends
/// it, comes without waves, and leaves no network bit-exact, since none has run to the end.
[[nodiscard]] std::vector<VerifyResult> verify_networks(const accel::Accelerator& accelerator,
                                                        const accel::Emitted& emitted,
                                                        const std::filesystem::path& design_dir,
                                                        const std::vector<const net::Split*>& data,
                                                        const VerifyOptions& options);

}  // namespace offramp::verif

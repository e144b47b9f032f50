#pragma once
// What verification found, as verify.json keeps it and tables and reports show it.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/estimate.h"

namespace offramp::design {

struct Verification {
  struct Mismatch {
    std::size_t sample = 0;
    std::string layer;
    std::string position;
    std::int64_t expected = 0;
    std::int64_t got = 0;
    std::string reproduce;  // one-line command
  };
  /// What was verified on what (SHA-256): the same again need not be run again.
  std::string design_hash;  // of the generated files' manifest
  std::string data_hash;    // of the test split

  /// Measured in RTL simulation, on `samples` test images that `seed` chose.
  std::size_t samples = 0;
  std::uint64_t seed = 0;
  bool stalls = true;
  bool bit_exact = false;
  std::uint64_t values_compared = 0;
  std::optional<Mismatch> first_mismatch;
  std::vector<std::size_t> images;   // per sample, its number in the test split
  std::vector<std::int64_t> cycles;  // per sample, streaming without stalls
  std::vector<int> exit;             // per sample

  /// From the golden reference, on every test image.
  std::size_t test_images = 0;
  double test_accuracy = 0;
  std::vector<double> test_exit_rates;
  std::vector<double> test_exit_accuracy;  // of the samples that leave there; 0 where none does
};

/// Figures that follow from a verification and the useful multiply-accumulates of each exit. Cycles are those
/// of a steady stream: the first sample, which has none before it to overlap with, is left out of every mean.
struct Performance {
  std::vector<double> exit_rates;  // of the simulated samples
  std::vector<std::optional<double>>
      cycles_by_exit;      // measured mean; none where no simulated sample left there
  double cycles_mean = 0;  // over the simulated samples
  /// Over all test images: measured cycles of each exit, weighted with the golden reference's exit rates.
  /// None where some exit is used by test images and by no simulated sample.
  std::optional<double> test_cycles_mean;
  /// Useful multiply-accumulates of executed layers / (cycles x multipliers), on the basis of mean_cycles().
  double mac_efficiency = 0;
  /// test_cycles_mean where there is one, else cycles_mean.
  [[nodiscard]] double mean_cycles() const { return test_cycles_mean.value_or(cycles_mean); }
};
[[nodiscard]] Performance performance(const Verification& verification, const model::Estimate& estimate);

/// The text of verify.json.
[[nodiscard]] std::string verify_json(const Verification& verification, const model::Estimate& estimate);
/// Reads it back; throws offramp::Error that names `file`.
[[nodiscard]] Verification parse_verify_json(const std::string& text, const std::string& file);

/// timing.json: what differs from run to run, kept out of verify.json and of the manifest.
[[nodiscard]] std::string timing_json(double sim_cycles_per_second, double model_build_seconds);

}  // namespace offramp::design

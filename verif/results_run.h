#pragma once
// One network through the flow for offramp_results: quantized, tuned, and for each strategy and number of multipliers
// generated, verified and measured.
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/stages.h"
#include "verif/results_record.h"

namespace offramp::results {

struct NetworkRequest {
  std::string name;
  std::filesystem::path model;
  std::vector<int> multipliers;
  std::size_t samples = 0;
};

struct RunOptions {
  std::filesystem::path work;
  std::vector<accel::Strategy> strategies;
  cli::Arguments arguments;  // target, thresholds, seed; the rest is set for each design
  std::function<void(const std::string&)> say;
};

/// Runs what the work folder does not hold already. A design that is refused is a result, not an error.
[[nodiscard]] NetworkResult run_network(const NetworkRequest& request, const cli::Data& data,
                                        const RunOptions& options);

}  // namespace offramp::results

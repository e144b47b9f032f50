#pragma once
#include <cstdint>
#include <vector>

#include "golden/golden.h"
#include "net/dataset.h"
#include "quant/qnetwork.h"

namespace offramp::golden {

/// What a whole split of a data set gives, by the golden reference.
struct Evaluation {
  double accuracy = 0;                // of the early-exit network, 0 to 1
  std::vector<double> exit_accuracy;  // of each exit alone, over all samples
  std::vector<double> exit_share;     // of the samples that leave there
  std::vector<int> exit;              // by sample
  std::vector<int> predicted;         // by sample
  /// By sample and exit; what thresholds are tuned from.
  std::vector<std::vector<fixed::Decision>> decisions;
};

/// Throws offramp::Error where the split is empty or its images do not fit the network.
[[nodiscard]] Evaluation evaluate(const quant::QNetwork& network, const net::Split& split);

}  // namespace offramp::golden

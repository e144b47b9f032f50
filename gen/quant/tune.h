#pragma once
#include <span>
#include <vector>

#include "quant/qnetwork.h"

namespace offramp::quant {

/// One sample of the tuning split: its decisions at every exit (whatever thresholds they were made with) and
/// label.
struct TuneSample {
  std::vector<fixed::Decision> exits;
  int label = 0;
};

struct TuneOptions {
  fixed::Criterion criterion = fixed::Criterion::max_softmax;
  /// Accuracy that the early-exit network may lose against its last exit alone, 0 to 1.
  double max_drop = 0.005;
};

/// What the chosen thresholds give on the tuning split.
struct TuneResult {
  double final_accuracy = 0;       // of the last exit alone
  double accuracy = 0;             // of the early-exit network
  std::vector<double> exit_share;  // by exit
};

/// Sets criterion, threshold and level of each early exit so that most samples leave there while the network
/// stays within `max_drop`; all thresholds that make a difference are tried, so none is better. Exits are
/// tuned in the order a sample meets them; exit e of n early ones may use up (e + 1) / n of the drop. An exit
/// that cannot hold it never fires. The samples must not be those that the result is reported on.
TuneResult tune_threshold(QNetwork& network, std::span<const TuneSample> samples,
                          const TuneOptions& options = {});

}  // namespace offramp::quant

#pragma once
// report.html: one self-contained page a person can look at. No script, no network, light and dark.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "accel/accelerator.h"
#include "design/exit_study.h"
#include "design/manifest.h"
#include "design/target.h"
#include "design/verification.h"
#include "model/estimate.h"
#include "model/resources.h"

namespace offramp::design {

/// The same network under a strategy, as the page compares them.
struct StrategyPlan {
  const accel::Accelerator& accelerator;
  const model::Estimate& estimate;
};

/// Where an accelerator's resources go.
struct ResourceShares {
  struct Part {
    std::string name;
    model::Resources use;
  };
  std::vector<Part> parts;  ///< of the whole; what is in one is in no other
  std::string basis;        ///< how the figures were obtained, with their error
};

struct ReportInput {
  const accel::Accelerator& accelerator;
  const model::Estimate& estimate;
  const Target& target;
  const Manifest& manifest;
  std::optional<Verification> verification = {};  ///< where the design has been verified
  std::optional<ExitStudy> study = {};            ///< where its exits have been looked at on images
  std::string promise = {};  ///< of the thresholds' certificate, in words; empty: there is none
  /// Of other strategies, that the timelines are drawn beside the design's own; why there is none of a
  /// strategy.
  std::vector<StrategyPlan> others = {};
  std::map<std::string, std::string> refused = {};
  std::optional<ResourceShares> resources = {};
};

[[nodiscard]] std::string render_report(const ReportInput& input);

}  // namespace offramp::design

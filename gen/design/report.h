#pragma once
// report.html: one self-contained page a person can look at. No script, no network, light and dark.
#include <optional>
#include <string>

#include "accel/accelerator.h"
#include "design/manifest.h"
#include "design/target.h"
#include "design/verification.h"
#include "model/estimate.h"

namespace offramp::design {

struct ReportInput {
  const accel::Accelerator& accelerator;
  const model::Estimate& estimate;
  const Target& target;
  const Manifest& manifest;
  std::optional<Verification> verification;  // where the design has been verified
  std::vector<std::string> plots = {};       // SVG files: accuracy against latency and energy
  std::string promise = {};                  // of the thresholds' certificate, in words; empty: there is none
};

[[nodiscard]] std::string render_report(const ReportInput& input);

}  // namespace offramp::design

#pragma once
// What a design's exits do on the test images, for its report.
#include "cli/stages.h"
#include "design/exit_study.h"
#include "golden/evaluate.h"

namespace offramp::cli {

/// Nothing but the images' number for a design without early exits. `evaluation`: of the design's network on
/// the data's test split.
[[nodiscard]] design::ExitStudy study_exits(const Design& design, const Data& data,
                                            const golden::Evaluation& evaluation);

}  // namespace offramp::cli

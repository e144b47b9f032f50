#pragma once
// Everything that a design folder holds before verification, as pure functions of the accelerator.
#include <string>
#include <vector>

#include "design/folder.h"
#include "design/target.h"
#include "design/testbench.h"
#include "model/estimate.h"

namespace offramp::design {

/// estimate.json: cycles and multiply-accumulates per layer and per exit, memory beside what the target has.
[[nodiscard]] std::string estimate_json(const accel::Accelerator& accelerator,
                                        const model::Estimate& estimate, const Target& target);

/// files.f: the Verilog files, children first, one a line; Verilator, Icarus and most vendors' tools read it.
[[nodiscard]] std::string file_list(const accel::Emitted& emitted);

/// All of the above with the RTL, the memory images, the quantized network (`quantized_json`), what
/// handover.h describes and, where there are `samples` and no weights in external memory, the testbench.
[[nodiscard]] Files design_files(const accel::Accelerator& accelerator, const accel::Emitted& emitted,
                                 const model::Estimate& estimate, const Target& target,
                                 const std::string& quantized_json,
                                 const std::vector<SimSample>& samples = {});

}  // namespace offramp::design

#include <fmt/format.h>

#include "accel/load_script.h"
#include "accel/share.h"
#include "base/files.h"
#include "cli/stages.h"
#include "cli/verbs.h"

namespace offramp::cli {

Answer load(const Arguments& arguments, Console&) {
  const Design design = read_design(arguments.input);
  const Quantized quantized = read_quantized(arguments.network);
  const accel::Accelerator network =
      accel::plan_accelerator(quantized.network, design.plan.accelerator.options);
  const accel::Accelerator loaded = accel::load_onto(design.plan.accelerator, network);
  write_file(arguments.output, accel::load_text(loaded));
  const std::size_t writes = accel::load_script(loaded).size();
  const model::Estimate estimate = model::estimate(loaded);
  Answer answer;
  answer.json = {{"network", network.network.name},
                 {"script", arguments.output},
                 {"writes", writes},
                 {"cycles_by_exit", estimate.cycles_by_exit}};
  answer.text = fmt::format("Wrote {} ({} register writes that load {} onto {})\n", arguments.output, writes,
                            network.network.name, design.manifest.top);
  return answer;
}

}  // namespace offramp::cli

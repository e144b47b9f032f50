#include <fmt/format.h>

#include "base/error.h"
#include "cli/stages.h"
#include "cli/verbs.h"
#include "verif/driver_run.h"

namespace offramp::cli {

Answer verify_driver(const Design& design, const Data& data, const Arguments& arguments, Console& console) {
  if (arguments.sample || arguments.trace)
    throw Error("--driver runs the whole driver; leave out --sample and --trace");
  console.progress("running the driver of " + design.manifest.top, 0, 1);
  const verif::DriverReport report =
      verif::run_driver(design.plan.accelerator, design.plan.emitted, design.folder, data.set.test,
                        {.samples = arguments.samples, .seed = arguments.seed});
  console.progress("running the driver of " + design.manifest.top, 1, 1);
  Answer answer;
  answer.status = report.passed ? ExitStatus::done : ExitStatus::difference;
  nlohmann::ordered_json steps = nlohmann::ordered_json::array();
  for (const verif::DriverStep& s : report.steps) {
    const bool good = s.difference.empty();
    steps.push_back({{"what", s.what}, {"passed", good}});
    if (!good) steps.back()["difference"] = s.difference;
    answer.text += fmt::format("{}  {}{}\n", good ? "ok  " : "FAIL", s.what, good ? "" : ": " + s.difference);
  }
  answer.json = {{"passed", report.passed},
                 {"steps", steps},
                 {"images", report.images},
                 {"results_compared", report.results_compared},
                 {"register_transfers_per_image", report.transfers},
                 {"dma_register_transfers_per_image", report.dma_transfers},
                 {"descriptors_per_image", report.descriptors},
                 {"cycles_per_image", report.cycles}};
  if (report.passed) {
    answer.text += fmt::format(
        "{}: the C driver did all of it; {} results equal to the golden reference. For an image (measured, "
        "{} images):\n{:.2f} AXI4-Lite transfers with the accelerator, {:.2f} with the DMA engine, {:.1f} "
        "descriptors, {:.1f} cycles\n",
        design.manifest.top, report.results_compared, report.images, report.transfers, report.dma_transfers,
        report.descriptors, report.cycles);
  }
  return answer;
}

}  // namespace offramp::cli

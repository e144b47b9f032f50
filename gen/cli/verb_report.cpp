#include <fmt/format.h>

#include "base/files.h"
#include "cli/exit_study.h"
#include "cli/options.h"
#include "cli/stages.h"
#include "cli/verbs.h"
#include "design/report.h"

namespace offramp::cli {

Answer report(const Arguments& arguments, Console&) {
  const Design design = read_design(arguments.input);
  if (!arguments.data.empty()) {
    const Data data = read_data(arguments.data);
    const quant::QNetwork& network = design.plan.accelerator.network;
    check_fits_images(data, network);
    const golden::Evaluation evaluation = golden::evaluate(network, data.set.test);
    design::add_results(design.folder, {{design::kExitStudyName,
                                         design::exit_study_json(study_exits(design, data, evaluation))}});
  }
  write_report(design);
  Answer answer;
  const std::string file = (design.folder / "report.html").string();
  answer.json = {{"report", file}};
  answer.text = fmt::format("Wrote {}\n", file);
  return answer;
}

}  // namespace offramp::cli

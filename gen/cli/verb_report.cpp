#include <fmt/format.h>

#include "base/files.h"
#include "cli/front_plots.h"
#include "cli/options.h"
#include "cli/stages.h"
#include "cli/verbs.h"
#include "design/report.h"

namespace offramp::cli {

Answer report(const Arguments& arguments, Console&) {
  const Design design = read_design(arguments.input);
  std::vector<std::string> plots;
  if (!arguments.data.empty()) plots = front_plots(design, read_data(arguments.data));
  write_report(design, plots);
  Answer answer;
  const std::string file = (design.folder / "report.html").string();
  answer.json = {{"report", file}};
  answer.text = fmt::format("Wrote {}\n", file);
  return answer;
}

}  // namespace offramp::cli

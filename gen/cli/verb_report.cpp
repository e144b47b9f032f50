#include <fmt/format.h>

#include "base/files.h"
#include "cli/stages.h"
#include "cli/verbs.h"
#include "design/report.h"

namespace offramp::cli {

Answer report(const Arguments& arguments, Console&) {
  const Design design = read_design(arguments.input);
  write_report(design);
  Answer answer;
  const std::string file = (design.folder / "report.html").string();
  answer.json = {{"report", file}};
  answer.text = fmt::format("Wrote {}\n", file);
  return answer;
}

}  // namespace offramp::cli

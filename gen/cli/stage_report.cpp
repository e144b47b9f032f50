#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "cli/stages.h"
#include "design/report.h"

namespace offramp::cli {

std::string describe_mismatch(const std::string& top, const design::Verification& v) {
  std::string text = fmt::format("{}: differs from the golden reference\n", top);
  if (v.first_mismatch) {
    const auto& m = *v.first_mismatch;
    text += fmt::format("first difference: test image {}, {}, {}: expected {}, got {}\nreproduce: {}\n",
                        m.sample, m.layer, m.position, m.expected, m.got, m.reproduce);
  }
  return text;
}

void write_report(const Design& design, const std::vector<std::string>& plots) {
  // The folder may have been verified since `design` was read.
  const design::Manifest manifest = design::read_manifest(design.folder);
  std::optional<design::Verification> verification;
  if (manifest.files.count("verify.json") != 0) {
    const std::filesystem::path file = design.folder / "verify.json";
    verification = design::parse_verify_json(read_file(file), file.string());
  }
  std::string promise;
  if (manifest.files.count("certificate.json") != 0) {
    const std::string certificate = read_file(design.folder / "certificate.json");
    promise = nlohmann::json::parse(certificate).value("promise", "");
  }
  const std::string page = design::render_report({.accelerator = design.plan.accelerator,
                                                  .estimate = design.plan.estimate,
                                                  .target = design.target,
                                                  .manifest = manifest,
                                                  .verification = verification,
                                                  .plots = plots,
                                                  .promise = promise});
  design::add_results(design.folder, {{"report.html", page}});
}

}  // namespace offramp::cli

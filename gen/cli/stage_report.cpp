#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
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

namespace {

/// The network under the strategies that the design does not have, with its arrays: what its timeline is
/// compared with. A strategy that cannot be planned goes to `refused` with the reason.
struct Compared {
  std::vector<accel::Accelerator> accelerators;
  std::vector<model::Estimate> estimates;
  std::map<std::string, std::string> refused;
};

Compared other_strategies(const accel::Accelerator& own) {
  Compared all;
  if (own.network.exits.size() < 2) return all;
  for (const accel::Strategy strategy :
       {accel::Strategy::static_, accel::Strategy::pipeline, accel::Strategy::parallel}) {
    if (strategy == own.options.strategy) continue;
    accel::Options options = own.options;
    options.strategy = strategy;
    // What belongs to the strategy that the design has.
    options.on_backbone.clear();
    options.watch = {};
    try {
      all.accelerators.push_back(accel::plan_accelerator(own.network, options));
      all.estimates.push_back(model::estimate(all.accelerators.back()));
    } catch (const Error& e) {
      all.refused[accel::to_string(strategy)] = e.what();
    }
  }
  return all;
}

}  // namespace

void write_report(const Design& design) {
  // The folder may have been verified since `design` was read.
  const design::Manifest manifest = design::read_manifest(design.folder);
  const auto text_of = [&](const char* name) -> std::optional<std::string> {
    if (manifest.files.count(name) == 0) return std::nullopt;
    return read_file(design.folder / name);
  };
  const accel::Accelerator& accelerator = design.plan.accelerator;
  design::ReportInput input{.accelerator = accelerator,
                            .estimate = design.plan.estimate,
                            .target = design.target,
                            .manifest = manifest};
  if (const auto text = text_of("verify.json"))
    input.verification = design::parse_verify_json(*text, (design.folder / "verify.json").string());
  if (const auto text = text_of(design::kExitStudyName))
    input.study = design::parse_exit_study(*text, (design.folder / design::kExitStudyName).string());
  if (const auto text = text_of("certificate.json"))
    input.promise = nlohmann::json::parse(*text).value("promise", "");
  const Compared compared = other_strategies(accelerator);
  for (std::size_t i = 0; i < compared.accelerators.size(); ++i)
    input.others.push_back({compared.accelerators[i], compared.estimates[i]});
  input.refused = compared.refused;
  design::add_results(design.folder, {{"report.html", design::render_report(input)}});
}

}  // namespace offramp::cli

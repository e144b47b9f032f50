#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "base/files.h"
#include "cli/stages.h"
#include "design/report.h"
#include "model/resources.h"

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

/// By block, the largest first; what is small together.
std::optional<design::ResourceShares> resource_shares(const Design& design) {
  constexpr std::size_t kShown = 9;
  const auto family = netlist::find_family(design.target.part);
  if (!family || !netlist::is_amd(*family)) return std::nullopt;
  const model::ResourceEstimate e = model::estimate_resources(design.plan.accelerator, *family);
  std::map<std::string, model::Resources> by_block;
  for (const model::ModuleResources& m : e.modules) {
    const auto n = static_cast<int>(m.instances);
    by_block[model::block_of(m.module, design.plan.emitted.top)] += {.lut = m.own.lut * n,
                                                                     .ff = m.own.ff * n,
                                                                     .dsp = m.own.dsp * n,
                                                                     .bram18 = m.own.bram18 * n,
                                                                     .uram = m.own.uram * n};
  }
  design::ResourceShares shares{.parts = {}, .basis = model::resource_basis(*family)};
  for (auto& [block, use] : by_block) {
    std::string name = block;
    std::replace(name.begin(), name.end(), '_', ' ');
    use.lut = std::round(use.lut);
    use.ff = std::round(use.ff);
    shares.parts.push_back({name, use});
  }
  std::stable_sort(shares.parts.begin(), shares.parts.end(),
                   [](const auto& a, const auto& b) { return a.use.lut + a.use.ff > b.use.lut + b.use.ff; });
  // A part with memories or products is shown however few tables it has.
  design::ResourceShares::Part rest{"all others", {}};
  std::vector<design::ResourceShares::Part> shown;
  for (const auto& part : shares.parts) {
    if (shown.size() < kShown || part.use.bram18 > 0 || part.use.dsp > 0) {
      shown.push_back(part);
    } else {
      rest.use += part.use;
    }
  }
  if (shown.size() < shares.parts.size()) shown.push_back(rest);
  shares.parts = std::move(shown);
  return shares;
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
  input.resources = resource_shares(design);
  design::add_results(design.folder, {{"report.html", design::render_report(input)}});
}

}  // namespace offramp::cli

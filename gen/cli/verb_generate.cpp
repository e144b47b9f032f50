#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "cli/options.h"
#include "cli/stages.h"
#include "cli/verbs.h"
#include "model/resources.h"

namespace offramp::cli {

Answer generate(const Arguments& arguments, Console&) {
  const Quantized quantized = read_quantized(arguments.input);
  const design::Target target = design::load_target(design::home_directory(), arguments.target);
  const std::vector<double> rates = search_rates(quantized, arguments);
  const std::filesystem::path out =
      arguments.output.empty() ? folder_of(arguments.input) : std::filesystem::path(arguments.output);
  // Everything is planned before anything is written: what does not fit leaves nothing behind.
  std::vector<Quantized> also;
  for (const std::string& folder : arguments.also) also.push_back(read_quantized(folder));
  std::vector<Plan> plans;
  for (const accel::Strategy strategy : parse_strategies(arguments.exits)) {
    accel::Options options = choose_options(quantized.network, strategy, rates, target, arguments);
    options.watch = choose_watch(quantized, strategy, arguments);
    if (!also.empty()) options.weights.store_bits = 0;  // all on the chip, or it does not fit
    plans.push_back(make_plan(quantized.network, options, target, also));
  }
  Answer answer;
  std::string resource_basis;
  answer.json["designs"] = nlohmann::ordered_json::array();
  for (const Plan& plan : plans) {
    const accel::Options& options = plan.accelerator.options;
    const std::string strategy = accel::to_string(options.strategy);
    const std::filesystem::path folder = out / strategy;
    const bool kept = write_plan(folder, plan, quantized, target, also) == design::Written::kept;
    std::size_t lines = 0;
    for (const std::string& file : plan.emitted.rtl) {
      const std::string& text = plan.emitted.files.at(file);
      lines += static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    }
    const bool parallel = options.strategy == accel::Strategy::parallel;
    nlohmann::ordered_json design = {{"strategy", strategy},
                                     {"folder", folder.string()},
                                     {"top", plan.emitted.top},
                                     {"array", to_text(options.backbone)}};
    if (parallel) design["exit_array"] = to_text(options.exit_classifier);
    design["multipliers"] = plan.estimate.multipliers;
    std::string resources;
    if (const auto family = netlist::find_family(target.part); family && netlist::is_amd(*family)) {
      const model::Resources r = model::estimate_resources(plan.accelerator, *family).total;
      design["resources"] = {{"basis", model::resource_basis(*family)},
                             {"lut", std::round(r.lut)},
                             {"ff", std::round(r.ff)},
                             {"dsp", r.dsp},
                             {"bram36", r.bram18 / 2.0},
                             {"uram", r.uram}};
      resources =
          fmt::format("  {:.0f} of {} LUT, {:.0f} of {} FF, {} of {} DSP, {:.1f} of {} BRAM36\n", r.lut,
                      target.lut, r.ff, target.ff, r.dsp, target.dsp, r.bram18 / 2.0, target.bram36);
      resource_basis = model::resource_basis(*family);
    }
    design["rtl_files"] = plan.emitted.rtl.size();
    design["rtl_lines"] = lines;
    if (!also.empty()) {
      design["also"] = nlohmann::ordered_json::array();
      for (const Quantized& q : also) design["also"].push_back(q.network.name);
    }
    design["kept"] = kept;
    answer.json["designs"].push_back(design);
    answer.text +=
        fmt::format("{}: {} ({} multipliers, array {}{}), {} Verilog files, {} lines{}\n", folder.string(),
                    plan.emitted.top, plan.estimate.multipliers, to_text(options.backbone),
                    parallel ? ", exit array " + to_text(options.exit_classifier) : "",
                    plan.emitted.rtl.size(), lines, kept ? " (was there already)" : "") +
        resources;
  }
  if (!resource_basis.empty()) answer.text += fmt::format("Resources: {}.\n", resource_basis);
  return answer;
}

}  // namespace offramp::cli

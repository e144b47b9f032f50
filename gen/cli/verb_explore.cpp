#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "cli/options.h"
#include "cli/stages.h"
#include "cli/text_table.h"
#include "cli/verbs.h"
#include "design/fit.h"
#include "explore/explore.h"
#include "explore/strategy_choice.h"

namespace offramp::cli {
namespace {

constexpr std::size_t kShown = 10;

/// The best designs of pipeline and parallel beside each other, where both were asked for.
void compare_strategies(const quant::QNetwork& network,
                        const std::map<accel::Strategy, explore::Candidate>& best,
                        const std::vector<double>& rates, const design::Target& target, Answer& answer) {
  const auto pipeline = best.find(accel::Strategy::pipeline);
  const auto parallel = best.find(accel::Strategy::parallel);
  if (pipeline == best.end() || parallel == best.end()) return;
  const model::EnergyCoefficients coefficients = energy_coefficients(target);
  const auto figures = [&](const explore::Candidate& c) {
    return offramp::explore::figures_of(accel::plan_accelerator(network, c.options), c.estimate, rates,
                                        coefficients);
  };
  const auto choice = offramp::explore::choose_strategy(figures(pipeline->second), figures(parallel->second));
  const auto word = [](const explore::Verdict& v) {
    return nlohmann::ordered_json(
        {{"strategy", v.better ? accel::to_string(*v.better) : "neither"}, {"ratio", v.ratio}});
  };
  answer.json["choice"] = {{"faster", word(choice.faster)},
                           {"less_energy", word(choice.less_energy)},
                           {"fewer_multipliers", word(choice.fewer_multipliers)},
                           {"reason", choice.reason()}};
  answer.text += fmt::format("{}\n  because {}\n  Energy is modelled (docs/energy.md).\n\n", choice.verdict(),
                             choice.reason());
}

}  // namespace

Answer explore(const Arguments& arguments, Console&) {
  const Quantized quantized = read_quantized(arguments.input);
  const design::Target target = design::load_target(design::home_directory(), arguments.target);
  const std::vector<double> rates = search_rates(quantized, arguments);
  Answer answer;
  answer.json["network"] = quantized.network.name;
  answer.json["target"] = target.name;
  answer.json["exit_rates"] = rates;
  answer.json["basis"] = "modelled; the cycles are those of the schedule, which the RTL follows exactly";
  answer.json["strategies"] = nlohmann::ordered_json::object();
  std::map<accel::Strategy, explore::Candidate> best;
  for (const accel::Strategy strategy : parse_strategies(arguments.exits)) {
    const std::vector<explore::Candidate> ranking =
        offramp::explore::explore(quantized.network, explore_request(strategy, rates, target, arguments));
    const std::string name = accel::to_string(strategy);
    design::check_fits(ranking.front().estimate, target,
                       fmt::format("{}, exit strategy {}", quantized.network.name, name));
    best[strategy] = ranking.front();
    TextTable table({{"array", TextTable::Align::left},
                     {"exit array", TextTable::Align::left},
                     {"multipliers"},
                     {"mean cycles"},
                     {"cycles by exit"},
                     {"efficiency"},
                     {"memory bits"}});
    auto& list = answer.json["strategies"][name];
    list = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < std::min(kShown, ranking.size()); ++i) {
      const explore::Candidate& c = ranking[i];
      const bool parallel = strategy == accel::Strategy::parallel;
      const std::string exit_array = parallel ? to_text(c.options.exit_classifier) : "";
      const std::int64_t bits = c.estimate.weight_bits + c.estimate.activation_bits;
      table.row({to_text(c.options.backbone), exit_array, fmt::format("{}", c.estimate.multipliers),
                 fmt::format("{:.1f}", c.mean_cycles),
                 fmt::format("{}", fmt::join(c.estimate.cycles_by_exit, "/")),
                 fmt::format("{:.1f} %", 100 * c.efficiency), fmt::format("{}", bits)});
      nlohmann::ordered_json entry = {{"array", to_text(c.options.backbone)}};
      if (parallel) entry["exit_array"] = exit_array;
      entry["multipliers"] = c.estimate.multipliers;
      entry["mean_cycles"] = c.mean_cycles;
      entry["cycles_by_exit"] = c.estimate.cycles_by_exit;
      entry["efficiency"] = c.efficiency;
      entry["memory_bits"] = bits;
      list.push_back(entry);
    }
    answer.text += fmt::format("{}: the best {} of {} shapes that were planned\n{}\n", name,
                               std::min(kShown, ranking.size()), ranking.size(), table.text());
  }
  compare_strategies(quantized.network, best, rates, target, answer);
  answer.text +=
      fmt::format("Modelled at exit rates {} ({}); memory of {}: {} bits.\n", fmt::join(rates, ", "),
                  arguments.rates                ? "--rates"
                  : quantized.exit_rates.empty() ? "equal shares: the thresholds have not been tuned"
                                                 : "as tuned",
                  target.name, target.on_chip_bits);
  return answer;
}

}  // namespace offramp::cli

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>

#include "base/error.h"
#include "base/files.h"
#include "cli/options.h"
#include "cli/stages.h"
#include "cli/text_table.h"
#include "cli/verbs.h"
#include "design/fit.h"
#include "design/plot.h"
#include "explore/exit_subsets.h"
#include "explore/explore.h"
#include "explore/strategy_choice.h"
#include "tune/tune.h"

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

/// Adds an ending to a file's name: curve.svg, curve-positions.svg.
std::filesystem::path named(const std::filesystem::path& file, const std::string& what) {
  return file.parent_path() / (file.stem().string() + "-" + what + file.extension().string());
}

/// --exits 1..15: how many exits, and which.
Answer explore_subsets(const std::pair<int, int>& sizes, const Arguments& arguments, Console& console) {
  const Quantized quantized = read_quantized(arguments.input);
  const quant::QNetwork& network = quantized.network;
  if (network.exits.size() < 2) tune::check_tunable(network, {});
  const design::Target target = design::load_target(design::home_directory(), arguments.target);
  if (arguments.data.empty()) {
    throw Error(
        "--exits with numbers of exits chooses thresholds anew for every set of exits, which takes images; "
        "give a data set (--data)");
  }
  const Data data = read_data(arguments.data);
  check_fits_images(data, network);
  const std::vector<tune::Sample> samples = tuning_samples(network, data, arguments.tune.unseen);
  const std::vector<double> rates = search_rates(quantized, arguments);

  Answer answer;
  answer.json["network"] = network.name;
  answer.json["target"] = target.name;
  answer.json["criterion"] = arguments.criterion;
  answer.json["max_drop_points"] = arguments.max_drop;
  answer.json["images"] = samples.size();
  answer.json["basis"] = fmt::format("cycles modelled; accuracy and exit rates on {} by the golden reference",
                                     arguments.tune.unseen ? "every second test image" : "training images");
  design::Plot by_number{
      .title = fmt::format("{} on {}: mean cycles against number of exits", network.name, target.name),
      .x_label = "early exits (the best set of each number)",
      .y_label = "mean cycles an image, modelled",
      .series = {}};
  design::Plot by_position = by_number;
  by_position.title =
      fmt::format("{} on {}: mean cycles against position of a single exit", network.name, target.name);
  by_position.x_label = "which early exit, from the first";
  for (const accel::Strategy strategy : {accel::Strategy::pipeline, accel::Strategy::parallel}) {
    const std::string name = accel::to_string(strategy);
    const accel::Options options = choose_options(network, strategy, rates, target, arguments);
    const offramp::explore::SubsetCosts costs = offramp::explore::subset_costs(network, options);
    const offramp::explore::SubsetCurve curve = offramp::explore::best_subsets(
        network, samples, costs,
        {.criterion = parse_criterion(arguments.criterion),
         .max_drop = arguments.max_drop / 100,
         .least = sizes.first,
         .most = sizes.second},
        [&](std::size_t done, std::size_t all) { console.progress(name + ": sets of exits", done, all); });
    TextTable table({{"exits"},
                     {"which", TextTable::Align::left},
                     {"mean cycles"},
                     {"planned"},
                     {"speed-up"},
                     {"accuracy %"},
                     {"leave at each exit %", TextTable::Align::left}});
    table.row({"0", "", fmt::format("{:.1f}", curve.without_cycles), "", "1.00",
               fmt::format("{:.2f}", 100 * curve.without_accuracy), ""});
    auto& json = answer.json["strategies"][name];
    json = {{"array", to_text(options.backbone)},
            {"floor", curve.floor},
            {"without_exits", {{"mean_cycles", curve.without_cycles}, {"accuracy", curve.without_accuracy}}},
            {"sets_tried", curve.sets_tried},
            {"levels_of_shared_path", curve.levels}};
    if (strategy == accel::Strategy::parallel) json["exit_array"] = to_text(options.exit_classifier);
    const auto entry = [](const offramp::explore::Subset& s) {
      return nlohmann::ordered_json({{"exits", s.early},
                                     {"mean_cycles", s.mean_cycles},
                                     {"accuracy", s.accuracy},
                                     {"exit_rates", s.exit_share},
                                     {"thresholds", s.policy.threshold}});
    };
    json["best"] = nlohmann::ordered_json::array();
    json["single"] = nlohmann::ordered_json::array();
    design::PlotSeries numbers{.name = name, .points = {{0, curve.without_cycles, "no early exit"}}};
    design::PlotSeries positions{.name = name, .points = {}};
    for (const offramp::explore::Subset& s : curve.best) {
      const double planned = offramp::explore::planned_cycles(network, options, s);
      std::string shares;
      for (const double share : s.exit_share)
        shares += fmt::format("{}{:.1f}", shares.empty() ? "" : "/", 100 * share);
      table.row({fmt::format("{}", s.early.size()), fmt::format("{}", fmt::join(s.early, ",")),
                 fmt::format("{:.1f}", s.mean_cycles), fmt::format("{:.1f}", planned),
                 fmt::format("{:.2f}", curve.without_cycles / planned),
                 fmt::format("{:.2f}", 100 * s.accuracy), shares});
      json["best"].push_back(entry(s));
      json["best"].back()["planned_cycles"] = planned;
      numbers.points.push_back({static_cast<double>(s.early.size()), planned,
                                fmt::format("exits {}: {:.0f} cycles, {:.2f} %", fmt::join(s.early, ","),
                                            planned, 100 * s.accuracy)});
    }
    for (const offramp::explore::Subset& s : curve.single) {
      json["single"].push_back(entry(s));
      positions.points.push_back({static_cast<double>(s.early.front()), s.mean_cycles, ""});
    }
    by_number.series.push_back(std::move(numbers));
    by_position.series.push_back(std::move(positions));
    answer.text += fmt::format(
        "{}: array {}{}; at least {:.2f} % accurate (criterion {})\n{}Of all {} sets of these sizes the best "
        "on a path of "
        "{} threshold levels, with thresholds of their own; sizes 1 and 2 are the best there are.\n\n",
        name, to_text(options.backbone),
        strategy == accel::Strategy::parallel ? " and exit arrays " + to_text(options.exit_classifier) : "",
        100 * curve.floor, arguments.criterion, table.text(), curve.sets_tried, curve.levels);
  }
  console.clear();
  if (arguments.plot) {
    const std::filesystem::path file = *arguments.plot;
    write_file(file, design::plot_svg(by_number));
    write_file(named(file, "positions"), design::plot_svg(by_position));
    answer.json["plots"] = {file.string(), named(file, "positions").string()};
    answer.text += fmt::format("Plots: {} and {}\n", file.string(), named(file, "positions").string());
  }
  return answer;
}

}  // namespace

Answer explore(const Arguments& arguments, Console& console) {
  if (const auto sizes = parse_exit_numbers(arguments.exits))
    return explore_subsets(*sizes, arguments, console);
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
  std::string resource_basis;
  for (const accel::Strategy strategy : parse_strategies(arguments.exits)) {
    explore::Request request = explore_request(strategy, rates, target, arguments);
    request.shown = kShown;
    if (request.device) resource_basis = model::resource_basis(request.device->family);
    const std::vector<explore::Candidate> ranking = offramp::explore::explore(quantized.network, request);
    const std::string name = accel::to_string(strategy);
    const explore::Candidate& first = ranking.front();
    if (!design::fits({first.estimate}, target)) {
      design::check_fits({first.estimate, first.resources}, target,
                         fmt::format("{}, exit strategy {}", quantized.network.name, name),
                         smaller_arrays(quantized.network, first.options, target));
    }
    best[strategy] = ranking.front();
    TextTable table({{"array", TextTable::Align::left},
                     {"exit array", TextTable::Align::left},
                     {"multipliers"},
                     {"mean cycles"},
                     {"cycles by exit"},
                     {"efficiency"},
                     {"memory bits"},
                     {"LUT"},
                     {"FF"},
                     {"DSP"},
                     {"BRAM36"}});
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
                 fmt::format("{:.1f} %", 100 * c.efficiency), fmt::format("{}", bits),
                 c.resources ? fmt::format("{:.0f}", c.resources->lut) : "",
                 c.resources ? fmt::format("{:.0f}", c.resources->ff) : "",
                 c.resources ? fmt::format("{}", c.resources->dsp) : "",
                 c.resources ? fmt::format("{:.1f}", c.resources->bram18 / 2.0) : ""});
      nlohmann::ordered_json entry = {{"array", to_text(c.options.backbone)}};
      if (parallel) entry["exit_array"] = exit_array;
      entry["multipliers"] = c.estimate.multipliers;
      entry["mean_cycles"] = c.mean_cycles;
      entry["cycles_by_exit"] = c.estimate.cycles_by_exit;
      entry["efficiency"] = c.efficiency;
      entry["memory_bits"] = bits;
      if (c.resources) {
        entry["resources"] = {{"lut", std::round(c.resources->lut)},
                              {"ff", std::round(c.resources->ff)},
                              {"dsp", c.resources->dsp},
                              {"bram36", c.resources->bram18 / 2.0},
                              {"uram", c.resources->uram}};
      }
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
  if (!resource_basis.empty()) {
    answer.json["resources_basis"] = resource_basis;
    answer.text += fmt::format("Resources: {}.\n", resource_basis);
  }
  return answer;
}

}  // namespace offramp::cli

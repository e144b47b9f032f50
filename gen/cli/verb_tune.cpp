#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

#include "base/error.h"
#include "base/files.h"
#include "base/interrupt.h"
#include "base/sha256.h"
#include "base/text.h"
#include "cli/describe.h"
#include "cli/options.h"
#include "cli/stages.h"
#include "cli/text_table.h"
#include "cli/verbs.h"
#include "design/plot.h"
#include "explore/exit_costs.h"
#include "quant/qnetwork_json.h"
#include "tune/guarantee.h"

namespace offramp::cli {
namespace {

using nlohmann::ordered_json;

/// What the exits cost, and what that stands on.
struct CostChoice {
  std::string basis;
  /// By criterion, as verdicts take their cycles, too.
  std::map<fixed::Criterion, tune::ExitCosts> by_criterion;
};

CostChoice choose_costs(const Quantized& quantized, const Arguments& arguments) {
  const TuneArguments& asked = arguments.tune;
  const std::vector<fixed::Criterion> criteria = parse_criteria(arguments.criterion);
  CostChoice choice;
  if (arguments.target.empty()) {
    for (const auto& [given, option] : {std::pair(asked.cycles.has_value(), "--cycles"),
                                        std::pair(asked.microjoules.has_value(), "--microjoules"),
                                        std::pair(arguments.array.has_value(), "--array")}) {
      if (given)
        throw Error(fmt::format("{} speaks of an accelerator; name its board, too (--target)", option));
    }
    choice.basis = "multiply-accumulates of the network; give --target for cycles or energy";
    for (const fixed::Criterion c : criteria) choice.by_criterion[c] = tune::mac_costs(quantized.network);
    return choice;
  }
  const std::vector<accel::Strategy> strategies = parse_strategies(asked.exits);
  if (strategies.size() != 1 || strategies.front() == accel::Strategy::static_) {
    throw Error(fmt::format(
        "--exits {}: thresholds are tuned for one strategy with early exits, pipeline or parallel",
        in_quotes(asked.exits)));
  }
  const design::Target target = design::load_target(design::home_directory(), arguments.target);
  // Rules that the network has already are found anew.
  quant::QNetwork network = quantized.network;
  for (quant::QExit& exit : network.exits) exit.skip = {};
  const accel::Options options =
      choose_options(network, strategies.front(), search_rates(quantized, arguments), target, arguments);
  for (const fixed::Criterion c : criteria) {
    for (std::size_t e = 0; e + 1 < network.exits.size(); ++e) network.exits[e].criterion = c;
    choice.by_criterion[c] = asked.microjoules
                                 ? explore::energy_costs(network, options, energy_coefficients(target))
                                 : explore::cycle_costs(network, options);
  }
  choice.basis = fmt::format(
      "{} of the {} design with the array {}{}{} on {}, modelled{}", asked.microjoules ? "energy" : "cycles",
      accel::to_string(options.strategy), to_text(options.backbone),
      options.strategy == accel::Strategy::parallel
          ? fmt::format(" and exit arrays {}", to_text(options.exit_classifier))
          : "",
      options.prune ? ", --prune," : "", target.name, asked.microjoules ? " (docs/energy.md)" : "");
  return choice;
}

std::string text_of(double cost, const std::string& unit) {
  return unit == "pJ" ? fmt::format("{:.4g} uJ", cost / 1e6) : fmt::format("{:.1f} {}", cost, unit);
}

void check_objectives(const Arguments& arguments) {
  const TuneArguments& t = arguments.tune;
  const int asked = int{t.min_accuracy.has_value()} + int{t.cycles.has_value()} +
                    int{t.microjoules.has_value()} + int{t.guarantee.has_value()};
  if (asked > 1) {
    throw Error(
        "--min-accuracy, --cycles, --microjoules and --guarantee exclude each other: one of them says what "
        "is "
        "held, and the rest is made as good as it can be");
  }
  for (const std::string& file : t.pareto) {
    const std::string kind = std::filesystem::path(file).extension().string();
    if (kind != ".json" && kind != ".svg")
      throw Error(fmt::format("--pareto {}: the front is written as .json or .svg; end the name so",
                              in_quotes(file)));
  }
}

/// A criterion's result, or why it has none.
struct Attempt {
  fixed::Criterion criterion{};
  std::optional<tune::Tuned> tuned;
  std::string refusal;
};

std::vector<Attempt> attempt_all(const quant::QNetwork& network, const std::vector<tune::Sample>& samples,
                                 const CostChoice& choice, const Arguments& arguments) {
  const TuneArguments& asked = arguments.tune;
  std::vector<Attempt> attempts;
  for (const fixed::Criterion criterion : parse_criteria(arguments.criterion)) {
    check_interrupted();
    tune::Wish wish{.criterion = criterion, .max_drop = arguments.max_drop / 100, .prune = arguments.prune};
    if (asked.min_accuracy) wish.min_accuracy = *asked.min_accuracy / 100;
    if (asked.cycles) wish.max_mean_cost = *asked.cycles;
    constexpr double kPicojoules = 1e6;
    if (asked.microjoules) wish.max_mean_cost = *asked.microjoules * kPicojoules;
    try {
      attempts.push_back({.criterion = criterion,
                          .tuned = tune::tune(network, samples, choice.by_criterion.at(criterion), wish),
                          .refusal = ""});
    } catch (const Error& e) {
      attempts.push_back({.criterion = criterion, .tuned = {}, .refusal = e.what()});
    }
  }
  return attempts;
}

/// The one that serves the objective best; the first of equals.
const Attempt& best_of(const std::vector<Attempt>& attempts, bool most_accurate) {
  const Attempt* best = nullptr;
  for (const Attempt& a : attempts) {
    if (!a.tuned) continue;
    const auto key = [&](const Attempt& x) {
      const tune::Figures& f = x.tuned->figures;
      return most_accurate ? std::pair(-f.accuracy, f.mean_cost) : std::pair(f.mean_cost, -f.accuracy);
    };
    if (best == nullptr || key(a) < key(*best)) best = &a;
  }
  if (best == nullptr) throw Error(attempts.front().refusal);
  return *best;
}

std::string percents(const std::vector<double>& shares) {
  std::string text;
  for (const double s : shares) text += fmt::format("{}{:.1f}", text.empty() ? "" : "/", 100 * s);
  return text;
}

TextTable figures_table() {
  return TextTable({{"", TextTable::Align::left},
                    {"accuracy %"},
                    {"last exit alone %"},
                    {"lost %"},
                    {"leave at each exit %"},
                    {"skipped %"},
                    {"mean cost"},
                    {"of the last exit's"}});
}

void add_row(TextTable& table, const std::string& name, const tune::Figures& f,
             const tune::ExitCosts& costs) {
  const auto last = static_cast<double>(costs.leave.back());
  table.row({name, fmt::format("{:.2f}", 100 * f.accuracy), fmt::format("{:.2f}", 100 * f.final_accuracy),
             fmt::format("{:.2f}", 100 * f.lost), percents(f.exit_share), percents(f.skipped_share),
             text_of(f.mean_cost, costs.unit), fmt::format("{:.3f}", f.mean_cost / last)});
}

/// Writes the fronts of the criteria, all or (where something fails) none that was not there before.
void write_fronts(const quant::QNetwork& network, const std::vector<tune::Sample>& samples,
                  const CostChoice& choice, const Arguments& arguments, Answer& answer) {
  if (arguments.tune.pareto.empty()) return;
  const std::string& counted = choice.by_criterion.begin()->second.unit;
  const bool energy = counted == "pJ";
  const double scale = energy ? 1e-6 : 1;
  const std::string unit = energy ? "uJ" : counted;
  ordered_json json = {{"network", network.name}, {"unit", unit}, {"basis", choice.basis}};
  json["images"] = samples.size();
  design::Plot plot{
      .title = fmt::format("{}: accuracy against mean {}", network.name, unit),
      .x_label = fmt::format("mean {}: {}", unit, choice.basis.substr(0, choice.basis.find(';'))),
      .y_label = fmt::format("accuracy on {} tuning images, %", samples.size()),
      .series = {}};
  TextTable table({{"criterion", TextTable::Align::left},
                   {"accuracy %"},
                   {"mean cost"},
                   {"registers", TextTable::Align::left}});
  for (const fixed::Criterion criterion : parse_criteria(arguments.criterion)) {
    check_interrupted();
    const std::vector<tune::FrontPoint> front =
        tune::pareto_front(network, samples, choice.by_criterion.at(criterion), criterion);
    design::PlotSeries series{.name = fixed::name_of(criterion), .points = {}, .marks = front.size() <= 80};
    auto& list = json["fronts"][series.name] = ordered_json::array();
    constexpr std::size_t kRows = 12;
    for (std::size_t i = 0; i < front.size(); ++i) {
      const tune::FrontPoint& p = front[i];
      series.points.push_back(
          {p.mean_cost * scale, 100 * p.accuracy,
           fmt::format("{:.2f} % at {:.6g} {}", 100 * p.accuracy, p.mean_cost * scale, unit)});
      list.push_back({{"accuracy", p.accuracy},
                      {"mean_cost", p.mean_cost * scale},
                      {"registers", tune::registers_json(network, p.policy)}});
      const bool shown = i % (front.size() / kRows + 1) == 0 || i + 1 == front.size();
      if (shown)
        table.row({series.name, fmt::format("{:.2f}", 100 * p.accuracy), text_of(p.mean_cost, counted),
                   fmt::format("{}", fmt::join(p.policy.threshold, " "))});
    }
    plot.series.push_back(std::move(series));
  }
  for (const std::string& file : arguments.tune.pareto) {
    const bool svg = std::filesystem::path(file).extension() == ".svg";
    write_file(file, svg ? design::plot_svg(plot) : json.dump(2) + "\n");
  }
  answer.json["pareto"] = json["fronts"];
  answer.text += fmt::format("Pareto front ({}), some of its points:\n{}\n",
                             fmt::join(arguments.tune.pareto, ", "), table.text());
}

/// With a promise, on images that the network was not trained on.
void tune_with_guarantee(Quantized& quantized, const Data& data, const CostChoice& choice,
                         const Arguments& arguments, Answer& answer) {
  const TuneArguments& asked = arguments.tune;
  const tune::Promise promise{.risk = *asked.guarantee / 100,
                              .confidence = asked.confidence,
                              .method = asked.method == "crc" ? tune::Method::crc : tune::Method::ltt};
  const tune::GuaranteeWish wish{.promise = promise,
                                 .criteria = parse_criteria(arguments.criterion),
                                 .prune = arguments.prune,
                                 .seed = arguments.seed};
  if (asked.unseen)
    throw Error("--unseen and --guarantee: a promise takes test images in any case; leave --unseen away");
  // Before the images are run, what can be refused is.
  const std::int64_t least = tune::least_samples(promise);
  const std::size_t have = tune::divide(data.set.test.size(), wish.seed).calibration.size();
  std::vector<tune::Sample> samples;
  if (static_cast<std::int64_t>(have) >= least) {
    samples = samples_of(quantized.network, data.set.test);
  } else {
    // guarantee() says what is missing; it looks at no decision before that.
    samples.resize(data.set.test.size(), {.exits = {}, .label = 0});
  }
  const tune::Guaranteed g = tune::guarantee(quantized.network, samples, choice.by_criterion, wish);
  const tune::ExitCosts& costs = choice.by_criterion.at(g.policy.criterion);
  tune::apply(g.policy, quantized.network);
  quantized.text = quant::to_json(quantized.network);
  quantized.exit_rates = g.on_path.exit_share;
  const std::string images = fmt::format("test images of {}", kind_of(data.set));
  quantized.inputs["tuning images"] = data.test_hash;
  quantized.configuration["tuning"] = fmt::format("criterion {}, {} (certificate.json)",
                                                  fixed::name_of(g.policy.criterion), tune::text_of(promise));
  const ordered_json certificate = tune::certificate_json(quantized.network, g,
                                                          {.quantized_hash = sha256_hex(quantized.text),
                                                           .data = images,
                                                           .data_hash = data.test_hash,
                                                           .cost_basis = choice.basis,
                                                           .costs = costs});
  quantized.certificate = certificate.dump(2) + "\n";
  answer.json["certificate"] = certificate;
  answer.text += fmt::format(
      "Promise: {}.\n  {} of {} calibration images lost, evidence {:.4g} ({}); step {} of a path of "
      "{}; certificate.json has the rest.\n",
      tune::text_of(promise), g.losses[g.accepted - 1], g.parts.calibration.size(),
      tune::evidence(g.losses[g.accepted - 1], static_cast<std::int64_t>(g.parts.calibration.size()),
                     promise),
      tune::name_of(promise.method), g.accepted - 1, g.path.size() - 1);
  TextTable table = figures_table();
  add_row(table, "path part", g.on_path, costs);
  add_row(table, "calibration part", g.on_calibration, costs);
  add_row(table, "held-out part", g.on_held_out, costs);
  answer.text += table.text();
  tune::Tuned judged{.policy = g.policy, .figures = g.on_path, .unpruned = {}};
  std::vector<tune::Sample> part;
  for (const std::size_t i : g.parts.path) part.push_back(samples[i]);
  for (const std::string& w : tune::warnings_of(quantized.network, part, judged))
    answer.json["warnings"].push_back(w);
}

void tune_by_objective(Quantized& quantized, const Data& data, const CostChoice& choice,
                       const Arguments& arguments, Answer& answer) {
  const TuneArguments& asked = arguments.tune;
  const std::vector<tune::Sample> samples = tuning_samples(quantized.network, data, asked.unseen);
  const bool budget = asked.cycles || asked.microjoules;
  const std::vector<Attempt> attempts = attempt_all(quantized.network, samples, choice, arguments);
  const Attempt& best = best_of(attempts, budget);
  write_fronts(quantized.network, samples, choice, arguments, answer);

  TextTable table = figures_table();
  const std::vector<tune::Sample> test = asked.on_test || asked.unseen
                                             ? judging_samples(quantized.network, data, asked.unseen)
                                             : std::vector<tune::Sample>{};
  auto& list = answer.json["criteria"] = ordered_json::object();
  const auto add = [&](ordered_json& json, const std::string& name, const tune::Figures& f,
                       const tune::ExitCosts& costs) {
    json = tune::figures_json(f, costs);
    add_row(table, name, f, costs);
  };
  for (const Attempt& a : attempts) {
    const std::string name = fixed::name_of(a.criterion);
    if (!a.tuned) {
      list[name] = {{"refused", a.refusal}};
      continue;
    }
    const tune::ExitCosts& costs = choice.by_criterion.at(a.criterion);
    add(list[name], name, a.tuned->figures, costs);
    list[name]["registers"] = tune::registers_json(quantized.network, a.tuned->policy);
    if (a.tuned->unpruned) add(list[name]["unpruned"], name + " without skipping", *a.tuned->unpruned, costs);
    if (!test.empty()) {
      add(list[name]["test"], name + (asked.unseen ? ", other test images" : ", test images"),
          tune::play(a.tuned->policy, test, quantized.network.decision, costs), costs);
    }
  }
  tune::apply(best.tuned->policy, quantized.network);
  quantized.text = quant::to_json(quantized.network);
  quantized.certificate.clear();
  quantized.exit_rates = best.tuned->figures.exit_share;
  quantized.inputs["tuning images"] = asked.unseen ? data.test_hash : data.train_hash;
  const std::string objective =
      asked.cycles         ? fmt::format("most accurate within {:g} cycles an image", *asked.cycles)
      : asked.microjoules  ? fmt::format("most accurate within {:g} uJ an image", *asked.microjoules)
      : asked.min_accuracy ? fmt::format("at least {:g} % accurate", *asked.min_accuracy)
                           : fmt::format("at most {:g} points of accuracy lost", arguments.max_drop);
  quantized.configuration["tuning"] =
      fmt::format("criterion {}, {}{}, on {} {} images of {}", fixed::name_of(best.criterion), objective,
                  arguments.prune ? ", branches skipped" : "", samples.size(),
                  asked.unseen ? "test" : "training", kind_of(data.set));
  for (const std::string& w : tune::warnings_of(quantized.network, samples, *best.tuned))
    answer.json["warnings"].push_back(w);
  answer.json["criterion"] = fixed::name_of(best.criterion);
  answer.text += table.text();
}

}  // namespace

Answer tune(const Arguments& arguments, Console&) {
  check_objectives(arguments);
  Quantized quantized = read_quantized(arguments.input);
  if (quantized.network.exits.size() < 2) tune::check_tunable(quantized.network, {});
  (void)parse_criteria(arguments.criterion);
  const Data data = read_data(arguments.data);
  check_fits_images(data, quantized.network);
  const CostChoice choice = choose_costs(quantized, arguments);
  Answer answer;
  answer.json["network"] = quantized.network.name;
  const tune::ExitCosts& first = choice.by_criterion.at(parse_criteria(arguments.criterion).front());
  answer.json["cost"] = {
      {"basis", choice.basis}, {"unit", first.unit}, {"by_exit", first.leave}, {"of_branch", first.branch}};
  answer.json["warnings"] = ordered_json::array();
  if (arguments.tune.guarantee) {
    tune_with_guarantee(quantized, data, choice, arguments, answer);
  } else {
    tune_by_objective(quantized, data, choice, arguments, answer);
  }
  write_quantized(folder_of(arguments.input), quantized);
  answer.json["exits"] = describe(quantized.network)["exits"];
  answer.json["exit_rates"] = quantized.exit_rates;
  answer.json["tuning"] = quantized.configuration.at("tuning");
  for (std::size_t e = 0; e + 1 < quantized.network.exits.size(); ++e) {
    const quant::QExit& x = quantized.network.exits[e];
    const std::string rule = x.threshold == fixed::never_register(x.criterion)
                                 ? "never leaves"
                                 : fmt::format("at level {:g}", x.level);
    answer.text +=
        fmt::format("exit {} ({}): {} {}, register value {}, taken by {:.2f} % of the tuning images\n", e,
                    x.name, fixed::name_of(x.criterion), rule, x.threshold, 100 * quantized.exit_rates[e]);
    if (x.skip.skips_any()) {
      answer.text +=
          fmt::format("exit {} ({}): its branch is skipped where the activity is {} {}, register value {}\n",
                      e, x.name, x.skip.above ? "above" : "below", x.skip.level, x.skip.to_register());
    }
  }
  answer.text += fmt::format("Cost: {}.\n", choice.basis);
  for (const auto& w : answer.json["warnings"])
    answer.text += fmt::format("warning: {}\n", w.get<std::string>());
  answer.text += fmt::format("Tuned: {}.\n", quantized.configuration.at("tuning"));
  return answer;
}

}  // namespace offramp::cli

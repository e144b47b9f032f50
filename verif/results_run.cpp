#include "verif/results_run.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/sha256.h"
#include "cli/options.h"
#include "design/fit.h"
#include "golden/evaluate.h"
#include "model/energy.h"
#include "tune/tune.h"

namespace offramp::results {
namespace {

namespace fs = std::filesystem;
using accel::Strategy;
using nlohmann::ordered_json;

// As many as `offramp tune` takes.
constexpr std::size_t kTuningImages = 10000;
// Points of accuracy that the thresholds of the other cases may lose.
constexpr double kOtherDrops[] = {0, 2, 10};

/// A quantized and tuned network, and what the golden reference says of it.
struct Prepared {
  cli::Quantized quantized;
  std::map<Strategy, cli::GoldenRun> golden;
  std::vector<ThresholdCase> cases;
};

/// Exit rates and accuracy that the network's thresholds give on decisions made before.
std::pair<std::vector<double>, double> judge(const quant::QNetwork& network,
                                             const std::vector<std::vector<fixed::Decision>>& decisions,
                                             const net::Split& images) {
  std::vector<double> rates(network.exits.size(), 0.0);
  std::size_t right = 0;
  const auto share = 1.0 / static_cast<double>(decisions.size());
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    std::size_t e = 0;
    const auto leaves = [&](const fixed::Decision& d, const quant::QExit& exit) {
      return !exit.skip.skips(d.activity) &&
             fixed::confident(d, network.decision, exit.criterion, exit.threshold);
    };
    while (e + 1 < network.exits.size() && !leaves(decisions[i][e], network.exits[e])) ++e;
    rates[e] += share;
    right += decisions[i][e].top_class == images.labels[i] ? 1 : 0;
  }
  return {rates, static_cast<double>(right) * share};
}

/// The designs' own thresholds, others, and the two ends: nobody leaves early, everybody at the first exit.
std::vector<ThresholdCase> threshold_cases(const quant::QNetwork& tuned, const cli::Data& data,
                                           const cli::Arguments& arguments) {
  const net::Split tuning = cli::taken_evenly(data.set.train, kTuningImages);
  const auto tuning_decisions = golden::evaluate(tuned, tuning).decisions;
  const golden::Evaluation test = golden::evaluate(tuned, data.set.test);
  std::vector<tune::Sample> samples;
  for (std::size_t i = 0; i < tuning.size(); ++i) {
    samples.push_back({.exits = tuning_decisions[i], .label = tuning.labels[i]});
  }
  std::vector<ThresholdCase> cases;
  const auto add = [&](const std::string& name, const quant::QNetwork& network) {
    const auto [rates, accuracy] = judge(network, test.decisions, data.set.test);
    cases.push_back({.name = name,
                     .tuning_rates = judge(network, tuning_decisions, tuning).first,
                     .test_rates = rates,
                     .accuracy = accuracy});
  };
  add(fmt::format("at most {:g} points lost", arguments.max_drop), tuned);
  for (const double drop : kOtherDrops) {
    quant::QNetwork other = tuned;
    const tune::Tuned again =
        tune::tune(other, samples, tune::mac_costs(other),
                   {.criterion = cli::parse_criterion(arguments.criterion), .max_drop = drop / 100});
    tune::apply(again.policy, other);
    add(fmt::format("at most {:g} points lost", drop), other);
  }
  for (const bool leave : {false, true}) {
    std::vector<double> rates(tuned.exits.size(), 0.0);
    (leave ? rates.front() : rates.back()) = 1;
    cases.push_back({.name = leave ? "all leave at the first exit" : "none leave early",
                     .tuning_rates = rates,
                     .test_rates = rates,
                     .accuracy = leave ? test.exit_accuracy.front() : test.exit_accuracy.back()});
  }
  return cases;
}

ordered_json to_json(const cli::GoldenRun& run) {
  return {{"accuracy", run.accuracy}, {"exit_rates", run.exit_rates}, {"exit_accuracy", run.exit_accuracy}};
}

cli::GoldenRun golden_from_json(const ordered_json& in) {
  return {.accuracy = in.at("accuracy"),
          .exit_rates = in.at("exit_rates").get<std::vector<double>>(),
          .exit_accuracy = in.at("exit_accuracy").get<std::vector<double>>()};
}

constexpr Strategy kStrategies[] = {Strategy::static_, Strategy::pipeline, Strategy::parallel};

/// Quantizes each time, as that is soon done; what takes 20,000 images and more comes from the work folder
/// where the quantized network is the same.
Prepared prepare(const NetworkRequest& request, const cli::Data& data, const RunOptions& options) {
  const cli::Model model = cli::read_model(request.model);
  net::check_dataset_fits(data.set, model.network);
  Prepared p;
  p.quantized = cli::quantize_model(model, &data, options.arguments);
  const fs::path folder = options.work / request.name;
  const fs::path file = folder / "network.json";
  const std::string inputs =
      sha256_hex(fmt::format("{} {} {} {} {}", sha256_hex(p.quantized.text), data.train_hash, data.test_hash,
                             options.arguments.criterion, options.arguments.max_drop));
  if (const auto kept = read_fragment(file, inputs)) {
    p.quantized = cli::read_quantized(folder);
    for (const Strategy s : kStrategies) {
      p.golden[s] = golden_from_json(kept->at("golden").at(accel::to_string(s)));
    }
    for (const ordered_json& c : kept->at("cases")) p.cases.push_back(case_from_json(c));
    return p;
  }
  options.say(fmt::format("{}: tuning the thresholds and running the golden reference", request.name));
  cli::tune_thresholds(p.quantized, data, options.arguments);
  p.golden = cli::golden_runs(golden::evaluate(p.quantized.network, data.set.test), data.set.test,
                              {std::begin(kStrategies), std::end(kStrategies)});
  p.cases = threshold_cases(p.quantized.network, data, options.arguments);
  cli::write_quantized(folder, p.quantized);
  ordered_json contents;
  for (const Strategy s : kStrategies) contents["golden"][accel::to_string(s)] = to_json(p.golden.at(s));
  for (const ThresholdCase& c : p.cases) contents["cases"].push_back(results::to_json(c));
  write_fragment(file, inputs, contents);
  return p;
}

void fill_in(const cli::Design& design, const cli::Verified& verified, const design::Target& target,
             DesignResult& result) {
  const design::Verification& v = verified.verification;
  const design::Performance p = design::performance(v, design.plan.estimate);
  const accel::Options& o = design.plan.accelerator.options;
  result.array = cli::to_text(o.backbone);
  if (o.strategy == Strategy::parallel) result.exit_array = cli::to_text(o.exit_classifier);
  result.multipliers = design.plan.estimate.multipliers;
  result.dsps = design.plan.estimate.dsps;
  result.streams_weights = design.plan.accelerator.engines.front().beat_bits > 0;
  result.accuracy = v.test_accuracy;
  result.exit_rates = v.test_exit_rates;
  result.samples = v.samples;
  result.bit_exact = v.bit_exact;
  result.values_compared = v.values_compared;
  for (const auto& c : p.cycles_by_exit) result.cycles_by_exit.push_back(c.value_or(-1));
  result.cycles_mean = p.mean_cycles();
  result.cycles_of_all_images = p.test_cycles_mean.has_value();
  const auto first = v.cycles.begin() + (v.cycles.size() > 1 ? 1 : 0);
  if (first != v.cycles.end()) result.cycles_worst = *std::max_element(first, v.cycles.end());
  result.model_cycles_by_exit = design.plan.estimate.cycles_by_exit;
  result.efficiency = p.mac_efficiency;
  const auto energies =
      model::energy_by_exit(design.plan.accelerator, design.plan.estimate, cli::energy_coefficients(target));
  for (const model::Energy& e : energies) result.picojoules_by_exit.push_back(e.total_picojoules());
  const model::Energy mean = model::mean_energy(energies, v.test_exit_rates);
  result.picojoules_wasted = mean.wasted;
  result.picojoules_classifiers = mean.classifiers;
}

/// Everything that a design's figures depend on beside the generated files and the images.
std::string settings_of(const design::Target& target, std::size_t samples, std::uint64_t seed) {
  const model::EnergyCoefficients c = cli::energy_coefficients(target);
  return fmt::format("{} {} {} {} {} {} {} {} {} {} {}", target.name, samples, seed, c.mac_picojoules,
                     c.idle_share, c.memory_picojoules_per_bit, c.dram_picojoules_per_bit,
                     c.device_static_watts, c.device_dsps, c.device_memory_bits, c.clock_mhz);
}

DesignResult run_design(const NetworkRequest& request, Strategy strategy, int multipliers,
                        const Prepared& prepared, const cli::Data& data, const RunOptions& options) {
  const std::string what = fmt::format("{} {} {}", request.name, accel::to_string(strategy), multipliers);
  DesignResult result;
  result.strategy = accel::to_string(strategy);
  result.asked = multipliers;
  cli::Arguments arguments = options.arguments;
  arguments.multipliers = multipliers;
  arguments.samples = request.samples;
  const design::Target target = design::load_target(design::home_directory(), arguments.target);
  const fs::path folder =
      options.work / request.name / fmt::format("{}", multipliers) / accel::to_string(strategy);
  cli::Design design{.folder = folder, .manifest = {}, .target = target, .plan = {}};
  try {
    const auto chosen = cli::choose_options(prepared.quantized.network, strategy,
                                            prepared.quantized.exit_rates, target, arguments);
    design.plan = cli::make_plan(prepared.quantized.network, chosen, target);
  } catch (const Error& e) {
    result.refusal = e.what();
    options.say(fmt::format("{}: refused: {}", what, e.what()));
    return result;
  }
  (void)cli::write_plan(folder, design.plan, prepared.quantized, target);
  design.manifest = design::read_manifest(folder);
  const cli::GoldenRun& golden = prepared.golden.at(strategy);
  const std::string inputs =
      sha256_hex(fmt::format("{} {} {} {}", design::design_hash(design.manifest), data.test_hash,
                             golden.accuracy, settings_of(target, arguments.samples, arguments.seed)));
  const fs::path fragment =
      options.work / "fragments" / fmt::format("{}-{}-{}.json", request.name, multipliers, result.strategy);
  if (const auto kept = read_fragment(fragment, inputs)) {
    options.say(what + ": kept");
    return design_from_json(*kept);
  }
  options.say(fmt::format("{}: array {}, simulating {} images", what,
                          cli::to_text(design.plan.accelerator.options.backbone), arguments.samples));
  const cli::Verified verified = cli::verify_design(design, data, golden, arguments,
                                                    [](std::size_t, std::size_t) { check_interrupted(); });
  fill_in(design, verified, target, result);
  write_fragment(fragment, inputs, results::to_json(result));
  options.say(fmt::format("{}: {}, mean {:.1f} cycles (model {:.1f})", what,
                          result.bit_exact ? "bit-exact" : "DIFFERS", result.cycles_mean,
                          result.model_cycles()));
  return result;
}

}  // namespace

NetworkResult run_network(const NetworkRequest& request, const cli::Data& data, const RunOptions& options) {
  const Prepared prepared = prepare(request, data, options);
  const quant::QNetwork& network = prepared.quantized.network;
  NetworkResult result;
  result.name = request.name;
  result.data = data.set.name.substr(0, data.set.name.find(':'));
  result.test_images = data.set.test.size();
  for (const int l : quant::layers_for_exit(network, static_cast<int>(network.exits.size()) - 1)) {
    result.macs += quant::macs(network, network.layers[static_cast<std::size_t>(l)]);
  }
  result.final_accuracy = prepared.golden.at(Strategy::static_).accuracy;
  result.cases = prepared.cases;
  for (const int multipliers : request.multipliers) {
    for (const Strategy strategy : options.strategies) {
      check_interrupted();
      result.designs.push_back(run_design(request, strategy, multipliers, prepared, data, options));
    }
  }
  return result;
}

}  // namespace offramp::results

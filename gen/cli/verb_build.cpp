// Everything from the model to verified designs, and the table that compares them.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>

#include "base/interrupt.h"
#include "base/process.h"
#include "cli/exit_study.h"
#include "cli/options.h"
#include "cli/stages.h"
#include "cli/text_table.h"
#include "cli/verbs.h"

namespace offramp::cli {
namespace {

namespace fs = std::filesystem;

/// Runs `work(i)` for i < count on up to `threads` threads. The first exception, by index, is thrown after
/// all have ended.
template <typename Work>
void on_threads(std::size_t count, int threads, const Work& work) {
  std::vector<std::exception_ptr> failures(count);
  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};
  const auto worker = [&] {
    for (std::size_t i = next++; i < count && !failed; i = next++) {
      try {
        work(i);
      } catch (...) {
        failures[i] = std::current_exception();
        failed = true;
      }
    }
  };
  std::vector<std::thread> pool;
  for (int t = 1; t < std::min(threads, static_cast<int>(count)); ++t) pool.emplace_back(worker);
  worker();
  for (std::thread& t : pool) t.join();
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

/// One strategy on its way through the stages.
struct Job {
  accel::Strategy strategy;
  Design design;
  GoldenRun golden;
  Verified verified;
  design::Performance performance;
};

std::string percent(double share, int digits) {
  return fmt::format("{:.{}f} %", 100 * share, digits);
}

std::string shares(const std::vector<double>& rates) {
  std::string text;
  for (const double rate : rates) text += fmt::format("{}{:.1f}", text.empty() ? "" : " / ", 100 * rate);
  return text + " %";
}

std::optional<double> baseline_cycles(const std::vector<Job>& jobs) {
  for (const Job& job : jobs) {
    if (job.strategy == accel::Strategy::static_) return job.performance.mean_cycles();
  }
  return std::nullopt;
}

/// The table that the build ends with, and the sentence under it.
std::string comparison(const std::vector<Job>& jobs, const design::Target& target,
                       const Arguments& arguments) {
  TextTable table({{"strategy", TextTable::Align::left},
                   {"accuracy"},
                   {"share per exit"},
                   {"cycles/image"},
                   {fmt::format("latency at {:g} MHz", target.clock_mhz)},
                   {"speed-up"},
                   {"multipliers"},
                   {"efficiency"},
                   {"values compared"},
                   {"bit-exact"}});
  const std::optional<double> baseline = baseline_cycles(jobs);
  bool weighted = true;
  for (const Job& job : jobs) {
    const design::Verification& v = job.verified.verification;
    const design::Performance& p = job.performance;
    weighted = weighted && p.test_cycles_mean.has_value();
    table.row({accel::to_string(job.strategy), percent(v.test_accuracy, 2), shares(v.test_exit_rates),
               fmt::format("{:.1f}", p.mean_cycles()),
               fmt::format("{:.2f} us", p.mean_cycles() / target.clock_mhz),
               baseline ? fmt::format("{:.2f}x", *baseline / p.mean_cycles()) : "-",
               fmt::format("{}", job.design.plan.estimate.multipliers), percent(p.mac_efficiency, 1),
               fmt::format("{}", v.values_compared), v.bit_exact ? "yes" : "NO"});
  }
  const std::size_t images = jobs.front().verified.verification.test_images;
  const std::size_t samples = jobs.front().verified.verification.samples;
  std::string text = "\n" + table.text();
  // Lines of this width fit beside the table.
  text += fmt::format(
      "\n"
      "accuracy, shares   golden reference on all {} test images\n"
      "bit-exact, values  measured: Verilator simulation of {} test images a strategy under random "
      "back-pressure, seed {}\n"
      "cycles/image       measured: the same images as a stream without stalls, the first left out; {}\n"
      "latency            cycles at the design clock of {}, a target and not a measurement\n"
      "efficiency         useful MACs of the layers executed / (cycles x all multipliers)\n",
      images, samples, arguments.seed,
      weighted ? fmt::format("mean of each exit weighted with its share of all {}", images)
               : std::string("plain mean, as some exit is taken by none of them"),
      target.name);
  return text;
}

nlohmann::ordered_json document_of(const Job& job, const std::optional<double>& baseline,
                                   const design::Target& target) {
  const design::Verification& v = job.verified.verification;
  const design::Performance& p = job.performance;
  const accel::Options& options = job.design.plan.accelerator.options;
  nlohmann::ordered_json out = {{"strategy", accel::to_string(job.strategy)},
                                {"folder", job.design.folder.string()},
                                {"array", to_text(options.backbone)}};
  if (options.strategy == accel::Strategy::parallel) out["exit_array"] = to_text(options.exit_classifier);
  out["accuracy"] = v.test_accuracy;
  out["exit_rates"] = v.test_exit_rates;
  out["cycles_mean"] = p.mean_cycles();
  out["cycles_mean_of"] = p.test_cycles_mean ? "all test images" : "simulated images";
  out["cycles_by_exit"] = nlohmann::ordered_json::array();
  for (const auto& c : p.cycles_by_exit) {
    out["cycles_by_exit"].push_back(c ? nlohmann::ordered_json(*c) : nlohmann::ordered_json());
  }
  out["estimated_cycles_by_exit"] = job.design.plan.estimate.cycles_by_exit;
  out["latency_us"] = p.mean_cycles() / target.clock_mhz;
  if (baseline) out["speed_up"] = *baseline / p.mean_cycles();
  out["multipliers"] = job.design.plan.estimate.multipliers;
  out["mac_efficiency"] = p.mac_efficiency;
  out["samples"] = v.samples;
  out["values_compared"] = v.values_compared;
  out["bit_exact"] = v.bit_exact;
  return out;
}

/// Says once for every tenth part of the samples how far all designs together are.
class SharedProgress {
 public:
  SharedProgress(Console& console, std::size_t jobs) : console_(console), done_(jobs), all_(jobs) {}
  void update(std::size_t job, std::size_t done, std::size_t all) {
    done_[job] = done;
    all_[job] = all;
    std::size_t done_sum = 0;
    std::size_t all_sum = 0;
    for (std::size_t i = 0; i < done_.size(); ++i) {
      done_sum += done_[i];
      all_sum += all_[i];
    }
    console_.progress("simulating", done_sum, all_sum);
  }

 private:
  Console& console_;
  std::vector<std::atomic<std::size_t>> done_;
  std::vector<std::atomic<std::size_t>> all_;
};

}  // namespace

Answer build(const Arguments& arguments, Console& console) {
  // What can be refused at once is refused before any work.
  const design::Target target = design::load_target(design::home_directory(), arguments.target);
  const std::vector<accel::Strategy> strategies = parse_strategies(arguments.exits);
  require_tool("verilator", "verilator");
  const Model model = read_model(arguments.input);
  const Data data = read_data(arguments.data);
  net::check_dataset_fits(data.set, model.network);
  check_samples(data, arguments);
  check_interrupted();

  Quantized quantized = quantize_model(model, &data, arguments);
  const bool levels_in_model = std::any_of(model.network.exits.begin(), model.network.exits.end(),
                                           [](const net::Exit& e) { return e.level.has_value(); });
  if (arguments.tuning_asked || !levels_in_model) {
    tune_thresholds(quantized, data, arguments);
  } else {
    measure_exit_rates(quantized, data);
  }
  const std::vector<double> rates = search_rates(quantized, arguments);
  std::vector<Plan> plans;
  for (const accel::Strategy strategy : strategies) {
    check_interrupted();
    accel::Options options = choose_options(quantized.network, strategy, rates, target, arguments);
    options.watch = choose_watch(quantized, strategy, arguments);
    plans.push_back(make_plan(quantized.network, options, target));
  }
  write_quantized(arguments.output, quantized);
  console.say(
      fmt::format("quantized {} with {}", quantized.network.name, quantized.configuration.at("calibration")));

  std::vector<Job> jobs;
  for (std::size_t i = 0; i < plans.size(); ++i) {
    const fs::path folder = fs::path(arguments.output) / accel::to_string(strategies[i]);
    const bool kept = write_plan(folder, plans[i], quantized, target) == design::Written::kept;
    console.say(fmt::format("{} {} (array {}{})", kept ? "kept" : "wrote", folder.string(),
                            to_text(plans[i].accelerator.options.backbone),
                            strategies[i] == accel::Strategy::parallel
                                ? ", exit array " + to_text(plans[i].accelerator.options.exit_classifier)
                                : ""));
    Design design{.folder = folder,
                  .manifest = design::read_manifest(folder),
                  .target = target,
                  .plan = std::move(plans[i])};
    jobs.push_back({.strategy = strategies[i],
                    .design = std::move(design),
                    .golden = {},
                    .verified = {},
                    .performance = {}});
  }
  const golden::Evaluation evaluation = golden::evaluate(quantized.network, data.set.test);
  const auto golden = golden_runs(evaluation, data.set.test, strategies);
  console.say(fmt::format("golden reference ran {} test images", data.set.test.size()));

  SharedProgress progress(console, jobs.size());
  on_threads(jobs.size(), arguments.threads, [&](std::size_t i) {
    Job& job = jobs[i];
    job.golden = golden.at(job.strategy);
    job.verified =
        verify_design(job.design, data, job.golden, arguments,
                      [&, i](std::size_t done, std::size_t all) { progress.update(i, done, all); });
    job.performance = design::performance(job.verified.verification, job.design.plan.estimate);
    design::add_results(
        job.design.folder,
        {{design::kExitStudyName, design::exit_study_json(study_exits(job.design, data, evaluation))}});
    write_report(job.design);
    const design::Verification& v = job.verified.verification;
    console.say(fmt::format("{} {}: {}", job.verified.kept ? "kept the verification of" : "verified",
                            accel::to_string(job.strategy),
                            v.bit_exact ? fmt::format("bit-exact on {} images", v.samples) : "DIFFERS"));
  });

  Answer answer;
  const std::optional<double> baseline = baseline_cycles(jobs);
  answer.json["network"] = quantized.network.name;
  answer.json["target"] = target.name;
  answer.json["clock_mhz"] = target.clock_mhz;
  answer.json["test_images"] = data.set.test.size();
  answer.json["designs"] = nlohmann::ordered_json::array();
  answer.text = comparison(jobs, target, arguments);
  for (const Job& job : jobs) {
    answer.json["designs"].push_back(document_of(job, baseline, target));
    if (!job.verified.verification.bit_exact) {
      answer.status = ExitStatus::difference;
      answer.text += "\n" + describe_mismatch(job.design.manifest.top, job.verified.verification);
    }
  }
  return answer;
}

}  // namespace offramp::cli

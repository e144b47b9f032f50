// Puts the promise of `offramp tune --guarantee` to the test on real images: it is made anew for many random
// divisions of a data set's test split, and each time the images that had no part in finding the path, from
// which the calibration set is drawn, say whether it is kept. Exit status 1 where it is not.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <random>

#include "base/error.h"
#include "cli/options.h"
#include "cli/stages.h"
#include "tune/guarantee.h"

namespace {

using namespace offramp;

struct Settings {
  std::string quantized;
  std::string data;
  std::string criterion = "max";
  std::string method = "ltt";
  double points = 1;
  double confidence = 0.95;
  int splits = 1000;
  std::uint64_t seed = 1;
};

int run(const Settings& settings) {
  const cli::Quantized quantized = cli::read_quantized(settings.quantized);
  const cli::Data data = cli::read_data(settings.data);
  cli::check_fits_images(data, quantized.network);
  const std::vector<tune::Sample> samples = cli::samples_of(quantized.network, data.set.test);
  const tune::ExitCosts costs = tune::mac_costs(quantized.network);
  const tune::Promise promise{.risk = settings.points / 100,
                              .confidence = settings.confidence,
                              .method = settings.method == "crc" ? tune::Method::crc : tune::Method::ltt};
  const fixed::Criterion criterion = cli::parse_criterion(settings.criterion);
  const auto part = [&](const std::vector<std::size_t>& which) {
    std::vector<tune::Sample> out;
    for (const std::size_t i : which) out.push_back(samples[i]);
    return out;
  };
  int broken = 0;
  double risk = 0;
  double cost = 0;
  for (int split = 0; split < settings.splits; ++split) {
    const std::uint64_t seed = settings.seed + static_cast<std::uint64_t>(split);
    const tune::Parts parts = tune::divide(samples.size(), seed);
    const std::vector<tune::Policy> path =
        tune::make_path(quantized.network, part(parts.path), costs, criterion, promise.risk);
    // All that had no part in the path are the truth, and calibration draws from them with replacement, as if
    // from a source that never ends.
    std::vector<std::size_t> others = parts.calibration;
    others.insert(others.end(), parts.held_out.begin(), parts.held_out.end());
    const std::vector<tune::Sample> truth = part(others);
    const auto loss = tune::losses_of(path, truth, quantized.network.decision, costs);
    std::mt19937_64 random(seed);
    std::vector<std::size_t> drawn(parts.calibration.size());
    for (std::size_t& i : drawn) i = random() % truth.size();
    const auto n = static_cast<std::int64_t>(drawn.size());
    const std::size_t accepted =
        tune::accepted_steps(tune::count_losses(loss, drawn, promise.method), n, promise);
    if (accepted == 0) throw Error(fmt::format("{} images are too few for the promise", drawn.size()));
    const auto& taken = loss[accepted - 1];
    const double lost =
        static_cast<double>(std::count(taken.begin(), taken.end(), 1)) / static_cast<double>(truth.size());
    broken += lost > promise.risk;
    risk += lost / settings.splits;
    cost += tune::play(path[accepted - 1], truth, quantized.network.decision, costs).mean_cost /
            static_cast<double>(costs.leave.back()) / settings.splits;
  }
  const double share = static_cast<double>(broken) / settings.splits;
  const bool in_the_mean = promise.method == tune::Method::crc;
  const bool kept = in_the_mean ? risk <= promise.risk : share <= 1 - settings.confidence;
  fmt::print(
      "{}, {} within {:g} points{}: of {} calibration sets {:.1f} % break the promise; mean risk {:.3f} %, "
      "mean "
      "cost {:.3f} of the last exit's: {}\n",
      quantized.network.name, tune::name_of(promise.method), settings.points,
      in_the_mean ? " in the mean" : fmt::format(" with confidence {:g}", settings.confidence),
      settings.splits, 100 * share, 100 * risk, cost, kept ? "kept" : "NOT KEPT");
  return static_cast<int>(kept ? ExitStatus::done : ExitStatus::difference);
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app("Tests the promise of tune --guarantee over random divisions of real images.");
  app.add_option("quantized", settings.quantized, "Output folder of quantize")->required();
  app.add_option("--data", settings.data, "Data set")->required();
  app.add_option("--criterion", settings.criterion, "As of tune")->capture_default_str();
  app.add_option("--method", settings.method, "ltt or crc")
      ->check(CLI::IsMember({"ltt", "crc"}))
      ->capture_default_str();
  app.add_option("--guarantee", settings.points, "Points")->capture_default_str();
  app.add_option("--confidence", settings.confidence, "Probability")->capture_default_str();
  app.add_option("--splits", settings.splits, "How many")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--seed", settings.seed, "Of the first division")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    return run(settings);
  } catch (const Error& e) {
    std::fputs((std::string("offramp_guarantee_trial: ") + e.what() + "\n").c_str(), stderr);
    return static_cast<int>(e.status());
  }
}

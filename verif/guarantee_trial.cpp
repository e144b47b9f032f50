// Puts the promise of `offramp tune --guarantee` to the test on real images: it is made anew for many random
// divisions of a data set's test split, and each time the images that had no part in finding the path (those
// that calibrated were drawn from these) say whether it is kept.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

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
  tune::GuaranteeWish wish{
      .promise = {.risk = settings.points / 100,
                  .confidence = settings.confidence,
                  .method = settings.method == "crc" ? tune::Method::crc : tune::Method::ltt},
      .criteria = cli::parse_criteria(settings.criterion)};
  int broken = 0;
  int held_out_above = 0;
  double risk = 0;
  double cost = 0;
  for (int split = 0; split < settings.splits; ++split) {
    wish.seed = settings.seed + static_cast<std::uint64_t>(split);
    const tune::Guaranteed g = tune::guarantee(quantized.network, samples, costs, wish);
    const auto calibration = static_cast<double>(g.parts.calibration.size());
    const auto held_out = static_cast<double>(g.parts.held_out.size());
    const double lost =
        (g.on_calibration.lost * calibration + g.on_held_out.lost * held_out) / (calibration + held_out);
    broken += lost > wish.promise.risk;
    held_out_above += g.on_held_out.lost > wish.promise.risk;
    risk += lost / settings.splits;
    cost += g.on_held_out.mean_cost / static_cast<double>(costs.leave.back()) / settings.splits;
  }
  const double share = static_cast<double>(broken) / settings.splits;
  const bool mean_promise = wish.promise.method == tune::Method::crc;
  const bool kept = mean_promise ? risk <= wish.promise.risk : share <= 1 - settings.confidence;
  fmt::print(
      "{}, {} within {:g} points{}: of {} splits the promise is broken in {:.1f} % (on the held-out quarter "
      "alone {:.1f} % "
      "are above); mean risk {:.3f} %, mean cost {:.3f} of the last exit's: {}\n",
      quantized.network.name, tune::name_of(wish.promise.method), settings.points,
      mean_promise ? " in the mean" : fmt::format(" with confidence {:g}", settings.confidence),
      settings.splits, 100 * share, 100.0 * held_out_above / settings.splits, 100 * risk, cost,
      kept ? "kept" : "NOT KEPT");
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

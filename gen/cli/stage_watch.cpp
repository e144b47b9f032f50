// The watch of a design's exits: from the command line, into the manifest and back.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <sstream>

#include "base/error.h"
#include "cli/options.h"
#include "cli/stages.h"
#include "quant/exit_band.h"

namespace offramp::cli {
namespace {

/// Of a window whose samples are like those that tuned the network to raise a flag all the same.
constexpr double kFalseAlarm = 1e-4;

constexpr const char* kParts = "watch";
constexpr const char* kWindow = "watch-window";
constexpr const char* kBands = "watch-bands";

std::string parts_of(const accel::Watch& watch) {
  std::vector<std::string> parts;
  if (watch.histogram) parts.emplace_back("histogram");
  if (watch.monitor) parts.emplace_back("monitor");
  if (watch.hold) parts.emplace_back("hold");
  return fmt::format("{}", fmt::join(parts, ","));
}

}  // namespace

accel::Watch choose_watch(const Quantized& quantized, accel::Strategy strategy, const Arguments& arguments) {
  accel::Watch watch = parse_watch(arguments.watch);
  // Beside other strategies, static has nothing to watch; alone it is refused.
  if (strategy == accel::Strategy::static_ && parse_strategies(arguments.exits).size() > 1) return {};
  watch.window_log2 = arguments.watch_window;
  if (watch.monitor && quantized.exit_rates.size() == quantized.network.exits.size()) {
    watch.bands =
        quant::exit_bands(quantized.exit_rates, quantized.exit_rate_images, watch.window_log2, kFalseAlarm);
  }
  return watch;
}

void write_watch(const accel::Watch& watch, std::map<std::string, std::string>& configuration) {
  if (!watch.any()) return;
  configuration[kParts] = parts_of(watch);
  configuration[kWindow] = fmt::format("{}", watch.window_log2);
  if (watch.bands.empty()) return;
  std::vector<std::string> bands;
  for (const fixed::ExitBand& b : watch.bands) bands.push_back(fmt::format("{}-{}", b.low, b.high));
  configuration[kBands] = fmt::format("{}", fmt::join(bands, ","));
}

accel::Watch read_watch(const std::map<std::string, std::string>& configuration) {
  const auto parts = configuration.find(kParts);
  if (parts == configuration.end()) return {};
  accel::Watch watch = parse_watch({parts->second});
  const auto damaged = [](const char* key) {
    return Error(fmt::format("manifest.json: '{}' is missing or damaged; generate the design again", key));
  };
  const auto window = configuration.find(kWindow);
  if (window == configuration.end()) throw damaged(kWindow);
  if (!(std::istringstream(window->second) >> watch.window_log2)) throw damaged(kWindow);
  if (const auto bands = configuration.find(kBands); bands != configuration.end()) {
    std::istringstream list(bands->second);
    for (std::string word; std::getline(list, word, ',');) {
      fixed::ExitBand band;
      char dash = 0;
      if (!(std::istringstream(word) >> band.low >> dash >> band.high) || dash != '-') throw damaged(kBands);
      watch.bands.push_back(band);
    }
  }
  return watch;
}

}  // namespace offramp::cli

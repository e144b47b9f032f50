// From decisions on images to thresholds.
#include <fmt/format.h>

#include "cli/options.h"
#include "cli/stages.h"
#include "golden/evaluate.h"
#include "quant/qnetwork_json.h"
#include "tune/tune.h"

namespace offramp::cli {
namespace {

constexpr std::size_t kTuningImages = 10000;

/// Every second image, from the given one on.
net::Split every_second(const net::Split& split, std::size_t first) {
  net::Split part{.shape = split.shape, .pixels = {}, .labels = {}};
  const auto size = static_cast<std::size_t>(split.shape.elements());
  for (std::size_t i = first; i < split.size(); i += 2) {
    part.pixels.insert(part.pixels.end(), split.image(i), split.image(i) + size);
    part.labels.push_back(split.labels[i]);
  }
  return part;
}

}  // namespace

net::Split taken_evenly(const net::Split& split, std::size_t count) {
  if (count >= split.size()) return split;
  net::Split part{.shape = split.shape, .pixels = {}, .labels = {}};
  const auto size = static_cast<std::size_t>(split.shape.elements());
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t from = i * split.size() / count;
    part.pixels.insert(part.pixels.end(), split.image(from), split.image(from) + size);
    part.labels.push_back(split.labels[from]);
  }
  return part;
}

std::vector<tune::Sample> samples_of(const quant::QNetwork& network, const net::Split& split) {
  return samples_of(golden::evaluate(network, split), split);
}

std::vector<tune::Sample> samples_of(golden::Evaluation evaluation, const net::Split& split) {
  std::vector<tune::Sample> samples;
  samples.reserve(split.size());
  for (std::size_t i = 0; i < split.size(); ++i)
    samples.push_back({.exits = std::move(evaluation.decisions[i]), .label = split.labels[i]});
  return samples;
}

std::vector<tune::Sample> tuning_samples(const quant::QNetwork& network, const Data& data, bool unseen) {
  return samples_of(network,
                    unseen ? every_second(data.set.test, 0) : taken_evenly(data.set.train, kTuningImages));
}

std::vector<tune::Sample> judging_samples(const quant::QNetwork& network, const Data& data, bool unseen) {
  return samples_of(network, unseen ? every_second(data.set.test, 1) : data.set.test);
}

void tune_thresholds(Quantized& quantized, const Data& data, const Arguments& arguments) {
  if (quantized.network.exits.size() < 2) {
    measure_exit_rates(quantized, data);
    return;
  }
  const fixed::Criterion criterion = parse_criterion(arguments.criterion);
  const std::vector<tune::Sample> samples = tuning_samples(quantized.network, data, false);
  const tune::Tuned tuned = tune::tune(quantized.network, samples, tune::mac_costs(quantized.network),
                                       {.criterion = criterion, .max_drop = arguments.max_drop / 100});
  tune::apply(tuned.policy, quantized.network);
  quantized.text = quant::to_json(quantized.network);
  quantized.certificate.clear();
  quantized.exit_rates = tuned.figures.exit_share;
  quantized.exit_rate_images = samples.size();
  quantized.inputs["tuning images"] = data.train_hash;
  quantized.configuration["tuning"] =
      fmt::format("criterion {}, at most {:g} points of accuracy lost, on {} training images of {}",
                  fixed::name_of(criterion), arguments.max_drop, samples.size(), kind_of(data.set));
}

void measure_exit_rates(Quantized& quantized, const Data& data) {
  const net::Split images = taken_evenly(data.set.train, kTuningImages);
  quantized.exit_rates = golden::evaluate(quantized.network, images).exit_share;
  quantized.exit_rate_images = images.size();
}

}  // namespace offramp::cli

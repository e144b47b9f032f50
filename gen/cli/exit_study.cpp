#include "cli/exit_study.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "cli/options.h"
#include "design/picture.h"
#include "explore/exit_costs.h"
#include "tune/tune.h"

namespace offramp::cli {
namespace {

constexpr std::size_t kShown = 10;  // images of each kind

/// The point that the network's own registers give.
design::PlotPoint present_point(const std::vector<tune::Sample>& samples,
                                const golden::Evaluation& evaluation, const tune::ExitCosts& costs,
                                double scale) {
  double cost = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const auto exit = static_cast<std::size_t>(evaluation.exit[i]);
    cost += static_cast<double>(costs.leave[exit]);
    for (std::size_t e = 0; e < exit; ++e) {
      if (samples[i].exits[e].skipped) cost -= static_cast<double>(costs.branch[e]);
    }
  }
  const double mean = scale * cost / static_cast<double>(samples.size());
  return {mean, 100 * evaluation.accuracy,
          fmt::format("{:.2f} % at {:.6g}", 100 * evaluation.accuracy, mean)};
}

design::Plot front_of(const Design& design, const std::vector<tune::Sample>& samples,
                      const golden::Evaluation& evaluation, const tune::ExitCosts& costs, double scale,
                      const std::string& what) {
  const quant::QNetwork& network = design.plan.accelerator.network;
  design::Plot plot{.title = "Accuracy against mean " + what,
                    .x_label = "mean " + what + " an image, modelled",
                    .y_label = fmt::format("accuracy on {} test images, %", samples.size()),
                    .series = {}};
  for (const fixed::Criterion criterion : fixed::kCriteria) {
    design::PlotSeries series{.name = fixed::name_of(criterion), .points = {}, .marks = false};
    for (const tune::FrontPoint& p : tune::pareto_front(network, samples, costs, criterion))
      series.points.push_back({p.mean_cost * scale, 100 * p.accuracy});
    if (!series.points.empty()) plot.series.push_back(std::move(series));
  }
  plot.series.push_back({.name = "this design's registers",
                         .points = {present_point(samples, evaluation, costs, scale)},
                         .line = false});
  return plot;
}

std::vector<design::ExitStudy::Histogram> confidence_of(const quant::QNetwork& network,
                                                        const golden::Evaluation& evaluation) {
  constexpr auto kBins = static_cast<std::size_t>(fixed::kConfidenceBins);
  std::vector<design::ExitStudy::Histogram> all;
  for (std::size_t e = 0; e + 1 < network.exits.size(); ++e) {
    const quant::QExit& exit = network.exits[e];
    design::ExitStudy::Histogram h{.exit = exit.name,
                                   .measure = fixed::measure_of(exit.criterion),
                                   .leave = std::vector<std::size_t>(kBins, 0),
                                   .stay = std::vector<std::size_t>(kBins, 0)};
    // Of the sums the smallest are the surest.
    const bool sure_first = fixed::laxer_upwards(exit.criterion);
    for (std::size_t i = 0; i < evaluation.exit.size(); ++i) {
      const auto taken = static_cast<std::size_t>(evaluation.exit[i]);
      const fixed::Decision& d = evaluation.decisions[i][e];
      if (taken < e || d.skipped) continue;
      const auto bin = static_cast<std::size_t>(fixed::confidence_bin(d, network.decision, exit.criterion));
      ++(taken == e ? h.leave : h.stay)[sure_first ? kBins - 1 - bin : bin];
    }
    all.push_back(std::move(h));
  }
  return all;
}

/// Test images by how sure exit `e` is of them, the surest first.
std::vector<std::size_t> by_confidence(const quant::QNetwork& network, const golden::Evaluation& evaluation,
                                       std::size_t e) {
  const fixed::Criterion criterion = network.exits[e].criterion;
  const bool lax_up = fixed::laxer_upwards(criterion);
  std::vector<std::tuple<std::uint64_t, int, std::size_t>> keys;
  for (std::size_t i = 0; i < evaluation.exit.size(); ++i) {
    const fixed::Decision& d = evaluation.decisions[i][e];
    const std::uint64_t at = fixed::strictest_threshold(d, network.decision, criterion);
    keys.emplace_back(lax_up ? at : ~at, -d.margin, i);
  }
  std::sort(keys.begin(), keys.end());
  std::vector<std::size_t> order;
  for (const auto& [confidence, margin, i] : keys) order.push_back(i);
  return order;
}

void choose_images(const quant::QNetwork& network, const golden::Evaluation& evaluation,
                   const net::Split& test, design::ExitStudy& study) {
  const auto show = [&](std::size_t i) {
    return design::ExitStudy::Image{.number = i,
                                    .exit = evaluation.exit[i],
                                    .label = test.labels[i],
                                    .predicted = evaluation.predicted[i],
                                    .png = design::base64(design::png_of(test.image(i), test.shape))};
  };
  const int last = static_cast<int>(network.exits.size()) - 1;
  const int first = *std::min_element(evaluation.exit.begin(), evaluation.exit.end());
  if (first == last) return;
  const std::vector<std::size_t> order = by_confidence(network, evaluation, static_cast<std::size_t>(first));
  for (const std::size_t i : order) {
    if (study.first.size() < kShown && evaluation.exit[i] == first) study.first.push_back(show(i));
  }
  for (auto i = order.rbegin(); i != order.rend(); ++i) {
    if (study.last.size() < kShown && evaluation.exit[*i] == last) study.last.push_back(show(*i));
  }
}

}  // namespace

design::ExitStudy study_exits(const Design& design, const Data& data, const golden::Evaluation& evaluation) {
  const accel::Accelerator& a = design.plan.accelerator;
  const net::Split& test = data.set.test;
  design::ExitStudy study{.data_hash = data.test_hash, .images = test.size()};
  if (a.options.strategy == accel::Strategy::static_ || a.network.exits.size() < 2) return study;
  const std::vector<tune::Sample> samples = samples_of(evaluation, test);
  const double microseconds = 1 / design.target.clock_mhz;
  study.confidence = confidence_of(a.network, evaluation);
  study.fronts = {
      front_of(design, samples, evaluation, explore::cycle_costs(a.network, a.options), microseconds,
               fmt::format("latency in \u00b5s at {:g} MHz", design.target.clock_mhz)),
      front_of(design, samples, evaluation,
               explore::energy_costs(a.network, a.options, energy_coefficients(design.target)), 1e-6,
               "energy in \u00b5J")};
  choose_images(a.network, evaluation, test, study);
  return study;
}

}  // namespace offramp::cli

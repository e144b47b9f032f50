#include "cli/front_plots.h"

#include <fmt/format.h>

#include "cli/options.h"
#include "design/plot.h"
#include "explore/exit_costs.h"
#include "golden/evaluate.h"
#include "tune/tune.h"

namespace offramp::cli {
namespace {

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

std::string plot_of(const Design& design, const std::vector<tune::Sample>& samples,
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
  return design::plot_svg(plot);
}

}  // namespace

std::vector<std::string> front_plots(const Design& design, const Data& data) {
  const accel::Accelerator& a = design.plan.accelerator;
  if (a.options.strategy == accel::Strategy::static_ || a.network.exits.size() < 2) return {};
  check_fits_images(data, a.network);
  const golden::Evaluation evaluation = golden::evaluate(a.network, data.set.test);
  const std::vector<tune::Sample> samples = samples_of(evaluation, data.set.test);
  const double microseconds = 1 / design.target.clock_mhz;
  return {plot_of(design, samples, evaluation, explore::cycle_costs(a.network, a.options), microseconds,
                  fmt::format("latency in us at {:g} MHz", design.target.clock_mhz)),
          plot_of(design, samples, evaluation,
                  explore::energy_costs(a.network, a.options, energy_coefficients(design.target)), 1e-6,
                  "energy in uJ")};
}

}  // namespace offramp::cli

#pragma once
// A report with everything in it, for tests of its text and of how a browser draws it.
#include <string>

#include "design/picture.h"
#include "design/report.h"
#include "fixture.h"

namespace offramp::design::testing {

struct Made {
  accel::Accelerator accelerator;
  model::Estimate estimate;
  Target target = a_target();
  Manifest manifest;
  Verification verification;
  /// The other two strategies.
  std::vector<accel::Accelerator> others;
  std::vector<model::Estimate> other_estimates;
};

inline Made a_design(accel::Strategy strategy) {
  quant::QNetwork network = quant::random_network(
      3, {.max_early_exits = 1, .adds = false, .max_weight_bits = 8, .max_activation_bits = 8});
  // A hostile name, as it could come from a model, must stay text.
  network.exits.back().name = "<script>alert(1)</script>";
  const auto planned = [&](accel::Strategy s) {
    return accel::plan_accelerator(network, {.strategy = s, .backbone = {}, .exit_classifier = {}});
  };
  Made made{.accelerator = planned(strategy),
            .estimate = {},
            .manifest = {},
            .verification = {},
            .others = {},
            .other_estimates = {}};
  made.estimate = model::estimate(made.accelerator);
  for (const auto s : {accel::Strategy::static_, accel::Strategy::pipeline, accel::Strategy::parallel}) {
    if (s == strategy) continue;
    made.others.push_back(planned(s));
    made.other_estimates.push_back(model::estimate(made.others.back()));
  }
  made.manifest.strategy = accel::to_string(strategy);
  made.manifest.top = "net_" + made.manifest.strategy;
  const std::size_t exits = network.exits.size();
  made.verification.samples = 2;
  made.verification.bit_exact = true;
  made.verification.values_compared = 1234567;
  made.verification.cycles = {900, 800};
  made.verification.exit = {static_cast<int>(exits) - 1, static_cast<int>(exits) - 1};
  made.verification.test_images = 10000;
  made.verification.test_accuracy = 0.9123;
  made.verification.test_exit_rates.assign(exits, 1.0 / static_cast<double>(exits));
  made.verification.test_exit_accuracy.assign(exits, 0.5);
  return made;
}

inline ExitStudy a_study() {
  ExitStudy study{.data_hash = "00", .images = 100};
  study.confidence = {
      {.exit = "exit0", .measure = "softmax maximum", .leave = {0, 5, 20, 30}, .stay = {25, 15, 5, 0}}};
  study.fronts = {{.title = "Accuracy against mean latency",
                   .x_label = "latency",
                   .y_label = "accuracy",
                   .series = {{.name = "max", .points = {{1, 80}, {2, 90}, {3, 91}}, .marks = false},
                              {.name = "this design's registers", .points = {{2.5, 90.5}}, .line = false}}}};
  const std::vector<std::uint8_t> pixels(12 * 12, 90);
  const std::string png = base64(png_of(pixels.data(), {.channels = 1, .height = 12, .width = 12}));
  study.first = {{.number = 7, .exit = 0, .label = 1, .predicted = 1, .png = png}};
  study.last = {{.number = 8, .exit = 1, .label = 2, .predicted = 5, .png = png}};
  return study;
}

inline std::string render(const Made& made, bool verified, bool studied = true) {
  ReportInput input{.accelerator = made.accelerator,
                    .estimate = made.estimate,
                    .target = made.target,
                    .manifest = made.manifest};
  if (verified) input.verification = made.verification;
  if (studied) input.study = a_study();
  for (std::size_t i = 0; i < made.others.size(); ++i)
    input.others.push_back({made.others[i], made.other_estimates[i]});
  input.resources = ResourceShares{.parts = {{"backbone", {.lut = 2000, .ff = 3000, .dsp = 64, .bram18 = 37}},
                                             {"exit0", {.lut = 700, .ff = 800, .dsp = 8}}},
                                   .basis = "modelled"};
  return render_report(input);
}

}  // namespace offramp::design::testing

#include "design/report.h"

#include <gmock/gmock.h>

#include <regex>
#include <stack>

#include "design/svg.h"
#include "fixture.h"

namespace offramp::design {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Made {
  accel::Accelerator accelerator;
  model::Estimate estimate;
  Target target = testing::a_target();
  Manifest manifest;
  Verification verification;
};

Made a_design(accel::Strategy strategy) {
  quant::QNetwork network = quant::random_network(
      3, {.max_early_exits = 1, .adds = false, .max_weight_bits = 8, .max_activation_bits = 8});
  // A hostile name, as it could come from a model, must stay text.
  network.exits.back().name = "<script>alert(1)</script>";
  Made made{.accelerator = accel::plan_accelerator(
                network, {.strategy = strategy, .backbone = {}, .exit_classifier = {}}),
            .estimate = {},
            .manifest = {},
            .verification = {}};
  made.estimate = model::estimate(made.accelerator);
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

std::string render(const Made& made, bool verified) {
  return render_report({.accelerator = made.accelerator,
                        .estimate = made.estimate,
                        .target = made.target,
                        .manifest = made.manifest,
                        .verification = verified ? std::optional(made.verification) : std::nullopt});
}

/// The first tag that is closed in the wrong order, or nothing.
std::string first_unbalanced_tag(const std::string& html) {
  const std::regex tag("<(/?)([a-zA-Z0-9]+)([^>]*?)(/?)>");
  std::stack<std::string> open;
  for (std::sregex_iterator it(html.begin(), html.end(), tag), end; it != end; ++it) {
    const std::string name = (*it)[2];
    if (name == "meta" || (*it)[4] == "/") continue;
    if ((*it)[1] == "/") {
      if (open.empty() || open.top() != name) return it->str();
      open.pop();
    } else {
      open.push(name);
    }
  }
  return open.empty() ? "" : open.top();
}

class Report : public ::testing::TestWithParam<accel::Strategy> {};
INSTANTIATE_TEST_SUITE_P(Strategies, Report,
                         ::testing::Values(accel::Strategy::static_, accel::Strategy::pipeline,
                                           accel::Strategy::parallel),
                         [](const auto& p) {
                           return std::string(p.param == accel::Strategy::static_    ? "static_"
                                              : p.param == accel::Strategy::pipeline ? "pipeline"
                                                                                     : "parallel");
                         });

TEST_P(Report, IsOnePageThatNeedsNothingElse) {
  const std::string html = render(a_design(GetParam()), true);
  EXPECT_THAT(html, Not(HasSubstr("http")));
  EXPECT_THAT(html, Not(HasSubstr("src=")));
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, HasSubstr("prefers-color-scheme: dark"));
  EXPECT_EQ(first_unbalanced_tag(html), "");
}

TEST_P(Report, ShowsEveryLayerThatRunsWithItsCycles) {
  const Made made = a_design(GetParam());
  const std::string html = render(made, true);
  EXPECT_FALSE(made.estimate.layers.empty());
  for (const model::LayerCycles& l : made.estimate.layers) {
    EXPECT_THAT(html, HasSubstr(escape(l.layer) + ": " + std::to_string(l.cycles) + " cycles from "))
        << l.layer;
  }
}

TEST_P(Report, SaysHowManyValuesWereComparedAndThatNoneDiffers) {
  const std::string html = render(a_design(GetParam()), true);
  EXPECT_THAT(html, HasSubstr("1\u202f234\u202f567 values of 2 test images"));
  EXPECT_THAT(html, HasSubstr("none differs"));
  EXPECT_THAT(html, HasSubstr("91.23 %"));
}

TEST_P(Report, BeforeVerificationSaysSo) {
  const std::string html = render(a_design(GetParam()), false);
  EXPECT_THAT(html, HasSubstr("not verified yet"));
  EXPECT_THAT(html, Not(HasSubstr("none differs")));
  EXPECT_EQ(first_unbalanced_tag(html), "");
}

TEST(ReportOfADifference, NamesItAndHowToReproduceIt) {
  Made made = a_design(accel::Strategy::pipeline);
  made.verification.bit_exact = false;
  made.verification.first_mismatch = {.sample = 17,
                                      .layer = "conv1",
                                      .position = "y=1 x=2 channel=0",
                                      .expected = 5,
                                      .got = 6,
                                      .reproduce = "offramp verify d --sample 17"};
  const std::string html = render(made, true);
  EXPECT_THAT(html, HasSubstr("differs from the golden reference"));
  EXPECT_THAT(html, HasSubstr("test image 17, conv1, y=1 x=2 channel=0: expected 5, got 6"));
  EXPECT_THAT(html, HasSubstr("offramp verify d --sample 17"));
  EXPECT_THAT(html, Not(HasSubstr("none differs")));
}

TEST(Escape, LeavesNoMarkup) {
  EXPECT_EQ(escape("<a href=\"x\">'&'"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;");
}

}  // namespace
}  // namespace offramp::design

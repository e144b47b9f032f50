#include "design/report.h"

#include <gmock/gmock.h>

#include <regex>
#include <set>
#include <stack>

#include "design/svg.h"
#include "report_fixture.h"

namespace offramp::design {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

using testing::a_design;
using testing::Made;
using testing::render;

/// The first tag that is closed in the wrong order, or nothing.
std::string first_unbalanced_tag(const std::string& html) {
  const std::regex tag("<(/?)([a-zA-Z0-9]+)([^>]*?)(/?)>");
  std::stack<std::string> open;
  for (std::sregex_iterator it(html.begin(), html.end(), tag), end; it != end; ++it) {
    const std::string name = (*it)[2];
    if (name == "meta" || name == "img" || (*it)[4] == "/") continue;
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
  // Images are in the page itself.
  std::string outside = html;
  for (const std::string inside = "src=\"data:image/png;base64,"; outside.find(inside) != std::string::npos;)
    outside.erase(outside.find(inside), inside.size());
  EXPECT_THAT(outside, Not(HasSubstr("src=")));
  EXPECT_THAT(outside, Not(HasSubstr("url(")));
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

TEST_P(Report, PutsTheStrategiesSideBySideOnOneScale) {
  const Made made = a_design(GetParam());
  const std::string html = render(made, true);
  for (const char* name : {"Pipeline: branches", "Parallel: branches", "Static: no exits"})
    EXPECT_THAT(html, HasSubstr(std::string("<h3>") + name));
  EXPECT_LT(html.find("<h3>Pipeline"), html.find("<h3>Parallel"));
  // One scale: the same ticks under each.
  const std::regex last_tick("<text class=\"tick\"[^>]*>([0-9]+)</text>\n(?!<line)");
  std::set<std::string> lasts;
  const std::string cycles = html.substr(html.find("id=\"cycles\""));
  for (std::sregex_iterator it(cycles.begin(), cycles.end(), last_tick), end; it != end; ++it)
    lasts.insert((*it)[1]);
  EXPECT_EQ(lasts.size(), 1U);
}

TEST_P(Report, ShowsTheStudyOfTheExitsWhereThereIsOne) {
  const std::string html = render(a_design(GetParam()), true);
  EXPECT_THAT(html, HasSubstr("20 leave, 5 go on"));
  EXPECT_THAT(html, HasSubstr("Accuracy against mean latency"));
  EXPECT_THAT(html, HasSubstr("7: <span>1</span>"));
  EXPECT_THAT(html, HasSubstr("8: <span class=\"wrong\">5</span>, is 2"));
  const std::string without = render(a_design(GetParam()), true, false);
  EXPECT_THAT(without, Not(HasSubstr("id=\"fronts\"")));
  EXPECT_THAT(without, Not(HasSubstr("id=\"images\"")));
}

TEST_P(Report, AddsUpWhereTheResourcesGo) {
  const std::string html = render(a_design(GetParam()), true);
  EXPECT_THAT(html, HasSubstr("<h3>LUT: 2700</h3>"));
  EXPECT_THAT(html, HasSubstr("<td>312 (5.9 % used)</td>"));
  EXPECT_THAT(html, Not(HasSubstr("<h3>URAM")));
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

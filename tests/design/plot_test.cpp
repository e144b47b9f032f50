#include "design/plot.h"

#include <gmock/gmock.h>

#include <limits>
#include <stdexcept>

namespace offramp::design {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

Plot plot_of(std::vector<PlotPoint> points) {
  return {.title = "a < b",
          .x_label = "cycles & more",
          .y_label = "%",
          .series = {{.name = "one", .points = std::move(points)}}};
}

TEST(Plot, DrawsEveryPointInsideThePictureAndNothingFromOutside) {
  const std::string svg = plot_svg(plot_of({{0, 91.2}, {12345, 93.9, "the best"}, {7000, 90}}));
  EXPECT_THAT(svg, testing::StartsWith("<svg xmlns=\"http://www.w3.org/2000/svg\""));
  EXPECT_THAT(svg, testing::EndsWith("</svg>\n"));
  EXPECT_EQ(count(svg, "<circle"), 4U);  // and one in the legend
  EXPECT_THAT(svg, HasSubstr("the best"));
  EXPECT_THAT(svg, HasSubstr("a &lt; b"));
  EXPECT_THAT(svg, HasSubstr("cycles &amp; more"));
  EXPECT_THAT(svg, HasSubstr("prefers-color-scheme:dark"));
  EXPECT_EQ(count(svg, "http"), 1U);
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
}

TEST(Plot, PutsLargerValuesFurtherRightAndHigher) {
  const std::string svg = plot_svg(plot_of({{1, 1}, {2, 3}}));
  const auto value = [&](const char* name, int which) {
    std::size_t at = svg.find("<circle");
    for (int i = 0; i < which; ++i) at = svg.find("<circle", at + 1);
    return std::stod(svg.substr(svg.find(name, at) + std::string(name).size()));
  };
  EXPECT_LT(value("cx=\"", 0), value("cx=\"", 1));
  EXPECT_GT(value("cy=\"", 0), value("cy=\"", 1));
}

TEST(Plot, StandsASinglePointAndLeavesOutWhatIsNotFinite) {
  const std::string one = plot_svg(plot_of({{5, 5}}));
  EXPECT_THAT(one, Not(HasSubstr("nan")));
  EXPECT_EQ(count(one, "<circle"), 2U);
  EXPECT_EQ(count(plot_svg(plot_of({{5, 5}, {std::numeric_limits<double>::quiet_NaN(), 1}})), "<circle"), 2U);
  EXPECT_THROW((void)plot_svg(plot_of({})), std::logic_error);
}

}  // namespace
}  // namespace offramp::design

#pragma once
// Line and scatter plots as files of their own: SVG that needs nothing beside it and follows the reader's
// light or dark setting.
#include <optional>
#include <string>
#include <vector>

namespace offramp::design {

struct PlotPoint {
  double x = 0;
  double y = 0;
  std::string note = {};  // shown when pointed at
};
struct PlotSeries {
  std::string name;
  std::vector<PlotPoint> points;
  bool line = true;   // joined in their order
  bool marks = true;  // a dot on each
};
struct Plot {
  std::string title;
  std::string x_label;
  std::string y_label;
  std::vector<PlotSeries> series;
};

/// The whole file. Axes are as long as the points need; points that are not finite are left out. Throws
/// std::logic_error where there is no point at all.
[[nodiscard]] std::string plot_svg(const Plot& plot);
/// The same drawing as an element of a page that has the classes' style (report_style()).
[[nodiscard]] std::string plot_inline(const Plot& plot);

}  // namespace offramp::design

#include "design/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "design/svg.h"

namespace offramp::design {
namespace {

constexpr int kWidth = 720;
constexpr int kHeight = 440;
constexpr int kLeft = 74;
constexpr int kRight = 16;
constexpr int kTop = 40;
constexpr int kBottom = 54;
constexpr int kLegendRow = 18;
constexpr int kColors = 6;
constexpr int kTicks = 6;

// Colours that keep apart on white and on black, and for colour-blind readers (Okabe and Ito's, two of them
// moved for contrast).
constexpr const char* kStyle =
    "<style>\n"
    ":root{--paper:#fff;--ink:#1b1f24;--faint:#d8dee4;--c0:#0072b2;--c1:#d55e00;--c2:#00795c;--c3:#b0528c;"
    "--c4:#8a6d00;--c5:#5c6670}\n"
    "@media (prefers-color-scheme:dark){:root{--paper:#0d1117;--ink:#e6edf3;--faint:#30363d;--c0:#56b4e9;"
    "--c1:#f0883e;--c2:#3fb98f;--c3:#db8fc0;--c4:#d8bd4a;--c5:#9aa4ae}}\n"
    "text{font:12px system-ui,sans-serif;fill:var(--ink)}.title{font-size:15px;font-weight:600}"
    ".paper{fill:var(--paper)}.grid{stroke:var(--faint)}.axis{stroke:var(--ink)}.line{fill:none;stroke-width:"
    "2}\n";

struct Axis {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  double step = 1;

  void take(double v) {
    low = std::min(low, v);
    high = std::max(high, v);
  }
  /// Widens to whole steps of 1, 2 or 5 times a power of ten.
  void round() {
    if (high <= low) {
      const double room = low == 0 ? 1 : std::abs(low) * 0.01;
      low -= room;
      high += room;
    }
    const double rough = (high - low) / kTicks;
    const double power = std::pow(10.0, std::floor(std::log10(rough)));
    step = 10 * power;
    for (const double factor : {1.0, 2.0, 5.0}) {
      if (factor * power >= rough * (1 - 1e-9)) {
        step = factor * power;
        break;
      }
    }
    low = std::floor(low / step + 1e-9) * step;
    high = std::ceil(high / step - 1e-9) * step;
  }
  [[nodiscard]] int ticks() const { return static_cast<int>(std::lround((high - low) / step)); }
  [[nodiscard]] double share(double v) const { return (v - low) / (high - low); }
  /// A tick's number, with the digits that tell it from the next one's.
  [[nodiscard]] std::string text(int tick) const {
    const int digits = std::max(0, static_cast<int>(-std::floor(std::log10(step) + 1e-9)));
    const double v = low + tick * step;
    if (step >= 1e6) return fmt::format("{:g}M", std::round(v / 1e6 * 1e6) / 1e6);
    if (step >= 1e3) return fmt::format("{:g}k", std::round(v / 1e3 * 1e6) / 1e6);
    return fmt::format("{:.{}f}", std::abs(v) < step * 1e-6 ? 0.0 : v, digits);
  }
};

bool finite(const PlotPoint& p) {
  return std::isfinite(p.x) && std::isfinite(p.y);
}

/// Everything inside the svg element, and its height.
struct Drawing {
  std::string text;
  int height = 0;
};

Drawing draw(const Plot& plot) {
  Axis x;
  Axis y;
  for (const PlotSeries& s : plot.series) {
    for (const PlotPoint& p : s.points) {
      if (!finite(p)) continue;
      x.take(p.x);
      y.take(p.y);
    }
  }
  if (!(x.low <= x.high)) throw std::logic_error("plot_svg: '" + plot.title + "' has no points");
  x.round();
  y.round();
  const int legend = kLegendRow * static_cast<int>((plot.series.size() + 2) / 3);
  const int height = kHeight + legend;
  const double inner_w = kWidth - kLeft - kRight;
  const double inner_h = kHeight - kTop - kBottom;
  const auto px = [&](double v) { return kLeft + inner_w * x.share(v); };
  const auto py = [&](double v) { return kTop + inner_h * (1 - y.share(v)); };

  std::string out;
  out += fmt::format("<text class=\"title\" x=\"{}\" y=\"24\">{}</text>\n", kLeft, escape(plot.title));
  for (int t = 0; t <= x.ticks(); ++t) {
    const double at = px(x.low + t * x.step);
    out += fmt::format(
        "<path class=\"grid\" d=\"M{0:.1f} {1}V{2:.1f}\"/><text x=\"{0:.1f}\" y=\"{3:.1f}\" "
        "text-anchor=\"middle\">{4}</text>\n",
        at, kTop, kTop + inner_h, kTop + inner_h + 18, x.text(t));
  }
  for (int t = 0; t <= y.ticks(); ++t) {
    const double at = py(y.low + t * y.step);
    out += fmt::format(
        "<path class=\"grid\" d=\"M{0} {1:.1f}H{2}\"/><text x=\"{3}\" y=\"{4:.1f}\" "
        "text-anchor=\"end\">{5}</text>\n",
        kLeft, at, kWidth - kRight, kLeft - 8, at + 4, y.text(t));
  }
  out += fmt::format("<path class=\"axis\" fill=\"none\" d=\"M{0} {1}V{2:.1f}H{3}\"/>\n", kLeft, kTop,
                     kTop + inner_h, kWidth - kRight);
  out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n",
                     kLeft + inner_w / 2, kTop + inner_h + 40, escape(plot.x_label));
  out +=
      fmt::format("<text transform=\"translate(18 {:.1f}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n",
                  kTop + inner_h / 2, escape(plot.y_label));
  for (std::size_t s = 0; s < plot.series.size(); ++s) {
    const PlotSeries& series = plot.series[s];
    const int color = static_cast<int>(s) % kColors;
    std::string path;
    std::string marks;
    for (const PlotPoint& p : series.points) {
      if (!finite(p)) continue;
      path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", px(p.x), py(p.y));
      if (!series.marks) continue;
      const std::string note = p.note.empty() ? fmt::format("{:g}, {:g}", p.x, p.y) : p.note;
      marks += fmt::format(
          "<circle class=\"d{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\"><title>{}: {}</title></circle>\n",
          color, px(p.x), py(p.y), series.line ? 3 : 6, escape(series.name), escape(note));
    }
    if (series.line && !path.empty())
      out += fmt::format("<path class=\"line s{}\" d=\"{}\"/>\n", color, path);
    out += marks;
    const double left = kLeft + inner_w / 3 * static_cast<double>(s % 3);
    const int top = kHeight + kLegendRow * static_cast<int>(s / 3);
    out += fmt::format(
        "<circle class=\"d{}\" cx=\"{:.1f}\" cy=\"{}\" r=\"5\"/><text x=\"{:.1f}\" y=\"{}\">{}</text>\n",
        color, left + 5, top, left + 16, top + 4, escape(series.name));
  }
  return {std::move(out), height};
}

}  // namespace

std::string plot_svg(const Plot& plot) {
  const Drawing drawing = draw(plot);
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" "
      "role=\"img\" aria-label=\"{2}\">\n{3}",
      kWidth, drawing.height, escape(plot.title), kStyle);
  for (int c = 0; c < kColors; ++c)
    out += fmt::format(".s{0}{{stroke:var(--c{0})}}.d{0}{{fill:var(--c{0})}}", c);
  out +=
      fmt::format("\n</style>\n<rect class=\"paper\" width=\"{}\" height=\"{}\"/>\n", kWidth, drawing.height);
  return out + drawing.text + "</svg>\n";
}

std::string plot_inline(const Plot& plot) {
  const Drawing drawing = draw(plot);
  return fmt::format("<svg class=\"plot\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n{}</svg>\n",
                     kWidth, drawing.height, escape(plot.title), drawing.text);
}

}  // namespace offramp::design

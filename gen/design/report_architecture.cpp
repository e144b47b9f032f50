// The accelerator as blocks: what is wired to what, with sizes.
#include <fmt/format.h>

#include "design/report_parts.h"
#include "design/svg.h"

namespace offramp::design {
namespace {

constexpr int kWidth = 132;
constexpr int kHeight = 50;
constexpr int kColumn = 152;
constexpr int kRow = 84;
constexpr int kMargin = 8;

struct Drawing {
  std::string text;
  int columns = 0;
  int rows = 0;

  static int left(int column) { return kMargin + column * kColumn; }
  static int top(int row) { return kMargin + row * kRow; }
  static int middle(int row) { return top(row) + kHeight / 2; }

  void box(int column, int row, const std::string& name, const std::string& detail, const char* kind = "") {
    columns = std::max(columns, column + 1);
    rows = std::max(rows, row + 1);
    text += fmt::format(
        "<g><rect class=\"box {0}\" x=\"{1}\" y=\"{2}\" width=\"{3}\" height=\"{4}\" rx=\"7\"/>"
        "<text class=\"name\" x=\"{5}\" y=\"{6}\">{7}</text><text class=\"detail\" x=\"{5}\" "
        "y=\"{8}\">{9}</text></g>\n",
        kind, left(column), top(row), kWidth, kHeight, left(column) + kWidth / 2, top(row) + 21, escape(name),
        top(row) + 38, escape(detail));
  }
  /// `path` ends at x, y, where its head points right, down or up.
  void arrow(const std::string& path, int x, int y, char towards) {
    text += fmt::format("<path class=\"edge\" d=\"{}\"/>", path);
    switch (towards) {
      case 'r':
        text += fmt::format("<path class=\"head\" d=\"M{0} {1}l-8 -4v8z\"/>\n", x, y);
        break;
      case 'd':
        text += fmt::format("<path class=\"head\" d=\"M{0} {1}l-4 -8h8z\"/>\n", x, y);
        break;
      default:
        text += fmt::format("<path class=\"head\" d=\"M{0} {1}l-4 8h8z\"/>\n", x, y);
    }
  }
  void right(int column, int row) {
    const int x = left(column) + kWidth;
    arrow(fmt::format("M{} {}H{}", x, middle(row), left(column + 1) - 3), left(column + 1), middle(row), 'r');
  }
  void up(int column, int row) {
    const int x = left(column) + kWidth / 2;
    arrow(fmt::format("M{} {}V{}", x, top(row), top(row - 1) + kHeight + 3), x, top(row - 1) + kHeight, 'u');
  }
};

std::string kbit(std::int64_t bits) {
  return bits < 10'000 ? fmt::format("{} bit", bits)
                       : fmt::format("{:.0f} Kbit", static_cast<double>(bits) / 1024);
}

/// Names of the exits whose logits this engine makes.
std::string exits_of(const accel::EnginePlan& engine, std::size_t exits) {
  std::string names;
  for (const accel::LayerPlan& l : engine.layers) {
    if (l.exit < 0) continue;
    const bool last = static_cast<std::size_t>(l.exit) + 1 == exits;
    names += fmt::format("{}{}", names.empty() ? "" : ", ", last ? "final" : std::to_string(l.exit));
  }
  return names.empty() ? "" : (names.find(',') == std::string::npos ? "exit " : "exits ") + names;
}

}  // namespace

std::string architecture_section(const ReportFacts& r) {
  const accel::Accelerator& a = r.in.accelerator;
  Drawing d;
  d.box(0, 0, "s_axis", fmt::format("{} bit, images", 8 * a.stream_bytes), "port");
  d.box(0, 1, "s_axi", "registers, irq", "port");
  int row = 0;
  for (std::size_t e = 0; e < a.engines.size(); ++e) {
    const accel::EnginePlan& engine = a.engines[e];
    const char* kind = e == 0 ? "" : "branch";
    const std::int64_t activation = std::int64_t{engine.banks} * engine.words * engine.data_bits;
    d.box(1, row, "activations", fmt::format("{} banks, {}", engine.banks, kbit(activation)), kind);
    d.box(2, row, engine.name + (engine.packed ? " array, packed" : " array"),
          fmt::format("{} x {} x {}", engine.shape.rows, engine.shape.columns, engine.shape.lanes), kind);
    d.box(3, row, "accumulate, scale", fmt::format("{} bit, pool, add", engine.acc_bits), kind);
    d.box(4, row, "decision", exits_of(engine, r.exits()), kind);
    for (int c = 1; c < 4; ++c) d.right(c, row);
    // Results are the next layer's inputs.
    const int back = d.top(row) + kHeight + 12;
    d.arrow(fmt::format("M{} {}V{}H{}V{}", d.left(3) + kWidth / 2, d.top(row) + kHeight, back,
                        d.left(1) + kWidth / 2, d.top(row) + kHeight + 3),
            d.left(1) + kWidth / 2, d.top(row) + kHeight, 'u');
    std::int64_t weights = 0;
    for (const accel::LayerPlan& l : engine.layers) {
      if (!l.streamed)
        weights += l.tile_passes() * engine.shape.rows * engine.shape.columns * engine.weight_bits;
    }
    d.box(2, row + 1, engine.beat_bits > 0 ? "weight ring" : "weights",
          engine.beat_bits > 0 ? "streamed" : kbit(weights), kind);
    d.up(2, row + 1);
    if (engine.beat_bits > 0) {
      d.box(1, row + 1, "m_axi", fmt::format("{} bit, weights", engine.beat_bits), "port");
      d.right(1, row + 1);
    }
    d.box(3, row + 1, "sequencer", fmt::format("{} layers", engine.layers.size()), kind);
    if (e > 0) {
      // What the branch taps is written to its memory as the backbone writes it.
      const int x = d.left(1) + 20;
      d.arrow(fmt::format("M{} {}V{}", x, d.top(0) + kHeight, d.top(row) - 3), x, d.top(row), 'd');
      const int x4 = d.left(4) + kWidth;
      d.arrow(fmt::format("M{} {}H{}V{}", x4, d.middle(row), d.left(5) + kWidth / 2, d.top(0) + kHeight + 3),
              d.left(5) + kWidth / 2, d.top(0) + kHeight, 'u');
    }
    row += 2;
  }
  d.right(0, 0);
  d.box(5, 0, "results", "ID, class, exit", "");
  d.right(4, 0);
  d.box(6, 0, "m_axis", "32 bit, results", "port");
  d.right(5, 0);
  const int width = 2 * kMargin + (d.columns - 1) * kColumn + kWidth;
  const int height = 2 * kMargin + (d.rows - 1) * kRow + kHeight + 6;
  return fmt::format(
      "<section id=\"architecture\"><h2>Architecture</h2>\n<div class=\"scroll\"><svg class=\"architecture\" "
      "width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" role=\"img\" aria-label=\"The accelerator's "
      "blocks\">\n{2}</svg></div>\n<p class=\"soft\">Arrays are rows x columns x lanes: elements of the "
      "reduction x "
      "output channels x pixels at a time. Dashed: ports of the top module.</p></section>\n",
      width, height, d.text);
}

}  // namespace offramp::design

#pragma once
// The drawings of the report, as inline SVG that takes its colours from the page's style.
#include <cstdint>
#include <string>
#include <vector>

namespace offramp::design {

/// Text made safe for HTML and SVG.
[[nodiscard]] std::string escape(const std::string& text);

/// A layer in the picture of the network.
struct DiagramNode {
  std::string name;
  std::string detail;  // second line
  int column = 0;
  int row = 0;              // 0 the backbone, e + 1 the branch of exit e
  std::vector<int> inputs;  // indices of nodes
};
/// Where samples leave.
struct DiagramExit {
  int node = 0;        // the one with the logits
  std::string label;   // "exit 0"
  std::string detail;  // "64.2 %"
};
[[nodiscard]] std::string network_diagram(const std::vector<DiagramNode>& nodes,
                                          const std::vector<DiagramExit>& exits);

/// A stretch of cycles on an engine.
struct TimelineSpan {
  std::string label;
  std::int64_t start = 0;
  std::int64_t cycles = 0;
  bool branch = false;
};
struct TimelineRow {
  std::string engine;
  std::vector<TimelineSpan> spans;
};
/// A cycle that is worth a line across all rows: where a sample leaves.
struct TimelineMark {
  std::string label;
  std::int64_t cycle = 0;
};
/// `end`: the axis' last cycle, so that several can have the same scale; 0: as long as the rows need.
[[nodiscard]] std::string timeline(const std::string& title, const std::vector<TimelineRow>& rows,
                                   const std::vector<TimelineMark>& marks, std::int64_t end = 0);

/// One bar divided into shares that sum to 1.
struct Share {
  std::string label;
  double value = 0;
};
[[nodiscard]] std::string share_bar(const std::string& title, const std::vector<Share>& shares);

/// Columns of two kinds on each other, the first kind below, all of one width.
struct Columns {
  std::string title;
  std::string low, high;  // what the first and the last column are, for the ends of the axis
  std::vector<std::size_t> below, above;
};
[[nodiscard]] std::string column_chart(const Columns& columns);

}  // namespace offramp::design

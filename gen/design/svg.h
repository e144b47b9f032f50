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
[[nodiscard]] std::string timeline(const std::vector<TimelineRow>& rows);

/// One bar divided into shares that sum to 1.
struct Share {
  std::string label;
  double value = 0;
};
[[nodiscard]] std::string share_bar(const std::vector<Share>& shares);

}  // namespace offramp::design

// Where the cycles go, strategy beside strategy on one scale.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "design/report_parts.h"
#include "design/svg.h"

namespace offramp::design {
namespace {

struct Panel {
  accel::Strategy strategy;
  std::vector<TimelineRow> rows;
  std::vector<TimelineMark> marks;
  std::int64_t end = 0;
};

/// One sample that meets every exit: when each engine works on which layer, and where a sample that leaves
/// would.
Panel panel_of(const StrategyPlan& plan) {
  const quant::QNetwork& network = plan.accelerator.network;
  Panel panel{.strategy = plan.accelerator.options.strategy, .rows = {}, .marks = {}};
  std::map<int, std::int64_t> end_of_tensor;
  std::map<int, std::int64_t> end_of_exit;
  for (const accel::EnginePlan& engine : plan.accelerator.engines) {
    TimelineRow row{.engine = engine.name, .spans = {}};
    std::int64_t now = -1;
    for (const accel::LayerPlan& layer : engine.layers) {
      const auto found =
          std::find_if(plan.estimate.layers.begin(), plan.estimate.layers.end(),
                       [&](const auto& l) { return l.engine == engine.name && l.layer == layer.name; });
      if (found == plan.estimate.layers.end()) continue;
      if (now < 0) {
        // A classifier of its own begins when the layer that it taps has been written.
        const int tapped = network.layers[static_cast<std::size_t>(layer.qlayer)].inputs.front();
        const auto source = end_of_tensor.find(tapped);
        now = source == end_of_tensor.end() ? 0 : source->second;
      }
      row.spans.push_back({.label = layer.name,
                           .start = now,
                           .cycles = found->cycles,
                           .branch = quant::branch_of(network, layer.qlayer) >= 0});
      now += found->cycles;
      end_of_tensor[layer.output] = now;
      if (layer.exit >= 0) end_of_exit[layer.exit] = now;
    }
    panel.end = std::max(panel.end, now);
    panel.rows.push_back(std::move(row));
  }
  for (const auto& [exit, cycle] : end_of_exit) {
    const bool last = static_cast<std::size_t>(exit) + 1 == network.exits.size();
    panel.marks.push_back({last ? "final exit" : fmt::format("exit {}", exit), cycle});
  }
  return panel;
}

std::string name_of(accel::Strategy strategy) {
  switch (strategy) {
    case accel::Strategy::static_:
      return "Static: no exits";
    case accel::Strategy::pipeline:
      return "Pipeline: branches on the backbone's array";
    default:
      return "Parallel: branches on arrays of their own";
  }
}

}  // namespace

std::string timeline_section(const ReportFacts& r) {
  std::vector<StrategyPlan> plans = r.in.others;
  plans.push_back({r.in.accelerator, r.in.estimate});
  std::vector<Panel> panels;
  std::int64_t end = 0;
  for (const StrategyPlan& plan : plans) {
    panels.push_back(panel_of(plan));
    end = std::max(end, panels.back().end);
  }
  // Pipeline, parallel, and the baseline below them.
  std::sort(panels.begin(), panels.end(), [](const Panel& a, const Panel& b) {
    const auto rank = [](const Panel& p) { return (static_cast<int>(p.strategy) + 2) % 3; };
    return rank(a) < rank(b);
  });
  const accel::Strategy own = r.in.accelerator.options.strategy;
  std::string all;
  for (const Panel& panel : panels) {
    const std::string name = name_of(panel.strategy);
    all += fmt::format("<div><h3>{}{}</h3>\n{}</div>\n", name, panel.strategy == own ? " (this design)" : "",
                       timeline(name, panel.rows, panel.marks, end));
  }
  for (const auto& [strategy, why] : r.in.refused) {
    all += fmt::format("<div><h3>{}</h3>\n<p class=\"soft\">Not with these arrays: {}</p></div>\n",
                       escape(strategy), escape(why));
  }
  return fmt::format(
      "<section id=\"cycles\"><h2>Where the cycles go</h2>\n<div class=\"side\">{}</div>\n<p "
      "class=\"soft\">One sample "
      "that meets every exit, in clock cycles and on one scale, modelled from the schedule; the project's "
      "tests hold "
      "these cycles equal to the RTL's. Dashed lines: the logits of an exit are there, and a sample that it "
      "is sure "
      "of leaves. The other strategies are planned with this design's arrays. Rest the pointer on a bar for "
      "its "
      "figures.</p></section>\n",
      all);
}

}  // namespace offramp::design

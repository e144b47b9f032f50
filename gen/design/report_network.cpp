// The network with its exits, and what each layer takes.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "design/report_parts.h"
#include "design/svg.h"

namespace offramp::design {

std::string network_section(const ReportFacts& r) {
  std::vector<DiagramNode> nodes;
  std::map<int, int> maker;  // tensor to node
  const net::Shape& input = r.network.tensors.front().shape;
  const auto size = [](const net::Shape& s) {
    return s.height == 1 && s.width == 1 ? fmt::format("{}", s.channels)
                                         : fmt::format("{} x {} x {}", s.channels, s.height, s.width);
  };
  nodes.push_back({.name = "input", .detail = size(input), .column = 0, .row = 0, .inputs = {}});
  maker[0] = 0;
  int column = 0;
  std::map<int, int> branch_column;
  for (std::size_t i = 0; i < r.network.layers.size(); ++i) {
    const quant::QLayer& l = r.network.layers[i];
    if (!r.is_built(static_cast<int>(i))) continue;
    const int branch = quant::branch_of(r.network, static_cast<int>(i));
    DiagramNode n{.name = l.name,
                  .detail = size(r.network.tensors[static_cast<std::size_t>(l.output)].shape),
                  .column = 0,
                  .row = branch + 1,
                  .inputs = {}};
    for (const int t : l.inputs) n.inputs.push_back(maker.at(t));
    if (branch < 0) {
      n.column = ++column;
    } else {
      const int tap = nodes[static_cast<std::size_t>(n.inputs.front())].column;
      n.column = branch_column[branch] = std::max(branch_column[branch], tap) + 1;
    }
    maker[l.output] = static_cast<int>(nodes.size());
    nodes.push_back(n);
  }
  std::vector<DiagramExit> ends;
  for (std::size_t e = 0; e < r.exits(); ++e) {
    const auto at = maker.find(r.network.exits[e].logits);
    if (at == maker.end()) continue;
    ends.push_back({.node = at->second,
                    .label = e + 1 == r.exits() ? "final exit" : fmt::format("exit {}", e),
                    .detail = r.in.verification ? percent(r.in.verification->test_exit_rates.at(e)) : ""});
  }
  return fmt::format(
      "<section><h2>Network</h2>\n<div class=\"scroll\">{}</div>\n<p class=\"soft\">Sizes are channels x "
      "rows x "
      "columns of what a layer gives.{}</p></section>\n",
      network_diagram(nodes, ends),
      r.is_static() && r.exits() > 1 ? " The static baseline has no exit branches." : "");
}

std::string layers_section(const ReportFacts& r) {
  std::string rows;
  for (const model::LayerCycles& l : r.in.estimate.layers) {
    int multipliers = r.in.estimate.multipliers;
    for (const accel::EnginePlan& e : r.in.accelerator.engines) {
      if (e.name == l.engine) multipliers = e.shape.multipliers();
    }
    const double busy =
        l.cycles > 0 ? static_cast<double>(l.macs) / (static_cast<double>(l.cycles) * multipliers) : 0;
    std::string shape;
    std::string acc;
    for (const accel::EnginePlan& e : r.in.accelerator.engines) {
      for (const accel::LayerPlan& plan : e.layers) {
        if (e.name != l.engine || plan.name != l.layer) continue;
        const net::Shape& s = r.network.tensors[static_cast<std::size_t>(plan.output)].shape;
        shape = fmt::format("{} x {} x {}", s.channels, s.height, s.width);
        acc = fmt::format("{}", r.network.layers[static_cast<std::size_t>(plan.qlayer)].acc_bits);
      }
    }
    rows += fmt::format(
        "<tr><td class=\"text\">{}</td><td "
        "class=\"text\">{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>"
        "<td>{:.1f} %<span class=\"meter\"><i style=\"width:{:.1f}%\"></i></span></td></tr>\n",
        escape(l.layer), escape(l.engine), shape, acc, grouped(static_cast<std::uint64_t>(l.macs)),
        grouped(static_cast<std::uint64_t>(l.cycles)), 100 * busy, std::min(100.0, 100 * busy));
  }
  return fmt::format(
      "<section><h2>Layers</h2>\n<div class=\"scroll\"><table>\n<tr><th class=\"text\">layer</th><th "
      "class=\"text\">engine</th><th>gives</th><th>accumulator "
      "bits</th><th>MACs</th><th>cycles</th><th>multipliers "
      "of the engine busy</th></tr>\n{}</table></div></section>\n",
      rows);
}

}  // namespace offramp::design

#include <fmt/format.h>

#include "base/text.h"
#include "cli/stages.h"
#include "cli/text_table.h"
#include "cli/verbs.h"

namespace offramp::cli {
namespace {

struct Described {
  std::string op;
  std::string details;
  std::int64_t parameters = 0;
  std::int64_t macs = 0;
};

std::string window_text(const net::Window& w) {
  std::string text = fmt::format("{}x{}", w.kernel_h, w.kernel_w);
  if (w.stride_h != 1 || w.stride_w != 1) text += fmt::format(" stride {}x{}", w.stride_h, w.stride_w);
  if (w.pad_top != 0 || w.pad_left != 0 || w.pad_bottom != 0 || w.pad_right != 0) {
    text += fmt::format(" pad {},{},{},{}", w.pad_top, w.pad_left, w.pad_bottom, w.pad_right);
  }
  return text;
}

struct Describe {
  const net::Network& network;
  const net::Node& node;

  Described operator()(const net::Input&) const { return {"Input", "", 0, 0}; }
  Described operator()(const net::Conv& c) const {
    const auto weights = static_cast<std::int64_t>(c.weights.size());
    return {"Conv", window_text(c.window) + (c.groups == 1 ? "" : fmt::format(" groups {}", c.groups)),
            weights + static_cast<std::int64_t>(c.bias.size()),
            weights * node.shape.height * node.shape.width};
  }
  Described operator()(const net::Dense& d) const {
    const auto weights = static_cast<std::int64_t>(d.weights.size());
    return {"Dense", "", weights + static_cast<std::int64_t>(d.bias.size()), weights};
  }
  Described operator()(const net::MaxPool& p) const { return {"MaxPool", window_text(p.window), 0, 0}; }
  Described operator()(const net::AveragePool& p) const {
    return {"AveragePool", window_text(p.window), 0, 0};
  }
  Described operator()(const net::BatchNorm& b) const {
    return {"BatchNorm", "", static_cast<std::int64_t>(b.scale.size() + b.shift.size()), 0};
  }
  Described operator()(const net::Relu& r) const {
    return {"Relu", r.limit ? fmt::format("up to {:g}", *r.limit) : "", 0, 0};
  }
  Described operator()(const net::Add&) const { return {"Add", "", 0, 0}; }
  Described operator()(const net::Flatten&) const { return {"Flatten", "", 0, 0}; }
};

std::string exits_at(const net::Network& network, std::size_t node) {
  std::string text;
  for (std::size_t e = 0; e < network.exits.size(); ++e) {
    if (static_cast<std::size_t>(network.exits[e].logits) == node) {
      text += fmt::format("{}exit {}", text.empty() ? "" : ", ", e);
    }
  }
  return text;
}

}  // namespace

Answer inspect(const Arguments& arguments, Console&) {
  const Model model = read_model(arguments.input);
  const net::Network& n = model.network;
  Answer answer;
  answer.json["model"] = model.file.filename().string();
  answer.json["sha256"] = model.hash;
  answer.json["name"] = n.name;
  const net::Shape& input = n.nodes.front().shape;
  answer.json["input"] = {{"channels", input.channels},
                          {"height", input.height},
                          {"width", input.width},
                          {"scale", n.input_scale}};
  answer.json["classes"] = n.classes();
  answer.json["layers"] = nlohmann::ordered_json::array();
  TextTable table({{"layer", TextTable::Align::left},
                   {"operation", TextTable::Align::left},
                   {"window", TextTable::Align::left},
                   {"output c x h x w"},
                   {"parameters"},
                   {"MACs"},
                   {"", TextTable::Align::left}});
  std::int64_t parameters = 0;
  std::int64_t macs = 0;
  for (std::size_t i = 0; i < n.nodes.size(); ++i) {
    const net::Node& node = n.nodes[i];
    const Described d = std::visit(Describe{n, node}, node.layer);
    parameters += d.parameters;
    macs += d.macs;
    const std::string exit = exits_at(n, i);
    table.row({node.name, d.op, d.details,
               fmt::format("{} x {} x {}", node.shape.channels, node.shape.height, node.shape.width),
               fmt::format("{}", d.parameters), fmt::format("{}", d.macs), exit});
    nlohmann::ordered_json layer = {
        {"name", node.name},          {"operation", d.op},
        {"window", d.details},        {"shape", {node.shape.channels, node.shape.height, node.shape.width}},
        {"parameters", d.parameters}, {"macs", d.macs}};
    layer["inputs"] = nlohmann::ordered_json::array();
    for (const int from : node.inputs)
      layer["inputs"].push_back(n.nodes[static_cast<std::size_t>(from)].name);
    answer.json["layers"].push_back(layer);
  }
  answer.json["exits"] = nlohmann::ordered_json::array();
  std::string exits;
  for (std::size_t e = 0; e < n.exits.size(); ++e) {
    const net::Exit& x = n.exits[e];
    nlohmann::ordered_json exit = {{"name", x.name},
                                   {"logits", n.nodes[static_cast<std::size_t>(x.logits)].name}};
    if (x.level) exit["level"] = *x.level;
    answer.json["exits"].push_back(exit);
    exits +=
        fmt::format("exit {}: {}, after {}{}\n", e, x.name, n.nodes[static_cast<std::size_t>(x.logits)].name,
                    x.level ? fmt::format(", level {:g} written in the model", *x.level) : "");
  }
  answer.json["parameters"] = parameters;
  answer.json["macs"] = macs;
  answer.text = fmt::format(
      "{} ({}): {} classes, pixels are divided by {:g}\n\n{}\n{}{} parameters, {} MACs for a "
      "sample that meets every exit\n",
      n.name, in_quotes(model.file.filename().string()), n.classes(), n.input_scale, table.text(), exits,
      parameters, macs);
  return answer;
}

}  // namespace offramp::cli

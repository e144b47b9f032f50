#include "cli/describe.h"

#include <fmt/format.h>

#include "cli/options.h"
#include "cli/text_table.h"

namespace offramp::cli {
namespace {

const char* operation(const quant::QLayer& layer) {
  if (std::holds_alternative<quant::QConv>(layer.op)) return "multiply-accumulate";
  return std::holds_alternative<quant::QAdd>(layer.op) ? "add" : "max pool";
}

int weight_bits(const quant::QLayer& layer) {
  if (const auto* conv = std::get_if<quant::QConv>(&layer.op)) return conv->weight_bits;
  if (const auto* add = std::get_if<quant::QAdd>(&layer.op)) return add->weight_bits;
  return 0;
}

std::string place(int branch) {
  return branch < 0 ? "backbone" : fmt::format("exit {}", branch);
}

}  // namespace

nlohmann::ordered_json describe(const quant::QNetwork& network) {
  nlohmann::ordered_json out;
  out["network"] = network.name;
  out["layers"] = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const quant::QLayer& l = network.layers[i];
    const quant::QTensor& t = network.tensors[static_cast<std::size_t>(l.output)];
    out["layers"].push_back({{"name", l.name},
                             {"operation", operation(l)},
                             {"place", place(quant::branch_of(network, static_cast<int>(i)))},
                             {"shape", {t.shape.channels, t.shape.height, t.shape.width}},
                             {"weight_bits", weight_bits(l)},
                             {"activation_bits", t.bits},
                             {"activation_signed", t.is_signed},
                             {"acc_bits", l.acc_bits},
                             {"macs", quant::macs(network, l)}});
  }
  out["exits"] = nlohmann::ordered_json::array();
  for (std::size_t e = 0; e < network.exits.size(); ++e) {
    const quant::QExit& x = network.exits[e];
    nlohmann::ordered_json exit = {{"name", x.name}};
    if (e + 1 < network.exits.size()) {
      exit["criterion"] = fixed::name_of(x.criterion);
      exit["level"] = x.level;
      exit["threshold_register"] = x.threshold;
      exit["skip_register"] = x.skip.to_register();
    }
    out["exits"].push_back(exit);
  }
  return out;
}

std::string table_of(const quant::QNetwork& network) {
  TextTable table({{"layer", TextTable::Align::left},
                   {"operation", TextTable::Align::left},
                   {"place", TextTable::Align::left},
                   {"output c x h x w"},
                   {"weights"},
                   {"output"},
                   {"accumulator"},
                   {"MACs"}});
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const quant::QLayer& l = network.layers[i];
    const quant::QTensor& t = network.tensors[static_cast<std::size_t>(l.output)];
    const int bits = weight_bits(l);
    table.row(
        {l.name, operation(l), place(quant::branch_of(network, static_cast<int>(i))),
         fmt::format("{} x {} x {}", t.shape.channels, t.shape.height, t.shape.width),
         bits == 0 ? "" : fmt::format("int{}", bits), fmt::format("{}int{}", t.is_signed ? "" : "u", t.bits),
         bits == 0 ? "" : fmt::format("{} bits", l.acc_bits), fmt::format("{}", quant::macs(network, l))});
  }
  std::string text = network.name + "\n" + table.text();
  for (std::size_t e = 0; e + 1 < network.exits.size(); ++e) {
    const quant::QExit& x = network.exits[e];
    text += fmt::format("exit {} ({}): leaves where {} {} {:g}\n", e, x.name, fixed::measure_of(x.criterion),
                        x.criterion == fixed::Criterion::entropy ? "<" : ">=", x.level);
  }
  return text;
}

}  // namespace offramp::cli

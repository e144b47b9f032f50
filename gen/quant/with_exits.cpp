#include "quant/with_exits.h"

#include <algorithm>
#include <stdexcept>

namespace offramp::quant {

QNetwork with_exits(const QNetwork& network, const std::vector<int>& early) {
  const int last = static_cast<int>(network.exits.size()) - 1;
  std::vector<int> keep = early;
  keep.push_back(last);
  for (std::size_t i = 0; i < keep.size(); ++i) {
    if (keep[i] < 0 || keep[i] > last || (i > 0 && keep[i] <= keep[i - 1]))
      throw std::logic_error("with_exits: early exits in ascending order are needed");
  }
  QNetwork out;
  out.name = network.name;
  out.decision = network.decision;
  out.calibration = network.calibration;
  std::vector<int> renumbered(network.tensors.size(), -1);
  renumbered[0] = 0;
  out.tensors.push_back(network.tensors[0]);
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const int branch = branch_of(network, static_cast<int>(l));
    if (branch >= 0 && std::find(keep.begin(), keep.end(), branch) == keep.end()) continue;
    QLayer layer = network.layers[l];
    for (int& input : layer.inputs) input = renumbered[static_cast<std::size_t>(input)];
    renumbered[static_cast<std::size_t>(layer.output)] = static_cast<int>(out.tensors.size());
    out.tensors.push_back(network.tensors[static_cast<std::size_t>(layer.output)]);
    layer.output = static_cast<int>(out.tensors.size()) - 1;
    out.layers.push_back(std::move(layer));
  }
  for (const int e : keep) {
    QExit exit = network.exits[static_cast<std::size_t>(e)];
    exit.logits = renumbered[static_cast<std::size_t>(exit.logits)];
    out.exits.push_back(std::move(exit));
  }
  return out;
}

}  // namespace offramp::quant

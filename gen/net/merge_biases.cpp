#include "net/draft.h"

namespace offramp::net {
namespace {

std::vector<float>* bias_of(Layer& layer) {
  if (auto* conv = std::get_if<Conv>(&layer)) return &conv->bias;
  if (auto* dense = std::get_if<Dense>(&layer)) return &dense->bias;
  return nullptr;
}

}  // namespace

void merge_biases(Draft& draft) {
  std::vector<int> uses(draft.nodes.size(), 0);
  for (const DraftNode& d : draft.nodes) {
    for (const int input : d.node.inputs) ++uses[static_cast<std::size_t>(input)];
  }
  for (const Exit& exit : draft.exits) ++uses[static_cast<std::size_t>(exit.logits)];

  // A merged node stays in the list with nothing reading it, and arrange() drops it.
  std::vector<int> instead(draft.nodes.size());
  for (std::size_t i = 0; i < draft.nodes.size(); ++i) {
    instead[i] = static_cast<int>(i);
    DraftNode& d = draft.nodes[i];
    for (int& input : d.node.inputs) input = instead[static_cast<std::size_t>(input)];
    if (!d.constant_add) continue;
    const auto before = static_cast<std::size_t>(d.node.inputs[0]);
    std::vector<float>* bias = bias_of(draft.nodes[before].node.layer);
    if (bias == nullptr || uses[before] != 1) continue;
    const std::vector<float>& shift = std::get<BatchNorm>(d.node.layer).shift;
    for (std::size_t n = 0; n < bias->size(); ++n) (*bias)[n] += shift[n];
    instead[i] = static_cast<int>(before);
    uses[before] = uses[i];
  }
  for (Exit& exit : draft.exits) exit.logits = instead[static_cast<std::size_t>(exit.logits)];
}

}  // namespace offramp::net

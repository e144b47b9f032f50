#include "net/draft.h"

namespace offramp::net {

void drop_unused(Draft& draft) {
  std::vector<bool> needed(draft.nodes.size(), false);
  needed[0] = true;
  for (const Exit& exit : draft.exits) needed[static_cast<std::size_t>(exit.logits)] = true;
  for (std::size_t i = draft.nodes.size(); i-- > 0;) {
    if (!needed[i]) continue;
    for (const int input : draft.nodes[i].node.inputs) needed[static_cast<std::size_t>(input)] = true;
  }
  std::vector<int> index(draft.nodes.size(), -1);
  std::vector<DraftNode> kept;
  for (std::size_t i = 0; i < draft.nodes.size(); ++i) {
    if (!needed[i]) continue;
    index[i] = static_cast<int>(kept.size());
    kept.push_back(std::move(draft.nodes[i]));
    for (int& input : kept.back().node.inputs) input = index[static_cast<std::size_t>(input)];
  }
  draft.nodes = std::move(kept);
  for (Exit& exit : draft.exits) exit.logits = index[static_cast<std::size_t>(exit.logits)];
}

}  // namespace offramp::net

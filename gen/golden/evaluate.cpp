#include "golden/evaluate.h"

#include <fmt/format.h>

#include "base/error.h"

namespace offramp::golden {

Evaluation evaluate(const quant::QNetwork& network, const net::Split& split) {
  const net::Shape want = network.tensors[0].shape;
  const net::Shape have = split.shape;
  if (split.size() == 0)
    throw Error("the data set has no images to evaluate network '" + network.name + "' on; check --data");
  if (want != have) {
    throw Error(fmt::format(
        "network '{}' takes {}x{}x{} images, the data set has {}x{}x{} (channels x height x width); "
        "give a data set that fits (--data)",
        network.name, want.channels, want.height, want.width, have.channels, have.height, have.width));
  }
  std::vector<Trace> traces = FastGolden(network).decide(split.pixels.data(), split.size());
  std::size_t right = 0;
  std::vector<std::size_t> exit_right(network.exits.size(), 0);
  std::vector<std::size_t> left(network.exits.size(), 0);
  Evaluation result;
  for (std::size_t i = 0; i < traces.size(); ++i) {
    const int label = split.labels[i];
    right += traces[i].predicted == label;
    ++left[static_cast<std::size_t>(traces[i].exit)];
    for (std::size_t e = 0; e < network.exits.size(); ++e) {
      exit_right[e] += traces[i].decisions[e].top_class == label;
    }
    result.exit.push_back(traces[i].exit);
    result.predicted.push_back(traces[i].predicted);
    result.decisions.push_back(std::move(traces[i].decisions));
  }
  const auto share = [&](std::size_t n) {
    return static_cast<double>(n) / static_cast<double>(split.size());
  };
  result.accuracy = share(right);
  for (std::size_t e = 0; e < network.exits.size(); ++e) {
    result.exit_accuracy.push_back(share(exit_right[e]));
    result.exit_share.push_back(share(left[e]));
  }
  return result;
}

}  // namespace offramp::golden

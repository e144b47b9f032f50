#include <stdexcept>

#include "base/interrupt.h"
#include "golden/engine.h"
#include "golden/exits.h"
#include "golden/golden.h"
#include "quant/check_network.h"

namespace offramp::golden {

struct FastGolden::Impl {
  std::unique_ptr<Engine> engine;
  std::vector<quant::QExit> exits;
  std::vector<int> taps;
  fixed::DecisionTables decision;
  std::size_t image_bytes = 0;
  int tensors = 0;

  std::vector<Trace> run(const std::uint8_t* pixels, std::size_t count, bool keep) const {
    std::vector<Trace> traces(count);
    const auto block = static_cast<std::size_t>(engine->block());
    const std::unique_ptr<Engine::Values> values = engine->make_values();
    for (std::size_t first = 0; first < count; first += block) {
      check_interrupted();
      const auto images = static_cast<int>(std::min(block, count - first));
      engine->run(pixels + first * image_bytes, images, *values);
      for (int i = 0; i < images; ++i) finish(*values, i, keep, traces[first + static_cast<std::size_t>(i)]);
    }
    return traces;
  }

  void finish(const Engine::Values& values, int image, bool keep, Trace& trace) const {
    trace.decisions =
        decide_exits(exits, taps, decision, [&](int t) { return engine->read(values, t, image); });
    trace.exit = exit_taken(trace.decisions);
    trace.predicted = trace.decisions[static_cast<std::size_t>(trace.exit)].top_class;
    if (!keep) return;
    for (int t = 0; t < tensors; ++t) trace.tensors.push_back(engine->read(values, t, image));
  }
};

FastGolden::FastGolden(const quant::QNetwork& network, Way way) : impl_(std::make_unique<Impl>()) {
  quant::check_network(network);
  const bool bytes = way != Way::planes && golden::runs_on_bytes(network);
  if (way == Way::bytes && !bytes) {
    throw std::logic_error("FastGolden: network '" + network.name + "' does not run on bytes here");
  }
  impl_->engine = bytes ? make_byte_engine(network) : make_plane_engine(network);
  impl_->exits = network.exits;
  impl_->taps = taps_of(network);
  impl_->decision = network.decision;
  impl_->image_bytes = static_cast<std::size_t>(network.tensors[0].shape.elements());
  impl_->tensors = static_cast<int>(network.tensors.size());
}
FastGolden::~FastGolden() = default;

bool FastGolden::runs_on_bytes(const quant::QNetwork& network) {
  return golden::runs_on_bytes(network);
}

std::vector<Trace> FastGolden::run(const std::uint8_t* pixels, std::size_t count) const {
  return impl_->run(pixels, count, true);
}
std::vector<Trace> FastGolden::decide(const std::uint8_t* pixels, std::size_t count) const {
  return impl_->run(pixels, count, false);
}

}  // namespace offramp::golden

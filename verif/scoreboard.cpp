#include "verif/scoreboard.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "accel/top.h"
#include "golden/exits.h"

namespace offramp::verif {
namespace {

std::string position(int y, int x, int channel) {
  return fmt::format("y={} x={} channel={}", y, x, channel);
}

}  // namespace

Scoreboard::Scoreboard(const VerilatedModel& model, const accel::Accelerator& accelerator, GoldenFeed& golden,
                       WatchCheck* watch)
    : accelerator_(accelerator), golden_(golden), watch_(watch), decided_(accelerator.network.exits.size()) {
  if (!model.has_probe("sample.start")) {
    ports_only_ = true;
    return;
  }
  sample_start_ = model.probe("sample.start");
  sample_stop_ = model.probe("sample.stop");
  if (accelerator.engines.front().images > 1) {
    park_ = model.probe("control.sample_park");
    group_start_ = model.probe("control.group_start");
    final_start_ = model.probe("control.final_start");
  }
  if (accelerator.options.prune) {
    activity_known_ = model.probe("activity.known");
    activity_sum_ = model.probe("activity.sum");
    activity_layer_ = model.probe("activity.layer");
    taps_ = golden::taps_of(accelerator.network);
  }
  const quant::QNetwork& network = accelerator.network;
  const int last_exit = static_cast<int>(network.exits.size()) - 1;
  for (const accel::EnginePlan& plan : accelerator.engines) {
    EngineState engine;
    engine.plan = &plan;
    const auto probe = [&](const char* name) { return model.probe(plan.name + "." + name); };
    engine.write_valid = probe("write_valid");
    engine.write_layer = probe("write_layer");
    engine.write_address = probe("write_address");
    engine.write_lane_mask = probe("write_lane_mask");
    engine.write_lane_step = probe("write_lane_step");
    engine.write_column_mask = probe("write_column_mask");
    engine.write_data = probe("write_data");
    engine.logit_valid = probe("logit_valid");
    engine.logit_exit = probe("logit_exit");
    engine.logit_first = probe("logit_first");
    engine.logit_data = probe("logit_data");
    for (const accel::LayerPlan& layer : plan.layers) {
      LayerState state;
      state.plan = &layer;
      state.label = layer.exit >= 0 ? "logits of " + network.exits[static_cast<std::size_t>(layer.exit)].name
                                    : layer.name;
      state.tensor =
          layer.exit >= 0 ? network.exits[static_cast<std::size_t>(layer.exit)].logits : layer.output;
      const quant::QTensor& tensor = network.tensors[static_cast<std::size_t>(state.tensor)];
      state.height = tensor.shape.height;
      state.width = tensor.shape.width;
      state.channels = tensor.shape.channels;
      state.is_signed = tensor.is_signed;
      state.seen.resize(static_cast<std::size_t>(tensor.shape.elements()) *
                        static_cast<std::size_t>(layer.grouped ? plan.images : 1));
      engine.layers.push_back(std::move(state));
    }
    const bool is_backbone = engines_.empty();
    if (!is_backbone) engine.serves_exit = plan.layers.back().exit;
    engines_.push_back(std::move(engine));

    DecisionState unit;
    const std::string name = is_backbone ? "decision" : plan.name + "_decision";
    unit.done = model.probe(name + ".done");
    unit.exit = model.probe(name + ".done_exit");
    unit.top_class = model.probe(name + ".done_class");
    unit.has_sums = model.has_probe(name + ".done_sum_exp");
    if (unit.has_sums) {
      unit.margin = model.probe(name + ".done_margin");
      unit.sum_exp = model.probe(name + ".done_sum_exp");
      unit.sum_weighted = model.probe(name + ".done_sum_weighted");
      unit.confident = model.probe(name + ".done_confident");
    }
    if (!is_backbone) {
      unit.only_exit = plan.layers.back().exit;
    } else if (!accel::serves_early_exits(accelerator)) {
      unit.only_exit = last_exit;
    }
    decisions_.push_back(std::move(unit));
  }
}

void Scoreboard::fail(const std::string& what, const std::string& where, std::int64_t expected,
                      std::int64_t got) {
  if (mismatch_) return;
  const std::size_t n = started_ == 0 ? 0 : static_cast<std::size_t>(started_ - 1);
  mismatch_ = Mismatch{.sample = golden_.image(std::min(n, golden_.size() - 1)),
                       .layer = what,
                       .position = where,
                       .expected = expected,
                       .got = got};
}

void Scoreboard::compare(const std::string& what, const std::string& where, std::int64_t expected,
                         std::int64_t got) {
  ++compared_;
  if (expected != got) fail(what, where, expected, got);
}

void Scoreboard::observe(std::uint64_t cycle) {
  cycle_ = cycle;
  if (ports_only_) return;
  for (EngineState& engine : engines_) {
    if (engine.write_valid.get() != 0) check_write(engine);
    if (engine.logit_valid.get() != 0) check_logits(engine);
  }
  for (const DecisionState& unit : decisions_) {
    if (unit.done.get() != 0) check_decision(unit);
  }
  if (accelerator_.options.prune && activity_known_.get() != 0) check_activity();
  if (accelerator_.engines.front().images > 1) observe_group();
  if (sample_stop_.get() != 0) {
    ++events_;
    if (sample_ == nullptr || stopped_)
      fail("sample.stop", fmt::format("cycle {} (no sample runs)", cycle), 0, 1);
    if (watch_ != nullptr && sample_ != nullptr && !stopped_) watch_->result(*sample_, cycle);
    stopped_ = true;
  }
  if (sample_start_.get() != 0) {
    ++events_;
    if (sample_ != nullptr && !stopped_) {
      fail("sample.start", fmt::format("cycle {} (the sample before has not stopped)", cycle), 0, 1);
    }
    end_sample();
    begin_sample();
  }
}

void Scoreboard::begin_sample() {
  if (started_ >= golden_.size()) {
    fail("sample.start", fmt::format("cycle {} (a sample starts that was not sent)", cycle_), 0, 1);
    sample_ = nullptr;
    return;
  }
  const auto n = static_cast<std::size_t>(started_++);
  sample_ = watch_ == nullptr ? &golden_.at(n) : &golden_.decide_by(n, watch_->thresholds());
  if (watch_ != nullptr) {
    watch_->start(cycle_);
    for (const WatchCheck::Shown& s : watch_->shown_thresholds())
      compare("register " + s.name, "when a sample starts", s.expected, s.got);
  }
  stopped_ = false;
  std::fill(decided_.begin(), decided_.end(), 0);
  for (EngineState& engine : engines_) {
    engine.current = 0;
    for (LayerState& layer : engine.layers) {
      std::fill(layer.seen.begin(), layer.seen.end(), std::uint8_t{0});
      layer.count = 0;
    }
  }
}

void Scoreboard::observe_group() {
  EngineState& engine = engines_.front();
  const auto fresh = [&](std::size_t from, std::size_t to) {
    for (std::size_t l = from; l < to; ++l) {
      std::fill(engine.layers[l].seen.begin(), engine.layers[l].seen.end(), std::uint8_t{0});
      engine.layers[l].count = 0;
    }
  };
  const auto first = static_cast<std::size_t>(engine.plan->group_first);
  const auto last = static_cast<std::size_t>(engine.plan->final_first);
  const auto close = [&] {  // what a result has ended
    if (sample_ == nullptr || !stopped_) return;
    end_sample();
    sample_ = nullptr;
    if (final_ > 0 && final_ == parked_.size()) {
      parked_.clear();
      final_ = 0;
    }
  };
  if (group_start_.get() != 0 || final_start_.get() != 0 || sample_start_.get() != 0) close();
  if (park_.get() != 0) {
    ++events_;
    if (sample_ == nullptr || stopped_) {
      fail("sample.park", fmt::format("cycle {} (no sample runs)", cycle_), 0, 1);
      return;
    }
    for (std::size_t l = 0; l < first; ++l) check_complete(engine.layers[l]);
    if (sample_->exit + 1 != static_cast<int>(accelerator_.network.exits.size()))
      fail("sample.park", "a sample that leaves early", sample_->exit, -1);
    for (std::size_t e = 0; accel::serves_early_exits(accelerator_) && e + 1 < decided_.size(); ++e) {
      const int expected = is_skipped(static_cast<int>(e)) ? 0 : 1;
      if (decided_[e] != expected)
        fail("decision of " + accelerator_.network.exits[e].name, "number of decisions", expected,
             decided_[e]);
    }
    parked_.push_back(sample_);
    sample_ = nullptr;
  }
  if (group_start_.get() != 0) {
    ++events_;
    fresh(first, last);
    engine.current = first;
    final_ = 0;
  }
  if (final_start_.get() != 0) {
    ++events_;
    if (final_ == 0) check_group_complete();
    if (final_ >= parked_.size()) {
      fail("final.start", fmt::format("cycle {} (only {} samples are parked)", cycle_, parked_.size()), 0, 1);
      return;
    }
    sample_ = parked_[final_++];
    stopped_ = false;
    std::fill(decided_.begin(), decided_.end(), 0);
    fresh(last, engine.layers.size());
    engine.current = last;
  }
}

void Scoreboard::check_group_complete() {
  const EngineState& engine = engines_.front();
  for (int l = engine.plan->group_first; l < engine.plan->final_first; ++l) {
    const LayerState& layer = engine.layers[static_cast<std::size_t>(l)];
    const std::size_t map = layer.seen.size() / static_cast<std::size_t>(engine.plan->images);
    if (layer.count != map * parked_.size()) {
      fail(layer.label, fmt::format("{} elements of {} samples", map, parked_.size()),
           static_cast<std::int64_t>(map * parked_.size()), static_cast<std::int64_t>(layer.count));
    }
  }
}

bool Scoreboard::is_skipped(int exit) const {
  return accelerator_.options.prune && exit >= 0 && sample_ != nullptr &&
         sample_->trace.decisions[static_cast<std::size_t>(exit)].skipped;
}

void Scoreboard::check_activity() {
  ++events_;
  if (sample_ == nullptr) return;
  const auto layer = static_cast<std::size_t>(activity_layer_.get());
  for (int e = 0; e + 1 < static_cast<int>(decided_.size()); ++e) {
    const std::vector<accel::LayerPlan>& layers = accelerator_.engines.front().layers;
    const auto i = static_cast<std::size_t>(e);
    if (layer >= layers.size() || layers[layer].output != taps_[i]) continue;
    compare("map of " + accelerator_.network.exits[i].name, "sum of magnitudes",
            static_cast<std::int64_t>(sample_->trace.decisions[i].activity),
            static_cast<std::int64_t>(activity_sum_.get()));
  }
}

bool Scoreboard::required(const EngineState& engine, std::size_t layer, int exit) const {
  const accel::LayerPlan& plan = *engine.layers[layer].plan;
  const int last_exit = static_cast<int>(accelerator_.network.exits.size()) - 1;
  if (is_skipped(plan.branch)) return false;
  if (exit == last_exit) return true;
  // An exit-classifier's own exit decides whether its layers must have run.
  if (engine.serves_exit >= 0) return engine.serves_exit <= exit;
  // The program runs in order up to the logits of the last exit that it had to decide.
  for (std::size_t l = layer; l < engine.layers.size(); ++l) {
    const int decides = engine.layers[l].plan->exit;
    if (decides >= 0 && decides <= exit) return true;
  }
  if (accelerator_.engine_of_exit(exit) == 0) return false;
  // Beside exit classifiers the backbone must have come to the tensor that the exit's branch reads.
  const std::vector<int> path = quant::layers_for_exit(accelerator_.network, exit);
  return std::find(path.begin(), path.end(), plan.qlayer) != path.end();
}

void Scoreboard::check_complete(const LayerState& layer) {
  if (is_skipped(layer.plan->branch)) {
    if (layer.count > 0)
      fail(layer.label, "elements of a branch that is skipped", 0, static_cast<std::int64_t>(layer.count));
    return;
  }
  if (layer.count == layer.seen.size()) return;
  const auto missing = std::find(layer.seen.begin(), layer.seen.end(), std::uint8_t{0}) - layer.seen.begin();
  const auto index = static_cast<int>(missing);
  const int channel = index % layer.channels;
  const int x = index / layer.channels % layer.width;
  const int y = index / layer.channels / layer.width;
  fail(layer.label, position(y, x, channel) + " (never written)",
       sample_->trace.tensors[static_cast<std::size_t>(layer.tensor)][static_cast<std::size_t>(missing)], 0);
}

void Scoreboard::enter_layer(EngineState& engine, std::size_t index) {
  for (; engine.current < index; ++engine.current) check_complete(engine.layers[engine.current]);
}

void Scoreboard::end_sample() {
  if (sample_ == nullptr) return;
  const bool grouped = accelerator_.engines.front().images > 1;
  const bool to_the_end = sample_->exit + 1 == static_cast<int>(accelerator_.network.exits.size());
  for (const EngineState& engine : engines_) {
    // Of a sample that was parked, the first phase was checked then, the second with its group.
    const std::size_t from = grouped && to_the_end ? static_cast<std::size_t>(engine.plan->final_first) : 0;
    for (std::size_t l = from; l < engine.layers.size(); ++l) {
      if (required(engine, l, sample_->exit)) check_complete(engine.layers[l]);
    }
  }
  // Exactly one decision of each exit up to the one taken; those beyond may have been cut off.
  const bool is_static = accelerator_.options.strategy == accel::Strategy::static_;
  for (int e = 0; e < static_cast<int>(decided_.size()); ++e) {
    // A parked sample's early decisions were forgotten when its last phase began.
    const bool must = is_static || (grouped && to_the_end) ? e == sample_->exit : e <= sample_->exit;
    const int count = decided_[static_cast<std::size_t>(e)];
    const int expected = !is_static && is_skipped(e) ? 0 : 1;
    if (must ? count == expected : count <= expected) continue;
    fail("decision of " + accelerator_.network.exits[static_cast<std::size_t>(e)].name, "number of decisions",
         expected, count);
  }
}

void Scoreboard::finish() {
  if (ports_only_) return;
  end_sample();
  sample_ = nullptr;
}

void Scoreboard::check_element(const Target& target, LayerState& layer, int y, int x, int channel,
                               std::int64_t got) {
  const std::string& name = layer.label;
  if (y < 0 || y >= layer.height || x < 0 || x >= layer.width || channel < 0 || channel >= layer.channels) {
    fail(name, position(y, x, channel) + " (outside the tensor)", 0, got);
    return;
  }
  const std::size_t index =
      (static_cast<std::size_t>(y) * static_cast<std::size_t>(layer.width) + static_cast<std::size_t>(x)) *
          static_cast<std::size_t>(layer.channels) +
      static_cast<std::size_t>(channel);
  const std::int32_t expected = target.sample->trace.tensors[static_cast<std::size_t>(layer.tensor)][index];
  ++compared_;
  if (got != expected) fail(name, position(y, x, channel), expected, got);
  if (layer.seen[target.first_seen + index] != 0) {
    fail(name, position(y, x, channel) + " (written twice)", expected, got);
  } else {
    layer.seen[target.first_seen + index] = 1;
    ++layer.count;
  }
}

void Scoreboard::check_write(EngineState& engine) {
  ++events_;
  const accel::EnginePlan& plan = *engine.plan;
  const auto index = static_cast<std::size_t>(engine.write_layer.get());
  const bool grouped = index < engine.layers.size() && engine.layers[index].plan->grouped;
  if (grouped ? parked_.empty() : sample_ == nullptr) {
    fail(plan.name, fmt::format("cycle {} (a write while no sample runs)", cycle_), 0, 1);
    return;
  }
  if (index >= engine.layers.size() || engine.layers[index].plan->exit >= 0) {
    fail(plan.name, fmt::format("cycle {} (a write of layer {}, which writes no tensor)", cycle_, index), 0,
         1);
    return;
  }
  if (!grouped) enter_layer(engine, index);
  LayerState& layer = engine.layers[index];
  const std::size_t map = static_cast<std::size_t>(layer.height) * static_cast<std::size_t>(layer.width) *
                          static_cast<std::size_t>(layer.channels);
  const accel::TensorLayout& out = layer.plan->out;
  const int space = plan.banks * plan.words;
  const auto address = static_cast<int>(engine.write_address.get());
  const auto step = static_cast<int>(engine.write_lane_step.get());
  for (int lane = 0; lane < plan.shape.lanes; ++lane) {
    if (engine.write_lane_mask.part(lane, 1) == 0) continue;
    // Addresses wrap in the memory's space, so a step of one row back is a large number.
    int offset = (address + lane * step) % space - out.base;
    Target target{.sample = sample_, .first_seen = 0};
    if (out.slot_step > 0) {
      // Each image in flight has its own map.
      const std::size_t slot =
          grouped ? static_cast<std::size_t>(std::max(offset, 0) / out.slot_step) : parked_.size();
      if (grouped && slot >= parked_.size()) {
        fail(layer.label, fmt::format("address {} (slot {} of {})", address, slot, parked_.size()), 0, 1);
        return;
      }
      if (grouped) target = {.sample = parked_[slot], .first_seen = slot * map};
      offset -= static_cast<int>(slot) * out.slot_step;
    }
    const int y = offset < 0 ? -1 : offset / out.row_pitch;
    const int x = offset < 0 ? -1 : offset % out.row_pitch / out.pixel_pitch;
    const int channel = offset < 0 ? -1 : offset % out.row_pitch % out.pixel_pitch;
    for (int column = 0; column < plan.shape.columns; ++column) {
      if (engine.write_column_mask.part(column, 1) == 0) continue;
      const int lsb = (lane * plan.shape.columns + column) * plan.data_bits;
      const std::int64_t got = layer.is_signed
                                   ? engine.write_data.signed_part(lsb, plan.data_bits)
                                   : static_cast<std::int64_t>(engine.write_data.part(lsb, plan.data_bits));
      check_element(target, layer, y, x, channel + column, got);
    }
  }
}

void Scoreboard::check_logits(EngineState& engine) {
  ++events_;
  const accel::EnginePlan& plan = *engine.plan;
  const auto exit = engine.serves_exit >= 0 ? engine.serves_exit : static_cast<int>(engine.logit_exit.get());
  const auto layer = std::find_if(engine.layers.begin(), engine.layers.end(),
                                  [&](const LayerState& l) { return l.plan->exit == exit; });
  if (sample_ == nullptr || layer == engine.layers.end()) {
    fail(plan.name, fmt::format("cycle {} (logits of exit {} that nothing asked for)", cycle_, exit), 0, 1);
    return;
  }
  enter_layer(engine, static_cast<std::size_t>(layer - engine.layers.begin()));
  // Beats come in class order. The design counts them in an address of its memory, which may be too narrow
  // for the class: then only the low bits can be compared.
  const auto first = static_cast<int>(layer->count);
  const std::uint64_t low =
      static_cast<std::uint64_t>(first) & ((std::uint64_t{1} << engine.logit_first.bits()) - 1);
  compare(layer->label,
          fmt::format("number of the beat's first class, low {} bits", engine.logit_first.bits()),
          static_cast<std::int64_t>(low), static_cast<std::int64_t>(engine.logit_first.get()));
  const int beat = std::max(1, std::min(plan.shape.columns, layer->channels - first));
  for (int column = 0; column < beat; ++column) {
    check_element({.sample = sample_, .first_seen = 0}, *layer, 0, 0, first + column,
                  engine.logit_data.signed_part(column * plan.logit_bits, plan.logit_bits));
  }
}

void Scoreboard::check_decision(const DecisionState& unit) {
  ++events_;
  const int exit = unit.only_exit >= 0 ? unit.only_exit : static_cast<int>(unit.exit.get());
  const auto e = static_cast<std::size_t>(exit);
  if (sample_ == nullptr || e >= decided_.size()) {
    fail("decision", fmt::format("cycle {} (of exit {}, that nothing asked for)", cycle_, exit), 0, 1);
    return;
  }
  ++decided_[e];
  const fixed::Decision& expected = sample_->trace.decisions[e];
  const std::string& name = accelerator_.network.exits[e].name;
  compare("decision of " + name, "class", expected.top_class,
          static_cast<std::int64_t>(unit.top_class.get()));
  // The last exit is taken whatever its confidence: the hardware does not compute it.
  if (!unit.has_sums || e + 1 == decided_.size()) return;
  compare("decision of " + name, "margin", expected.margin, static_cast<std::int64_t>(unit.margin.get()));
  switch (const fixed::Criterion criterion = accelerator_.network.exits[e].criterion) {
    case fixed::Criterion::max_softmax:
    case fixed::Criterion::entropy:
      compare("sum_weighted of " + name, criterion == fixed::Criterion::entropy ? "W + h(S)" : "W",
              static_cast<std::int64_t>(criterion == fixed::Criterion::entropy
                                            ? fixed::entropy_times_s(expected, accelerator_.network.decision)
                                            : expected.sum_weighted),
              static_cast<std::int64_t>(unit.sum_weighted.get()));
      [[fallthrough]];
    case fixed::Criterion::base2:
      compare("sum_exp of " + name, "S",
              static_cast<std::int64_t>(criterion == fixed::Criterion::base2 ? expected.sum_base2
                                                                             : expected.sum_exp),
              static_cast<std::int64_t>(unit.sum_exp.get()));
      break;
    case fixed::Criterion::margin:
      break;
    case fixed::Criterion::patience:
      return;  // the control of samples looks at the classes
  }
  compare("decision of " + name, "confident", expected.confident,
          static_cast<std::int64_t>(unit.confident.get()));
}

void Scoreboard::check_result(std::uint64_t n, int exit, int predicted) {
  ++events_;
  if (n >= golden_.size()) return;  // the sink has reported it
  const ExpectedSample& sample = golden_.at(static_cast<std::size_t>(n));
  const auto check = [&](const char* what, int expected, int got) {
    ++compared_;
    if (expected == got || mismatch_) return;
    mismatch_ = Mismatch{
        .sample = sample.image, .layer = "result", .position = what, .expected = expected, .got = got};
  };
  check("exit", sample.exit, exit);
  check("class", sample.predicted, predicted);
  golden_.forget(static_cast<std::size_t>(n));
}

std::string Scoreboard::waiting_for() const {
  if (ports_only_) return events_ < golden_.size() ? "a result" : "";
  if (sample_ == nullptr) return "sample.start";
  if (stopped_) return {};
  for (const EngineState& engine : engines_) {
    for (std::size_t l = 0; l < engine.layers.size(); ++l) {
      const LayerState& layer = engine.layers[l];
      if (layer.count == layer.seen.size() || !required(engine, l, sample_->exit)) continue;
      return fmt::format("layer '{}' of engine '{}' ({} of {} elements written)", layer.plan->name,
                         engine.plan->name, layer.count, layer.seen.size());
    }
  }
  return "sample.stop";
}

}  // namespace offramp::verif

#include "accel/share.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <stdexcept>

#include "accel/configuration.h"
#include "accel/engine.h"
#include "accel/overlap.h"
#include "accel/top.h"
#include "base/error.h"

namespace offramp::accel {
namespace {

void check_shareable(const std::vector<Accelerator>& networks) {
  std::set<std::string> names;
  for (const Accelerator& a : networks) {
    const std::string& name = a.network.name;
    const Options& first = networks.front().options;
    if (a.options.strategy == Strategy::parallel) {
      throw Error(
          fmt::format("{}: exit classifiers beside the backbone belong to one network, so a parallel design "
                      "runs one; use "
                      "--exits static or pipeline for several",
                      name));
    }
    if (a.engines.front().beat_bits > 0) {
      throw Error(
          fmt::format("{}: its weights stream from external memory ({} tiles stay on the chip), and several "
                      "networks on one "
                      "design need theirs on the chip; choose a larger target, fewer bits or one network",
                      name, a.engines.front().resident_tiles));
    }
    if (a.options.prune) {
      throw Error(
          fmt::format("{}: its branches are skipped by rules, which designs for several networks do not "
                      "have; generate it "
                      "alone, or tune it without --prune",
                      name));
    }
    if (a.options.watch.any()) {
      throw Error(fmt::format(
          "{}: exits are watched where a design runs one network; leave out --watch or --also", name));
    }
    if (a.options.strategy != first.strategy || !(a.options.backbone == first.backbone) ||
        a.options.packed != first.packed) {
      throw std::logic_error("networks that share hardware must be planned with the same options");
    }
    if (!names.insert(identifier(a.network)).second) {
      throw Error(fmt::format("two networks of one design are named '{}'; rename one in its quantized.json",
                              identifier(a.network)));
    }
  }
}

/// Makes one member the largest of all.
template <typename Member>
void make_largest(std::vector<Accelerator>& networks, Member member) {
  int most = 0;
  for (Accelerator& a : networks) most = std::max(most, a.engines.front().*member);
  for (Accelerator& a : networks) a.engines.front().*member = most;
}

/// A number that decides how large the hardware is, as a message says it.
struct Size {
  std::string what;
  std::int64_t value = 0;
};

std::vector<Size> sizes_of(const Accelerator& a) {
  const EngineConfig c = engine_config(a, 0, "");
  const blocks::ProgramFormat& f = c.sequencer.format;
  const blocks::DecisionUnit d = decision_unit(a, 0);
  int beats = 0;
  int rows = 0;
  for (const Accelerator* n : networks_of(a)) {
    const net::Shape& image = n->network.tensors.front().shape;
    beats = std::max(beats, image.width * image.channels / a.stream_bytes);
    rows = std::max(rows, image.height);
  }
  return {{"layers", c.sequencer.program_words},
          {"activation words a bank", c.words},
          {"weight tiles", c.weight_words},
          {"entries of the tile table", c.tiles},
          {"channel groups", c.channel_groups},
          {"pixel groups that accumulate", c.acc_depth},
          {"bits of an activation", c.data_bits},
          {"bits of a weight", c.weight_bits},
          {"bits of an accumulator", c.acc_bits},
          {"bits of a result", c.result_bits},
          {"bits of a kernel position", c.kernel_bits},
          {"bits of a coordinate", f.coordinate_bits},
          {"bits of a counter", f.count_bits},
          {"bits of a pixel number", c.sequencer.pixel_bits},
          {"bits of a wait", f.wait_bits},
          {"residual additions on the way out", c.adds ? 1 : 0},
          {"exits", most_exits(a)},
          {"exits decided with confidence", d.with_sums ? 1 : 0},
          {"classes", most_classes(a)},
          {"bits of a logit", d.logit_bits},
          {"words of the exponential's table", d.table_words},
          {"octaves of the line table", d.octaves()},
          {"beats of an image row", beats},
          {"rows of an image", rows}};
}

}  // namespace

std::string identifier(const quant::QNetwork& network) {
  std::string id;
  for (const char c : network.name) {
    id += std::isalnum(static_cast<unsigned char>(c)) != 0
              ? static_cast<char>(std::tolower(static_cast<unsigned char>(c)))
              : '_';
  }
  if (id.empty() || std::isalpha(static_cast<unsigned char>(id.front())) == 0) id = "net_" + id;
  return id;
}

std::vector<const Accelerator*> networks_of(const Accelerator& accelerator) {
  std::vector<const Accelerator*> networks = {&accelerator};
  for (const Accelerator& a : accelerator.also) networks.push_back(&a);
  return networks;
}

Accelerator seen_from(const Accelerator& accelerator, std::size_t n) {
  Accelerator first = accelerator;
  if (n == 0) return first;
  std::vector<Accelerator> others = std::move(first.also);
  first.also.clear();
  Accelerator own = std::move(others.at(n - 1));
  others[n - 1] = std::move(first);
  own.also = std::move(others);
  own.hardware = configuration_hash(accelerator);
  return own;
}

int most_exits(const Accelerator& accelerator) {
  std::size_t most = 0;
  for (const Accelerator* a : networks_of(accelerator)) most = std::max(most, a->network.exits.size());
  return static_cast<int>(most);
}

int most_classes(const Accelerator& accelerator) {
  int most = 0;
  for (const Accelerator* a : networks_of(accelerator)) most = std::max(most, a->network.classes());
  return most;
}

Accelerator share_hardware(std::vector<Accelerator> networks) {
  check_shareable(networks);
  make_largest(networks, &EnginePlan::words);
  make_largest(networks, &EnginePlan::data_bits);
  make_largest(networks, &EnginePlan::weight_bits);
  make_largest(networks, &EnginePlan::acc_bits);
  make_largest(networks, &EnginePlan::logit_bits);
  int stream_bytes = networks.front().stream_bytes;
  bool adds = false;
  for (const Accelerator& a : networks) {
    stream_bytes = std::min(stream_bytes, a.stream_bytes);
    adds = adds || a.engines.front().adds;
  }
  for (Accelerator& a : networks) {
    EnginePlan& engine = a.engines.front();
    a.stream_bytes = stream_bytes;
    engine.acc_bits = std::max(engine.acc_bits, engine.data_bits + engine.weight_bits + 2);
    if (engine.adds == adds) continue;
    engine.adds = adds;  // the way out is longer now, and so is what a layer waits for the one before
    plan_waits(engine);
  }
  Accelerator shared = std::move(networks.front());
  shared.also.assign(std::make_move_iterator(networks.begin() + 1), std::make_move_iterator(networks.end()));
  return shared;
}

Accelerator load_onto(const Accelerator& design, const Accelerator& network) {
  if (design.also.empty()) {
    throw Error(fmt::format("{} was generated for one network; generate a design for several with --also",
                            top_name(design)));
  }
  std::vector<Accelerator> all;
  for (const Accelerator* a : networks_of(design)) {
    all.push_back(*a);
    all.back().also.clear();
  }
  all.push_back(network);
  const Accelerator larger = share_hardware(std::move(all));
  const std::vector<Size> has = sizes_of(design);
  const std::vector<Size> needs = sizes_of(larger);
  std::string table;
  for (std::size_t i = 0; i < has.size(); ++i) {
    if (needs[i].value == has[i].value) continue;
    table += fmt::format("  {:<36}{:>12}{:>12}\n", has[i].what, needs[i].value, has[i].value);
  }
  if (larger.stream_bytes != design.stream_bytes)
    table +=
        fmt::format("  {:<36}{:>12}{:>12}\n", "elements of a beat", larger.stream_bytes, design.stream_bytes);
  if (!table.empty()) {
    throw Error(
        fmt::format("{} does not fit the hardware of {}:\n  {:<36}{:>12}{:>12}\n{}Generate the design "
                    "again with it among --also.",
                    network.network.name, top_name(design), "", "needed", "there", table));
  }
  Accelerator loaded = seen_from(larger, larger.also.size());
  loaded.hardware = configuration_hash(design);
  return loaded;
}

}  // namespace offramp::accel

#include "hw/interpreter.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <unordered_map>

#include "hw/interpret_flatten.h"
#include "hw/interpret_memory.h"
#include "hw/interpret_netlist.h"
#include "hw/interpret_schedule.h"

namespace offramp::hw {

namespace {

using interpret::ClockDomain;
using interpret::error_id;
using interpret::NetId;
using interpret::NetKind;
using interpret::Wire;

/// Number of letters to change, add or drop.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t k = 0; k <= b.size(); ++k) row[k] = k;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t k = 1; k <= b.size(); ++k) {
      const std::size_t change = diagonal + (a[i - 1] == b[k - 1] ? 0 : 1);
      diagonal = row[k];
      row[k] = std::min({row[k] + 1, row[k - 1] + 1, change});
    }
  }
  return row.back();
}

/// "; did you mean 'x'?", or nothing where there are no names.
std::string nearest(std::string_view name, const std::vector<std::string>& names) {
  const std::string* best = nullptr;
  std::size_t least = std::numeric_limits<std::size_t>::max();
  for (const auto& n : names) {
    const std::size_t d = distance(name, n);
    if (d < least) {
      least = d;
      best = &n;
    }
  }
  return best == nullptr ? "; there is none" : "; did you mean '" + *best + "'?";
}

}  // namespace

class Interpreter::State {
 public:
  State(const Module& top, const InterpreterOptions& options)
      : top_(top),
        netlist_(interpret::flatten(top, options.parameters, options.string_parameters)),
        schedule_(netlist_),
        machine_(schedule_.take_machine()) {
    for (std::size_t i = 0; i < netlist_.memories.size(); ++i) {
      interpret::load_memory(netlist_.memories[i], options.folder, machine_.memories[i]);
      memories_.emplace(netlist_.memories[i].name, i);
    }
    for (const auto& [name, net] : netlist_.names) names_.emplace(name, net);
    for (NetId net = 0; net < netlist_.nets.size(); ++net) {
      if (!netlist_.nets[net].starts_low) continue;
      const std::uint32_t slot = schedule_.slot_of(net);
      if (slot != none) {
        std::fill_n(machine_.words.begin() + slot, 2 * interpret::words_of(netlist_.nets[net].width),
                    std::uint64_t{0});
      }
    }
  }

  const interpret::TopInput& input(std::string_view name) const {
    for (const auto& i : netlist_.inputs) {
      if (i.name == name) return i;
    }
    std::vector<std::string> known;
    for (const auto& i : netlist_.inputs) known.push_back(i.name);
    throw DesignError(
        error_id,
        "module '" + top_.name + "' has no input '" + std::string(name) + "'" + nearest(name, known),
        top_.loc);
  }

  void set(std::string_view name, const LogicVector& value) {
    const auto& i = settable(name);
    const std::uint32_t width = netlist_.nets[i.net].width;
    if (value.width() != width) {
      throw DesignError(error_id,
                        "input '" + i.name + "' has " + std::to_string(width) + " bits but is set to " +
                            std::to_string(value.width()) + " bits",
                        top_.loc);
    }
    const std::uint32_t slot = schedule_.slot_of(i.net);
    std::copy(value.value.begin(), value.value.end(), machine_.words.begin() + slot);
    std::copy(value.unknown.begin(), value.unknown.end(),
              machine_.words.begin() + slot + interpret::words_of(width));
    change();
  }

  void set(std::string_view name, std::int64_t value) {
    const auto& i = settable(name);
    const std::uint32_t width = netlist_.nets[i.net].width;
    if (width < 64 && (value >= (std::int64_t{1} << width) || value < -(std::int64_t{1} << (width - 1)))) {
      throw DesignError(error_id,
                        "input '" + i.name + "' has " + std::to_string(width) + " bits, which cannot hold " +
                            std::to_string(value),
                        top_.loc);
    }
    const std::uint32_t slot = schedule_.slot_of(i.net);
    if (width <= 64) {
      machine_.words[slot] = static_cast<std::uint64_t>(value) & interpret::mask_of(width);
      machine_.words[slot + 1] = 0;
      change();
    } else {
      set(name, LogicVector::of(width, value));
    }
  }

  LogicVector get(std::string_view name) {
    const auto it = names_.find(std::string(name));
    if (it == names_.end()) {
      if (memories_.contains(std::string(name))) {
        throw DesignError(error_id, "'" + std::string(name) + "' is a memory; read a word of it with word()",
                          {});
      }
      throw DesignError(error_id,
                        "module '" + top_.name + "' has no signal '" + std::string(name) +
                            "' at these parameters" + nearest(name, signals()),
                        top_.loc);
    }
    settle(true);
    const Wire w = netlist_.whole(it->second);
    LogicVector v(w.width);
    const std::uint32_t words = interpret::words_of(w.width);
    std::vector<std::uint64_t> slot(std::size_t{2} * words);
    std::copy(v.unknown.begin(), v.unknown.end(), slot.begin() + words);
    read(w, slot, 0);
    std::copy_n(slot.begin(), words, v.value.begin());
    std::copy_n(slot.begin() + words, words, v.unknown.begin());
    return v;
  }

  std::vector<std::string> signals() const {
    std::vector<std::string> all;
    all.reserve(netlist_.names.size());
    for (const auto& [name, net] : netlist_.names) all.push_back(name);
    return all;
  }

  LogicVector word(std::string_view name, std::int64_t address) {
    const auto it = memories_.find(std::string(name));
    if (it == memories_.end()) {
      std::vector<std::string> known;
      for (const auto& m : netlist_.memories) known.push_back(m.name);
      throw DesignError(
          error_id,
          "module '" + top_.name + "' has no memory '" + std::string(name) + "'" + nearest(name, known),
          top_.loc);
    }
    auto& m = machine_.memories[it->second];
    if (address < 0 || address >= m.depth) {
      throw DesignError(error_id,
                        "memory '" + std::string(name) + "' has no word " + std::to_string(address) +
                            "; it has " + std::to_string(m.depth) + ", counted from 0",
                        netlist_.memories[it->second].loc);
    }
    const std::uint64_t* const w = m.word(static_cast<std::uint64_t>(address));
    LogicVector v(m.width);
    std::copy_n(w, m.words, v.value.begin());
    std::copy_n(w + m.words, m.words, v.unknown.begin());
    return v;
  }

  void step(std::string_view clock) {
    const auto& i = input(clock);
    if (!i.clock) {
      std::vector<std::string> known;
      for (const auto& other : netlist_.inputs) {
        if (other.clock) known.push_back(other.name);
      }
      throw DesignError(error_id, "input '" + i.name + "' is not a clock" + nearest(clock, known), top_.loc);
    }
    edge(i.net);
  }

  /// A rising edge of one clock, or of all.
  void edge(std::optional<NetId> clock) {
    settle(false);
    const auto rises = [&](const ClockDomain& d) { return !clock || d.clock == *clock; };
    auto& w = machine_.words;
    // Everything is sampled before anything changes.
    for (const ClockDomain& d : schedule_.domains) {
      if (rises(d) || d.clock == none) check(d);
    }
    for (const ClockDomain& d : schedule_.domains) {
      if (!rises(d)) continue;
      for (const auto& m : d.writes) machine_.write(m.memory, m.enable, m.address, m.data);
    }
    for (const ClockDomain& d : schedule_.domains) {
      if (!rises(d)) continue;
      for (const auto& [to, from] : d.moves) {
        w[to] = w[from];
        w[to + 1] = w[from + 1];
      }
      for (const auto& m : d.wide_moves) std::copy_n(w.begin() + m.from, m.words, w.begin() + m.to);
      machine_.run(d.part_moves);
    }
    ++cycle;
    change();
  }

  std::uint64_t cycle = 0;
  std::vector<PropertyEvent> events;

 private:
  const interpret::TopInput& settable(std::string_view name) const {
    const auto& i = input(name);
    if (!i.clock) return i;
    throw DesignError(
        error_id,
        "input '" + i.name + "' is a clock and cannot be set; step(\"" + i.name + "\") is its rising edge",
        top_.loc);
  }

  void change() {
    state_settled_ = false;
    rest_settled_ = false;
  }

  /// `all`: also what no register, memory or property depends on.
  void settle(bool all) {
    if (!state_settled_) machine_.run(schedule_.state_program);
    state_settled_ = true;
    if (!all || rest_settled_) return;
    machine_.run(schedule_.rest_program);
    rest_settled_ = true;
  }

  void check(const ClockDomain& d) {
    for (const auto& c : d.checks) {
      const auto& w = machine_.words;
      const auto is = [&](std::uint32_t slot, std::uint64_t v) { return w[slot + 1] == 0 && w[slot] == v; };
      const auto& p = netlist_.properties[c.property];
      const std::uint64_t wanted = p.kind == PropertyKind::cover ? 1 : 0;
      if (is(c.active, 1) && is(c.condition, wanted)) events.push_back({p.name, p.kind, cycle, p.loc});
    }
  }

  void read(Wire w, std::vector<std::uint64_t>& to, std::uint32_t low) const {
    w = netlist_.source_of(w);
    const auto& net = netlist_.nets[w.net];
    if (net.kind == NetKind::wire) {
      for (const auto& d : net.drivers) {
        const std::uint32_t from = std::max(d.low, w.low);
        const std::uint32_t end = std::min(d.low + d.source.width, w.low + w.width);
        if (from < end) read(d.source.part(from - d.low, end - from), to, low + from - w.low);
      }
      return;
    }
    interpret::copy_bits(to.data(), static_cast<std::uint32_t>(to.size() / 2), low,
                         machine_.words.data() + schedule_.slot_of(w.net), interpret::words_of(net.width),
                         w.low, w.width);
  }

  const Module& top_;
  interpret::Netlist netlist_;
  interpret::Schedule schedule_;
  interpret::Machine machine_;
  std::unordered_map<std::string, NetId> names_;
  std::unordered_map<std::string, std::size_t> memories_;
  bool state_settled_ = false;
  bool rest_settled_ = false;
};

Interpreter::Interpreter(const Module& top, const InterpreterOptions& options)
    : state_(std::make_unique<State>(top, options)) {}
Interpreter::~Interpreter() = default;
Interpreter::Interpreter(Interpreter&&) noexcept = default;
Interpreter& Interpreter::operator=(Interpreter&&) noexcept = default;

void Interpreter::set(std::string_view input, const LogicVector& value) {
  state_->set(input, value);
}
void Interpreter::set(std::string_view input, std::int64_t value) {
  state_->set(input, value);
}
LogicVector Interpreter::get(std::string_view name) {
  return state_->get(name);
}
std::vector<std::string> Interpreter::signals() const {
  return state_->signals();
}
LogicVector Interpreter::word(std::string_view memory, std::int64_t address) {
  return state_->word(memory, address);
}
void Interpreter::step() {
  state_->edge(std::nullopt);
}
void Interpreter::step(std::string_view clock) {
  state_->step(clock);
}
std::uint64_t Interpreter::cycle() const {
  return state_->cycle;
}
const std::vector<PropertyEvent>& Interpreter::property_events() const {
  return state_->events;
}

}  // namespace offramp::hw

#include "hw/interpret_schedule.h"

#include <algorithm>
#include <set>
#include <unordered_set>

namespace offramp::hw::interpret {

namespace {

Code narrow_code(Compute c) {
  switch (c) {
    case Compute::extend:
      return Code::extend;
    case Compute::add:
      return Code::add;
    case Compute::sub:
      return Code::sub;
    case Compute::mul:
      return Code::mul;
    case Compute::saturate:
      return Code::saturate;
    case Compute::bit_and:
      return Code::bit_and;
    case Compute::bit_or:
      return Code::bit_or;
    case Compute::bit_xor:
      return Code::bit_xor;
    case Compute::bit_not:
      return Code::bit_not;
    case Compute::eq:
      return Code::eq;
    case Compute::ne:
      return Code::ne;
    case Compute::lt:
      return Code::lt;
    case Compute::le:
      return Code::le;
    case Compute::mux:
      return Code::mux;
    case Compute::select:
      return Code::select;
    case Compute::any:
      return Code::any;
    case Compute::all:
      return Code::all;
    case Compute::parity:
      return Code::parity;
    case Compute::shift_left_by:
      return Code::shift_left_by;
    case Compute::shift_right_by:
      return Code::shift_right_by;
    case Compute::mem_read:
      return Code::mem_read;
  }
  return Code::copy;
}

Code wide_code(Compute c) {
  switch (c) {
    case Compute::extend:
      return Code::wide_extend;
    case Compute::add:
      return Code::wide_add;
    case Compute::sub:
      return Code::wide_sub;
    case Compute::mul:
      return Code::wide_mul;
    case Compute::saturate:
      return Code::wide_saturate;
    case Compute::bit_and:
      return Code::wide_and;
    case Compute::bit_or:
      return Code::wide_or;
    case Compute::bit_xor:
      return Code::wide_xor;
    case Compute::bit_not:
      return Code::wide_not;
    case Compute::eq:
    case Compute::ne:
    case Compute::lt:
    case Compute::le:
      return Code::wide_compare;
    case Compute::mux:
      return Code::wide_mux;
    case Compute::select:
      return Code::wide_select;
    case Compute::any:
      return Code::wide_any;
    case Compute::all:
      return Code::wide_all;
    case Compute::parity:
      return Code::wide_parity;
    case Compute::shift_left_by:
      return Code::wide_shift_left_by;
    case Compute::shift_right_by:
      return Code::wide_shift_right_by;
    case Compute::mem_read:
      return Code::wide_mem_read;
  }
  return Code::wide_copy;
}

bool is_compare(Compute c) {
  return c == Compute::eq || c == Compute::ne || c == Compute::lt || c == Compute::le;
}

/// Does everything fit one word?
bool is_narrow(const Operation& o, std::uint32_t width) {
  if (width > 64) return false;
  for (const Operand& a : o.args) {
    if (a.wire.net != none && a.wire.width > 64) return false;
  }
  if (!is_compare(o.what) || o.args[0].is_signed == o.args[1].is_signed) return true;
  // A number of 64 bits without a sign and one with a sign have no common word.
  return o.args[o.args[0].is_signed ? 1 : 0].wire.width < 64;
}

std::uint64_t sign_of(const Operand& a) {
  return a.is_signed && a.wire.width <= 64 ? std::uint64_t{1} << (a.wire.width - 1) : 0;
}

}  // namespace

Schedule::Schedule(const Netlist& netlist) : n_(netlist), program_(&state_program) {
  (void)allocate(64, false);  // unused operands of an instruction point at word 0
  for (const MemoryBlock& m : n_.memories) {
    MemoryState state;
    state.width = m.width;
    state.depth = m.depth;
    state.words = words_of(m.width);
    std::vector<std::uint64_t> word(std::size_t{2} * state.words, 0);
    for (std::uint32_t k = 0; k < state.words; ++k) {
      word[state.words + k] = k + 1 < state.words ? ~std::uint64_t{0} : mask_of(m.width - 64 * k);
    }
    state.data.reserve(word.size() * static_cast<std::size_t>(m.depth));
    for (std::int64_t k = 0; k < m.depth; ++k) state.data.insert(state.data.end(), word.begin(), word.end());
    machine_.memories.push_back(std::move(state));
  }
  for (const TopInput& i : n_.inputs) (void)schedule(n_.whole(i.net));
  for (const TopInput& i : n_.inputs) {
    if (i.clock) (void)domain(i.net);
  }
  updates();
  program_ = &rest_program;
  for (const auto& [name, net] : n_.names) observe(n_.whole(net));
}

std::uint32_t Schedule::slot_of(NetId net) const {
  const auto it = slots_.find(n_.whole(net));
  return it == slots_.end() ? none : it->second;
}

ClockDomain& Schedule::domain(NetId clock) {
  for (ClockDomain& d : domains) {
    if (d.clock == clock) return d;
  }
  domains.emplace_back().clock = clock;
  return domains.back();
}

void Schedule::updates() {
  for (std::size_t i = 0; i < n_.properties.size(); ++i) {
    const PropertyCheck& p = n_.properties[i];
    const std::uint32_t active = schedule(p.active);
    const std::uint32_t condition = schedule(p.condition);
    domain(p.clock).checks.push_back({static_cast<std::uint32_t>(i), active, condition});
  }
  for (const MemoryWrite& w : n_.writes) {
    const std::uint32_t enable = schedule(w.enable);
    const std::uint32_t address = schedule(w.address);
    const std::uint32_t data = schedule(w.data);
    domain(w.clock).writes.push_back({w.memory, enable, address, data});
  }
  std::unordered_map<std::uint32_t, std::uint32_t> held;  // registers that feed registers, before the edge
  for (const RegisterUpdate& r : n_.registers) {
    const Wire source = n_.source_of(r.next);
    std::uint32_t from = schedule(source);
    const std::uint32_t to = schedule(n_.whole(r.target.net));
    if (n_.nets[source.net].kind == NetKind::reg && source == n_.whole(source.net)) {
      const auto [it, fresh] = held.try_emplace(from);
      if (fresh) {
        it->second = allocate(source.width, true);
        Instruction copy;
        copy.code = source.width > 64 ? Code::wide_copy : Code::copy;
        copy.width = copy.a_width = source.width;
        copy.dst = it->second;
        copy.a = from;
        program_->push_back(copy);
      }
      from = it->second;
    }
    ClockDomain& d = domain(r.clock);
    const std::uint32_t width = n_.nets[r.target.net].width;
    if (r.target.width != width) {
      d.part_moves.push_back(deposit(to, width, r.target.low, from, r.target.width));
    } else if (width <= 64) {
      d.moves.emplace_back(to, from);
    } else {
      d.wide_moves.push_back({to, from, 2 * words_of(width)});
    }
  }
}

std::uint32_t Schedule::allocate(std::uint32_t width, bool unknown) {
  const auto at = static_cast<std::uint32_t>(machine_.words.size());
  const std::uint32_t n = words_of(width);
  machine_.words.resize(at + std::size_t{2} * n, 0);
  if (unknown) {
    for (std::uint32_t k = 0; k < n; ++k) {
      machine_.words[at + n + k] = k + 1 < n ? ~std::uint64_t{0} : mask_of(width - 64 * k);
    }
  }
  machine_.scratch.resize(std::max(machine_.scratch.size(), std::size_t{8} * (n + 1)));
  return at;
}

void Schedule::observe(Wire w) {
  // Wires that are put together need no slot to be looked at.
  std::unordered_set<Wire, WireHash> seen;
  std::vector<Wire> open{w};
  while (!open.empty()) {
    const Wire source = n_.source_of(open.back());
    open.pop_back();
    if (!seen.insert(source).second) continue;
    if (n_.nets[source.net].kind != NetKind::wire) {
      (void)schedule(n_.whole(source.net));
      continue;
    }
    for (const auto& [low, piece] : pieces(source)) open.push_back(piece);
  }
}

std::vector<std::pair<std::uint32_t, Wire>> Schedule::pieces(const Wire& w) const {
  std::vector<std::pair<std::uint32_t, Wire>> found;
  const auto& drivers = n_.nets[w.net].drivers;
  auto it = std::upper_bound(drivers.begin(), drivers.end(), w.low,
                             [](std::uint32_t low, const Driver& d) { return low < d.low; });
  if (it != drivers.begin()) --it;
  for (; it != drivers.end() && it->low < w.low + w.width; ++it) {
    const std::uint32_t low = std::max(it->low, w.low);
    const std::uint32_t high = std::min(it->low + it->source.width, w.low + w.width);
    if (low >= high) continue;
    found.emplace_back(low - w.low, n_.source_of(it->source.part(low - it->low, high - low)));
  }
  return found;
}

std::vector<Wire> Schedule::needs(const Wire& w) const {
  const Net& net = n_.nets[w.net];
  std::vector<Wire> found;
  if (net.kind == NetKind::wire) {
    for (const auto& [low, piece] : pieces(w)) found.push_back(piece);
  } else if (w != n_.whole(w.net)) {
    found.push_back(n_.whole(w.net));
  } else if (net.kind == NetKind::operation) {
    for (const Operand& a : n_.operations[net.index].args) {
      if (a.wire.net != none) found.push_back(n_.source_of(a.wire));
    }
  }
  return found;
}

std::uint32_t Schedule::schedule(Wire w) {
  w = n_.source_of(w);
  if (const auto it = slots_.find(w); it != slots_.end()) return it->second;
  // Depth first, without recursion: chains in generated hardware are long.
  std::vector<Task> path;
  std::unordered_set<Wire, WireHash> open;
  const auto enter = [&](const Wire& wire) {
    path.push_back({wire, needs(wire), 0});
    open.insert(wire);
  };
  enter(w);
  while (!path.empty()) {
    Task& t = path.back();
    if (t.next < t.needs.size()) {
      const Wire next = t.needs[t.next++];
      if (slots_.contains(next)) continue;
      if (open.contains(next)) report_loop(path, next);
      enter(next);
      continue;
    }
    emit(t);
    open.erase(t.wire);
    path.pop_back();
  }
  return slots_.at(w);
}

void Schedule::report_loop(const std::vector<Task>& path, const Wire& again) const {
  std::string names;
  std::set<std::string> seen;
  SourceLoc loc;
  auto it = std::find_if(path.begin(), path.end(), [&](const Task& t) { return t.wire == again; });
  for (; it != path.end(); ++it) {
    const Net& net = n_.nets[it->wire.net];
    if (net.kind == NetKind::operation) loc = n_.operations[net.index].loc;
    const std::string name = n_.name_of(it->wire.net);
    if (!name.empty() && seen.insert(name).second) names += (names.empty() ? "" : " <- ") + name;
  }
  throw DesignError("HW0004",
                    "combinational loop: " + (names.empty() ? "an expression" : names) +
                        " depends on itself in one cycle; break it with a register",
                    loc);
}

void Schedule::add(const Instruction& i, bool constant) {
  if (constant) {
    machine_.run({i});
  } else {
    program_->push_back(i);
  }
}

void Schedule::emit(const Task& task) {
  const Wire& w = task.wire;
  const Net& net = n_.nets[w.net];
  bool constant =
      std::all_of(task.needs.begin(), task.needs.end(), [&](const Wire& a) { return constant_.at(a); });
  std::uint32_t slot = none;
  if (net.kind == NetKind::wire) {
    slot = allocate(w.width, true);
    for (const auto& [low, piece] : pieces(w)) {
      add(deposit(slot, w.width, low, slots_.at(piece), piece.width), constant);
    }
  } else if (w != n_.whole(w.net)) {
    slot = allocate(w.width, true);
    emit_extract(w, slot);
    if (constant) {
      machine_.run({program_->back()});
      program_->pop_back();
    }
  } else {
    switch (net.kind) {
      case NetKind::constant: {
        slot = allocate(w.width, false);
        const LogicVector& v = n_.constants[net.index];
        std::copy(v.value.begin(), v.value.end(), machine_.words.begin() + slot);
        std::copy(v.unknown.begin(), v.unknown.end(), machine_.words.begin() + slot + words_of(w.width));
        break;
      }
      case NetKind::operation:
        slot = allocate(w.width, true);
        constant = constant && n_.operations[net.index].what != Compute::mem_read;
        emit_operation(w, slot);
        if (constant) {
          machine_.run({program_->back()});
          program_->pop_back();
        }
        break;
      default:
        slot = allocate(w.width, true);
        constant = false;
        break;
    }
  }
  slots_.emplace(w, slot);
  constant_.emplace(w, constant);
}

void Schedule::emit_operation(const Wire& w, std::uint32_t slot) {
  const Operation& o = n_.operations[n_.nets[w.net].index];
  Instruction i;
  const auto arg = [&](std::size_t k) {
    return o.args[k].wire.net == none ? 0 : slots_.at(n_.source_of(o.args[k].wire));
  };
  const bool narrow = is_narrow(o, w.width);
  i.code = narrow ? narrow_code(o.what) : wide_code(o.what);
  i.dst = slot;
  i.a = arg(0);
  i.b = arg(1);
  i.c = arg(2);
  i.width = w.width;
  i.a_width = o.args[0].wire.width;
  i.b_width = o.args[1].wire.width;
  i.a_signed = o.args[0].is_signed;
  i.b_signed = o.args[1].is_signed;
  i.is_signed = o.is_signed;
  i.amount = o.amount;
  i.mask = mask_of(w.width);
  i.a_sign = sign_of(o.args[0]);
  i.b_sign = sign_of(o.args[1]);
  if (o.what == Compute::all) i.mask = mask_of(i.a_width);
  if (o.what == Compute::saturate) i.b_sign = mask_of(o.is_signed ? w.width - 1 : w.width);
  if (!narrow && is_compare(o.what)) i.amount = static_cast<std::uint32_t>(narrow_code(o.what));
  program_->push_back(i);
}

void Schedule::emit_extract(const Wire& w, std::uint32_t slot) {
  const Wire whole = n_.whole(w.net);
  const std::uint32_t from = slots_.at(whole);
  Instruction i;
  i.dst = slot;
  i.width = w.width;
  if (w.width <= 64) {
    const std::uint32_t shift = w.low % 64;
    i.code = shift + w.width <= 64 ? Code::extract : Code::extract_straddle;
    i.a = from + w.low / 64;
    i.b = i.a + words_of(whole.width);
    i.amount = shift;
    i.mask = mask_of(w.width);
  } else {
    i.code = Code::wide_extract;
    i.a = from;
    i.a_width = whole.width;
    i.amount = w.low;
  }
  program_->push_back(i);
}

Instruction Schedule::deposit(std::uint32_t slot, std::uint32_t width, std::uint32_t low, std::uint32_t from,
                              std::uint32_t bits) const {
  Instruction i;
  i.a = from;
  if (low % 64 + bits <= 64) {
    i.code = Code::deposit;
    i.dst = slot + low / 64;
    i.b = i.dst + words_of(width);
    i.amount = low % 64;
    i.mask = mask_of(bits);
  } else {
    i.code = Code::wide_deposit;
    i.dst = slot;
    i.width = width;
    i.a_width = bits;
    i.amount = low;
  }
  return i;
}

}  // namespace offramp::hw::interpret

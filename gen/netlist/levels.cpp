#include "netlist/levels.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/error.h"

namespace offramp::netlist {
namespace {

int level_of(Kind kind) {
  return kind == Kind::lut || kind == Kind::lut_memory || kind == Kind::shift_register ? 1 : 0;
}

/// Whether some input of the cell reaches its outputs within a cycle.
bool has_logic(const Cell& cell, Kind kind) {
  return std::any_of(cell.connections.begin(), cell.connections.end(), [&](const Connection& c) {
    return c.direction == Direction::input && passes(cell, kind, c.port);
  });
}

}  // namespace

Levels::Levels(const Module& module) : module_(module) {
  Net largest = static_cast<Net>(module.net_names.size());
  for (const Cell& cell : module.cells) {
    for (const Connection& c : cell.connections) {
      for (const Net net : c.nets) largest = std::max(largest, net);
    }
  }
  for (const Port& port : module.ports) {
    for (const Net net : port.nets) largest = std::max(largest, net);
  }
  driver_.assign(static_cast<std::size_t>(largest) + 1, -1);
  source_ = driver_;
  reached_.resize(driver_.size());
  for (std::size_t i = 0; i < module.cells.size(); ++i) {
    const Cell& cell = module.cells[i];
    types_.push_back(cell_type(cell.type));
    const bool logic = has_logic(cell, types_.back().kind);
    for (const Connection& c : cell.connections) {
      if (c.direction != Direction::output) continue;
      for (const Net net : c.nets) {
        if (net < 0) continue;
        source_[static_cast<std::size_t>(net)] = static_cast<int>(i);
        if (logic) driver_[static_cast<std::size_t>(net)] = static_cast<int>(i);
      }
    }
  }
  const auto end = [&](const std::string& cell, const std::string& type, const std::string& pin, Net net) {
    if (net < 0) return;
    visit(net);
    endpoints_.push_back({cell, type, pin, net, reached_[static_cast<std::size_t>(net)].level});
  };
  for (std::size_t i = 0; i < module.cells.size(); ++i) {
    const Cell& cell = module.cells[i];
    for (const Connection& c : cell.connections) {
      if (c.direction != Direction::input || is_clock_pin(c.port)) continue;
      if (passes(cell, types_[i].kind, c.port) && types_[i].kind != Kind::lut_memory) continue;
      for (std::size_t b = 0; b < c.nets.size(); ++b)
        end(cell.name, cell.type, c.nets.size() == 1 ? c.port : fmt::format("{}[{}]", c.port, b), c.nets[b]);
    }
  }
  for (const Port& port : module.ports) {
    if (port.direction != Direction::output) continue;
    for (std::size_t b = 0; b < port.nets.size(); ++b)
      end("", "", port.nets.size() == 1 ? port.name : fmt::format("{}[{}]", port.name, b), port.nets[b]);
  }
  std::sort(endpoints_.begin(), endpoints_.end(), [](const Endpoint& a, const Endpoint& b) {
    if (a.level != b.level) return a.level > b.level;
    return std::tie(a.cell, a.pin) < std::tie(b.cell, b.pin);
  });
}

/// Depth-first without recursion: paths of carries are thousands of cells long in wide sums.
void Levels::visit(Net first) {
  struct Step {
    Net net;
    bool entered;
  };
  constexpr int kUnderWay = -2;
  std::vector<Step> stack{{first, false}};
  while (!stack.empty()) {
    Step& step = stack.back();
    const Net net = step.net;
    Reached& reached = reached_[static_cast<std::size_t>(net)];
    const int driver = driver_[static_cast<std::size_t>(net)];
    if (!step.entered && reached.level >= 0) {
      stack.pop_back();
      continue;
    }
    if (driver < 0) {
      reached.level = 0;
      stack.pop_back();
      continue;
    }
    const Cell& cell = module_.cells[static_cast<std::size_t>(driver)];
    const Kind kind = types_[static_cast<std::size_t>(driver)].kind;
    if (!step.entered) {
      if (reached.level == kUnderWay)
        throw Error(fmt::format("Combinational loop through {} of module {}.", module_.net_name(net),
                                module_.hdl_name));
      reached.level = kUnderWay;
      step.entered = true;
      for (const Connection& c : cell.connections) {
        if (c.direction != Direction::input || !passes(cell, kind, c.port)) continue;
        for (const Net input : c.nets) {
          if (input >= 0 && reached_[static_cast<std::size_t>(input)].level < 0)
            stack.push_back({input, false});  // invalidates `step`
        }
      }
      continue;
    }
    int deepest = 0;
    Net before = 0;
    for (const Connection& c : cell.connections) {
      if (c.direction != Direction::input || !passes(cell, kind, c.port)) continue;
      for (const Net input : c.nets) {
        if (input < 0) continue;
        const int level = reached_[static_cast<std::size_t>(input)].level;
        if (before == 0 || level > deepest) {
          deepest = level;
          before = input;
        }
      }
    }
    reached = {deepest + level_of(kind), driver, before};
    stack.pop_back();
  }
}

std::string Levels::start_of(Net net) const {
  const int source = source_[static_cast<std::size_t>(net)];
  const std::string name = module_.net_name(net);
  if (source < 0) return "input port " + name;
  return fmt::format("{} ({})", name, module_.cells[static_cast<std::size_t>(source)].type);
}

LogicPath Levels::path_to(const Endpoint& endpoint) const {
  LogicPath path;
  path.to = endpoint.cell.empty() ? "output port " + endpoint.pin
                                  : fmt::format("{} ({} {})", endpoint.cell, endpoint.type, endpoint.pin);
  Net net = endpoint.net;
  for (;;) {
    path.nets.push_back(module_.net_name(net));
    const Reached& reached = reached_[static_cast<std::size_t>(net)];
    if (reached.cell < 0) break;
    const Kind kind = types_[static_cast<std::size_t>(reached.cell)].kind;
    path.luts += level_of(kind);
    path.carries += kind == Kind::carry ? 1 : 0;
    path.muxes += kind == Kind::mux ? 1 : 0;
    path.dsps += kind == Kind::dsp ? 1 : 0;
    if (reached.before == 0) break;  // of constants alone
    net = reached.before;
  }
  std::reverse(path.nets.begin(), path.nets.end());
  path.from = start_of(net);
  return path;
}

LogicPath Levels::longest() const {
  return endpoints_.empty() ? LogicPath{} : path_to(endpoints_.front());
}

std::vector<int> Levels::histogram() const {
  std::vector<int> by_level;
  for (const Endpoint& e : endpoints_) {
    const auto level = static_cast<std::size_t>(e.level);
    if (by_level.size() <= level) by_level.resize(level + 1);
    ++by_level[level];
  }
  return by_level;
}

}  // namespace offramp::netlist

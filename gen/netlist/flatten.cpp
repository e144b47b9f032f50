#include <algorithm>
#include <utility>

#include "netlist/netlist.h"

namespace offramp::netlist {
namespace {

/// Joins nets that a dissolved instance's ports make one.
class Joined {
 public:
  Net make() {
    parent_.push_back(static_cast<Net>(parent_.size()));
    return parent_.back();
  }
  Net root(Net net) {
    Net found = net;
    while (found >= 0 && up(found) != found) found = up(found);
    while (net >= 0 && up(net) != net) net = std::exchange(up(net), found);  // shorter next time
    return found;
  }
  /// From here on `inner` is `outer`, which may be a constant.
  void join(Net inner, Net outer) {
    inner = root(inner);
    outer = root(outer);
    if (inner == outer) return;
    if (inner < 0) {
      if (outer >= 0) up(outer) = inner;
      return;
    }
    up(inner) = outer;
  }

 private:
  Net& up(Net net) { return parent_[static_cast<std::size_t>(net)]; }
  std::vector<Net> parent_;
};

class Flattener {
 public:
  Flattener(const Netlist& netlist, const Module& top) : netlist_(netlist) {
    flat_.name = top.name;
    flat_.hdl_name = top.hdl_name;
    flat_.top = true;
    const std::vector<Net> nets = instance(top, "");
    for (const Port& port : top.ports) {
      flat_.ports.push_back({port.name, port.direction, {}});
      for (const Net net : port.nets) flat_.ports.back().nets.push_back(in_flat(net, nets));
    }
  }

  Module result() {
    for (Port& port : flat_.ports) resolve(port.nets);
    for (Cell& cell : flat_.cells) {
      for (Connection& c : cell.connections) resolve(c.nets);
    }
    // A net that was joined to another gives that one its name where it has none.
    for (std::size_t i = 0; i < flat_.net_names.size(); ++i) {
      const Net root = joined_.root(static_cast<Net>(i));
      if (root < 0 || flat_.net_names[i].empty()) continue;
      std::string& name = flat_.net_names[static_cast<std::size_t>(root)];
      if (name.empty()) name = flat_.net_names[i];
    }
    return std::move(flat_);
  }

 private:
  static Net in_flat(Net net, const std::vector<Net>& nets) {
    return net < 0 ? net : nets[static_cast<std::size_t>(net)];
  }
  void resolve(std::vector<Net>& nets) {
    for (Net& net : nets) net = joined_.root(net);
  }

  static Net largest_net(const Module& m) {
    Net largest = 1;
    for (const Port& p : m.ports) {
      for (const Net net : p.nets) largest = std::max(largest, net);
    }
    for (const Cell& c : m.cells) {
      for (const Connection& connection : c.connections) {
        for (const Net net : connection.nets) largest = std::max(largest, net);
      }
    }
    return largest;
  }

  /// Adds the cells of `m`; gives its nets' numbers in the flat module.
  std::vector<Net> instance(const Module& m, const std::string& path) {
    std::vector<Net> nets(static_cast<std::size_t>(largest_net(m)) + 1);
    for (Net& net : nets) net = joined_.make();
    for (std::size_t i = 0; i < m.net_names.size() && i < nets.size(); ++i) {
      if (m.net_names[i].empty()) continue;
      const auto at = static_cast<std::size_t>(nets[i]);
      if (flat_.net_names.size() <= at) flat_.net_names.resize(at + 1);
      flat_.net_names[at] = path + m.net_names[i];
    }
    for (const Cell& cell : m.cells) {
      const Module* child = netlist_.find(cell.type);
      if (child == nullptr) {
        flat_.cells.push_back(cell);
        flat_.cells.back().name = path + cell.name;
        for (Connection& c : flat_.cells.back().connections) {
          for (Net& net : c.nets) net = in_flat(net, nets);
        }
        continue;
      }
      const std::vector<Net> inside = instance(*child, path + cell.name + ".");
      for (const Port& port : child->ports) {
        const Connection* c = cell.connection(port.name);
        for (std::size_t i = 0; c != nullptr && i < port.nets.size() && i < c->nets.size(); ++i)
          joined_.join(in_flat(port.nets[i], inside), in_flat(c->nets[i], nets));
      }
    }
    return nets;
  }

  const Netlist& netlist_;
  Module flat_;
  Joined joined_;
};

}  // namespace

Module flatten(const Netlist& netlist, const Module& module) {
  return Flattener(netlist, module).result();
}

}  // namespace offramp::netlist

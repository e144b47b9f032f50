#include "netlist/counts.h"

#include <algorithm>

namespace offramp::netlist {
namespace {

class Counter {
 public:
  explicit Counter(const Netlist& netlist) : netlist_(netlist) {}

  const Counts& total(const Module& m) {
    const auto known = totals_.find(&m);
    if (known != totals_.end()) return known->second;
    Counts sum = count_cells(netlist_, m);
    for (const Cell& cell : m.cells) {
      if (const Module* child = netlist_.find(cell.type)) sum += total(*child);
    }
    return totals_.emplace(&m, std::move(sum)).first->second;
  }

  void count_instances(const Module& m) {
    ++instances_[&m];
    for (const Cell& cell : m.cells) {
      if (const Module* child = netlist_.find(cell.type)) count_instances(*child);
    }
  }

  std::vector<ModuleCounts> result() {
    const Module& top = netlist_.top();
    count_instances(top);
    std::vector<ModuleCounts> all;
    for (const auto& [m, n] : instances_)
      all.push_back({m->name, m->hdl_name, n, count_cells(netlist_, *m), total(*m)});
    std::sort(all.begin(), all.end(), [&](const ModuleCounts& a, const ModuleCounts& b) {
      const bool top_a = a.module == top.name;
      const bool top_b = b.module == top.name;
      if (top_a != top_b) return top_a;
      return a.hdl_name != b.hdl_name ? a.hdl_name < b.hdl_name : a.module < b.module;
    });
    return all;
  }

 private:
  const Netlist& netlist_;
  std::map<const Module*, Counts> totals_;
  std::map<const Module*, int> instances_;
};

}  // namespace

Counts& Counts::operator+=(const Counts& other) {
  lut += other.lut;
  lut_memory += other.lut_memory;
  shift_register += other.shift_register;
  ff += other.ff;
  dsp += other.dsp;
  bram18 += other.bram18;
  block_ram += other.block_ram;
  uram += other.uram;
  carry += other.carry;
  mux += other.mux;
  for (const auto& [type, n] : other.unknown) unknown[type] += n;
  return *this;
}

Counts count_cells(const Netlist& netlist, const Module& module) {
  constexpr int kHalf = 18;
  Counts c;
  for (const Cell& cell : module.cells) {
    const CellType type = cell_type(cell.type);
    c.lut += type.luts;
    switch (type.kind) {
      case Kind::lut_memory:
        c.lut_memory += type.luts;
        break;
      case Kind::shift_register:
        c.shift_register += type.luts;
        break;
      case Kind::flip_flop:
        ++c.ff;
        break;
      case Kind::dsp:
        ++c.dsp;
        break;
      case Kind::block_ram:
        if (type.bram_kib % kHalf == 0) c.bram18 += type.bram_kib / kHalf;
        ++c.block_ram;
        break;
      case Kind::ultra_ram:
        ++c.uram;
        break;
      case Kind::carry:
        ++c.carry;
        break;
      case Kind::mux:
        ++c.mux;
        break;
      case Kind::unknown:
        if (netlist.find(cell.type) == nullptr) ++c.unknown[cell.type];
        break;
      default:
        break;
    }
  }
  return c;
}

std::vector<ModuleCounts> counts(const Netlist& netlist) {
  return Counter(netlist).result();
}

}  // namespace offramp::netlist

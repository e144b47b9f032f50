#include "verif/resources/measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "base/sha256.h"
#include "blocks/packed_array.h"
#include "hw/print_verilog.h"
#include "synth/yosys.h"

namespace offramp::verif {
namespace {

namespace fs = std::filesystem;
using netlist::Counts;

/// Without comments, and without the names of memory images: a memory that can be written takes the same
/// cells whatever it holds at first.
std::string bare(const std::string& text) {
  std::istringstream lines(text);
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    if (const std::size_t comment = line.find("//"); comment != std::string::npos) line.erase(comment);
    if (const std::size_t file = line.find("\"mem/"); file != std::string::npos)
      line.erase(file + 1, line.find('"', file + 1) - file - 1);
    while (!line.empty() && line.back() == ' ') line.pop_back();
    if (!line.empty()) out += line + "\n";
  }
  return out;
}

nlohmann::json to_json(const Counts& c) {
  return {c.lut, c.lut_memory, c.shift_register, c.ff, c.dsp, c.bram18, c.uram, c.carry, c.mux};
}

Counts counts_from(const nlohmann::json& j) {
  Counts c;
  int* const fields[] = {&c.lut,    &c.lut_memory, &c.shift_register, &c.ff, &c.dsp,
                         &c.bram18, &c.uram,       &c.carry,          &c.mux};
  for (std::size_t i = 0; i < std::size(fields); ++i) *fields[i] = j.at(i).get<int>();
  return c;
}

/// A ROM's cells depend on what it holds; columns of constants would vanish.
std::string noise(std::int64_t width, std::int64_t depth) {
  std::uint32_t state = 12345;
  std::string text;
  for (std::int64_t word = 0; word < depth; ++word) {
    for (std::int64_t digit = (width + 3) / 4 - 1; digit >= 0; --digit) {
      state = state * 1664525U + 1013904223U;
      std::uint32_t value = state >> 28U;
      if (digit == (width + 3) / 4 - 1 && width % 4 != 0) value &= (1U << (width % 4)) - 1;
      text += "0123456789abcdef"[value];
    }
    text += "\n";
  }
  return text;
}

/// All modules below one, itself last.
void collect(const hw::Module& m, std::map<std::string, const hw::Module*>& all) {
  for (const hw::Instance& u : m.instances) {
    if (!all.contains(u.module->name)) collect(*u.module, all);
  }
  all.emplace(m.name, &m);
}

}  // namespace

Measurements::Measurements(const MeasureOptions& options)
    : options_(options), version_(synth::yosys_version()) {
  make_directory(options_.cache);
  read_cache();
}

const std::string& Measurements::text_of(const hw::Module& m) const {
  auto [at, fresh] = texts_.try_emplace(&m);
  if (fresh)
    at->second =
        m.external.empty() ? bare(hw::print_verilog(m)) : std::string(blocks::dsp_mac_pair_verilog());
  return at->second;
}

std::string Measurements::key_of(const hw::Module& m, const hw::IntEnv& parameters) const {
  std::string what = version_ + "\n" + netlist::synth_command(options_.family, "X") + "\n" + text_of(m);
  for (const auto& p : m.params) what += fmt::format("{}={}\n", p->name, parameters.at(p.get()));
  return sha256_hex(what);
}

void Measurements::read_cache() {
  const fs::path file = options_.cache / fmt::format("{}.json", netlist::to_string(options_.family));
  if (!fs::exists(file)) return;
  try {
    const nlohmann::json all = nlohmann::json::parse(read_file(file));
    for (const auto& [key, value] : all.items()) cells_[key] = counts_from(value);
  } catch (const nlohmann::json::exception& e) {
    throw Error(fmt::format("{} is damaged ({}); remove it, and everything is synthesized again.",
                            file.string(), e.what()));
  }
}

void Measurements::write_cache() const {
  nlohmann::json all = nlohmann::json::object();
  for (const auto& [key, counts] : cells_) all[key] = to_json(counts);
  write_file(options_.cache / fmt::format("{}.json", netlist::to_string(options_.family)), all.dump(0));
}

std::map<std::string, Counts> Measurements::run(const std::vector<Job>& jobs) const {
  const synth::Scratch scratch;
  std::map<std::string, const hw::Module*> all;
  std::set<std::string> wanted;
  for (const Job& job : jobs) {
    collect(*job.what.module, all);
    wanted.insert(job.what.module->name);
  }
  std::string script;
  for (const auto& [name, m] : all) {
    write_file(scratch.path() / (name + ".v"), text_of(*m));
    script += fmt::format("read_verilog {}{}.v; ", wanted.contains(name) ? "" : "-lib ", name);
  }
  std::string bundle = "module bundle;\n";
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const hw::Module& m = *jobs[i].what.module;
    std::string parameters;
    std::int64_t width = 0;
    std::int64_t depth = 0;
    for (const auto& p : m.params) {
      const std::int64_t value = jobs[i].what.parameters.at(p.get());
      parameters += fmt::format("{}.{}({})", parameters.empty() ? "" : ", ", p->name, value);
      if (p->name == "WIDTH") width = value;
      if (p->name == "DEPTH") depth = value;
    }
    if (jobs[i].what.block == "rom") {
      const std::string file = fmt::format("rom_{}_{}.hex", width, depth);
      write_file(scratch.path() / file, noise(width, depth));
      parameters += fmt::format(", .INIT_FILE(\"{}\")", file);
    }
    bundle += fmt::format("  (* keep *) {} {} u_{} ();\n", m.name,
                          parameters.empty() ? "" : "#(" + parameters + ")", i);
  }
  write_file(scratch.path() / "bundle.v", bundle + "endmodule\n");
  synth::run_yosys(scratch.path(), fmt::format("{}read_verilog bundle.v; {}; write_json netlist.json", script,
                                               netlist::synth_command(options_.family, "bundle")));
  const netlist::Netlist netlist =
      netlist::read_netlist(read_file(scratch.path() / "netlist.json"), "netlist.json");
  std::map<std::string, Counts> found;
  for (const netlist::Cell& cell : netlist.top().cells) {
    const netlist::Module* m = netlist.find(cell.type);
    if (m != nullptr && cell.name.starts_with("u_"))
      found[jobs.at(std::stoul(cell.name.substr(2))).key] = netlist::count_cells(netlist, *m);
  }
  for (const Job& job : jobs) {
    if (!found.contains(job.key))
      throw Error(fmt::format("Yosys left no netlist of module {}.", job.what.module->name));
  }
  return found;
}

void Measurements::measure(const std::vector<ModuleToMeasure>& modules) {
  constexpr std::size_t kBatch = 24;
  std::map<std::string, std::vector<Job>> by_block;
  std::set<std::string> seen;
  for (const ModuleToMeasure& m : modules) {
    std::string key = key_of(*m.module, m.parameters);
    if (cells_.contains(key) || !seen.insert(key).second) continue;
    by_block[m.block].push_back({m, std::move(key)});
  }
  std::vector<std::vector<Job>> batches;
  for (auto& [block, jobs] : by_block) {
    // Modules of one name but other text (of another network) cannot be read together.
    std::map<std::string, const hw::Module*> names;
    for (Job& job : jobs) {
      std::map<std::string, const hw::Module*> below;
      collect(*job.what.module, below);
      const bool clash = std::any_of(below.begin(), below.end(), [&](const auto& b) {
        const auto at = names.find(b.first);
        return at != names.end() && text_of(*at->second) != text_of(*b.second);
      });
      if (batches.empty() || clash || batches.back().size() == kBatch ||
          batches.back().front().what.block != block) {
        batches.emplace_back();
        names.clear();
      }
      names.merge(below);
      batches.back().push_back(std::move(job));
    }
  }
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;
  const auto work = [&] {
    for (std::size_t i = next++; i < batches.size(); i = next++) {
      try {
        const auto found = run(batches[i]);
        const std::lock_guard lock(mutex);
        cells_.insert(found.begin(), found.end());
        synthesized_ += static_cast<int>(batches[i].size());
        write_cache();
        fmt::print(stderr, "{} {} of {} batches\n", netlist::to_string(options_.family), i + 1,
                   batches.size());
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::current_exception();
        next = batches.size();
      }
    }
  };
  std::vector<std::thread> threads;
  for (int t = 0; t < options_.threads; ++t) threads.emplace_back(work);
  for (std::thread& t : threads) t.join();
  if (failure) std::rethrow_exception(failure);
}

const Counts& Measurements::own(const hw::Module& m, const hw::IntEnv& parameters) const {
  return cells_.at(key_of(m, parameters));
}

}  // namespace offramp::verif

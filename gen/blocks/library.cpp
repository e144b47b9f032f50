#include "blocks/library.h"

#include <fmt/format.h>

#include <algorithm>

#include "blocks/accumulator.h"
#include "blocks/delay_line.h"
#include "blocks/ram.h"
#include "blocks/residual.h"
#include "blocks/result_queue.h"
#include "blocks/rotate.h"
#include "blocks/serial_multiplier.h"
#include "blocks/stream_fifo.h"
#include "blocks/stream_fork.h"
#include "blocks/stream_registers.h"
#include "blocks/stream_route.h"
#include "blocks/systolic_array.h"
#include "blocks/weight_bank.h"

namespace offramp::blocks {

namespace {

/// A table in Markdown with its columns aligned.
std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], row[c].size());
  }
  std::string text;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    text += "|";
    // A long last column need not reach the same place everywhere.
    for (std::size_t c = 0; c < widths.size(); ++c) {
      text += fmt::format(" {:<{}} |", rows[r][c], c + 1 < widths.size() ? widths[c] : 0);
    }
    text += "\n";
    if (r == 0) {
      for (std::size_t c = 0; c < widths.size(); ++c) {
        text += "|" + std::string(c + 1 < widths.size() ? widths[c] + 2 : 3, '-');
      }
      text += "|\n";
    }
  }
  return text;
}

std::string code(const std::string& text) {
  return "`" + text + "`";
}

std::string parameters(const hw::Module& module) {
  if (module.param_order.empty()) return "";
  std::vector<std::vector<std::string>> rows = {{"parameter", "default", "range", "meaning"}};
  for (const auto& p : module.param_order) {
    if (const auto* number = std::get_if<hw::SymbolRef>(&p)) {
      const hw::IntSymbol& s = **number;
      rows.push_back({code(s.name), s.value.verilog(), fmt::format("{} to {}", s.min, s.max), s.doc});
      continue;
    }
    const auto text = std::find_if(module.string_params.begin(), module.string_params.end(),
                                   [&](const auto& s) { return s.name == std::get<std::string>(p); });
    rows.push_back({code(text->name), code("\"" + text->value + "\""), "text", text->doc});
  }
  return table(rows) + "\n";
}

/// What a port is for, where it has no words of its own.
std::string usual_meaning(const hw::Module& module, hw::Id port) {
  const hw::Decl& d = module.decls[port];
  if (d.reset) return "reset, synchronous, active low";
  if (d.clock) return "clock";
  for (const auto& s : module.streams) {
    const std::string of = fmt::format("stream `{}`: ", s.name);
    if (port == s.valid) return of + "valid";
    if (port == s.ready) return of + "ready";
    if (std::find(s.data.begin(), s.data.end(), port) != s.data.end()) return of + "word";
  }
  return "";
}

std::string ports(const hw::Module& module) {
  std::vector<std::vector<std::string>> rows = {{"port", "direction", "width", "signed", "meaning"}};
  for (const hw::Id port : module.ports) {
    const hw::Decl& d = module.decls[port];
    const std::string usual = usual_meaning(module, port);
    rows.push_back({code(d.name), d.kind == hw::DeclKind::input ? "input" : "output",
                    code(d.type.width.verilog(true)), d.type.is_signed() ? "yes" : "",
                    usual.empty() || d.doc.empty() ? usual + d.doc : usual + "; " + d.doc});
  }
  return table(rows);
}

}  // namespace

std::map<std::string, std::string> library() {
  hw::Design design;
  design.add(SystolicArray{});  // with its cell
  design.add(WeightBank{});
  design.add(Accumulator{});
  design.add(OutputStage{});
  design.add(ResidualAdd{});
  design.add(Ram{});
  design.add(RamReadBack{});
  design.add(Rom{});
  design.add(Table{});
  design.add(DelayLine{});
  design.add(SerialMultiplier{});
  design.add(ResultQueue{});
  design.add(StreamRegisterForward{});
  design.add(StreamRegisterBackward{});
  design.add(StreamSkid{});
  design.add(StreamFifo{});
  design.add(StreamFork{});
  design.add(StreamJoin{});
  design.add(StreamDemux{});
  design.add(StreamMerge{});
  for (const int count : {8, 16, 32}) {
    design.add(Rotate{.count = count, .direction = Rotate::Direction::up});
    design.add(Rotate{.count = count, .direction = Rotate::Direction::down});
  }
  design.require_clean();
  std::map<std::string, std::string> files;
  std::vector<std::vector<std::string>> purposes = {{"module", "purpose"}};
  std::string details;
  for (const hw::Module* module : design.modules()) {
    files[module->name + ".v"] = hw::print_verilog(*module);
    purposes.push_back({fmt::format("[{}](#{})", module->name, module->name), module->doc});
    details += fmt::format("\n## {}\n\n[{}.v]({}.v): {}\n\n", module->name, module->name, module->name,
                           module->doc) +
               parameters(*module) + ports(*module);
  }
  files["README.md"] =
      "# The block library\n\nEmitted by `gen/blocks/library.cpp`, checked in to be read and reused without "
      "building. "
      "A test holds it up to date;\n`OFFRAMP_UPDATE_GOLDEN=1 build/release/tests/blocks/test_blocks` "
      "refreshes "
      "it.\n\nPorts `<stream>_data`, `<stream>_valid` and `<stream>_ready` form a ready/valid stream: a word "
      "is "
      "transferred in a cycle\nin which valid and ready are both high, a producer does not wait for ready, "
      "and valid "
      "and data stay until the transfer.\nWidths are the Verilog text of the port; a meaning is left out "
      "where the "
      "name says it.\n\n" +
      table(purposes) + details;
  return files;
}

}  // namespace offramp::blocks

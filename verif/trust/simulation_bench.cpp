#include "verif/trust/simulation_bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "verif/random.h"
#include "verif/trust/initial_values.h"

namespace offramp::trust {

namespace {

std::int64_t total(const std::vector<Port>& ports) {
  std::int64_t sum = 0;
  for (const Port& p : ports) sum += p.width;
  return std::max<std::int64_t>(sum, 1);
}

/// One vector in, one vector out; the first port is on top.
std::string wrapper(const Job& job, std::size_t k) {
  const std::vector<Port> in = inputs(job);
  const std::vector<Port> out = outputs(job);
  std::string text = fmt::format(
      "module case_wrapper_{} (input wire clk, input wire [{}:0] in, output wire [{}:0] out);\n  {}", k,
      total(in) - 1, total(out) - 1, job.module->name);
  std::string values;
  for (const auto& [name, value] : job.parameters)
    values += fmt::format("{}.{}({})", values.empty() ? "" : ", ", name, value);
  for (const auto& [name, value] : job.string_parameters)
    values += fmt::format("{}.{}(\"{}\")", values.empty() ? "" : ", ", name, value);
  if (!values.empty()) text += " #(" + values + ")";
  std::string pins;
  const auto connect = [&](const std::string& name, const std::string& to) {
    pins += fmt::format("{}    .{}({})", pins.empty() ? "" : ",\n", name, to);
  };
  for (const hw::Id id : job.module->ports) {
    const hw::Decl& d = job.module->decls[id];
    if (d.clock && !d.reset) connect(d.name, "clk");
  }
  const auto slices = [&](const std::vector<Port>& ports, const char* vector) {
    std::int64_t top = total(ports);
    for (const Port& p : ports) {
      connect(p.name, fmt::format("{}[{}:{}]", vector, top - 1, top - p.width));
      top -= p.width;
    }
  };
  slices(in, "in");
  slices(out, "out");
  return text + " u_dut (\n" + pins + "\n  );\nendmodule\n";
}

/// A line a cycle; an unknown bit is 0 or 1 at random.
std::string stimulus(const Job& job, std::uint64_t seed) {
  verif::Random random(seed);
  std::string text;
  for (const auto& values : job.stimulus) {
    std::string line;
    for (const Bits& v : values) line += v;
    if (line.empty()) line = "0";
    for (char& c : line) c = c == 'x' ? (random.one_in(2) ? '1' : '0') : c;
    text += line + "\n";
  }
  return text;
}

// Inputs change while the clock is low; outputs are taken just before it rises.
constexpr const char* kDrive = R"(module drive;
  reg clk = 1'b0;
  reg sample = 1'b0;
  integer cycle;
  bench u_bench (.clk(clk), .sample(sample), .cycle(cycle));
  initial begin
    cycle = 0;
    while (cycle < CYCLES) begin
      #1 sample = 1'b1;
      #1 sample = 1'b0;
      #1 clk = 1'b1;
      #1 clk = 1'b0;
      #1 cycle = cycle + 1;
    end
    $finish(0);
  end
endmodule
)";

constexpr const char* kMain = R"(#include "Vbench.h"
double sc_time_stamp() { return 0; }
int main(int argc, char** argv) {
  VerilatedContext context;
  context.commandArgs(argc, argv);
  Vbench bench(&context);
  bench.clk = 0;
  bench.sample = 0;
  for (int cycle = 0; cycle < CYCLES; ++cycle) {
    bench.cycle = cycle;
    bench.eval();
    bench.sample = 1;
    bench.eval();
    bench.sample = 0;
    bench.eval();
    bench.clk = 1;
    bench.eval();
    bench.clk = 0;
    bench.eval();
  }
  bench.final();
}
)";

// A module stays one behind its wrapper. Registers and memories get a random value before anything is
// optimized: a register that is never set would be an x, and of an x Yosys may make what it likes. MAP makes
// single-bit cells: of all, or of what is not arithmetic.
constexpr const char* kNetlist = R"(read_verilog cases.v
hierarchy -check -top all_cases
setattr -mod -set keep_hierarchy 1 case_wrapper_*
proc -noopt
flatten
memory
setundef -undriven -init -random 7
opt -fast
MAP
clean -purge
check -assert
write_verilog -noattr netlist.v
)";

std::string replaced(std::string text, const std::string& word, const std::string& by) {
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word))
    text.replace(at, word.size(), by);
  return text;
}

}  // namespace

std::map<std::string, std::string> bench_files(const std::vector<Job>& jobs,
                                               const std::function<std::string(const hw::Module&)>& print) {
  std::map<std::string, std::string> files;
  std::map<std::string, const hw::Module*> modules;
  std::string cases;
  std::string wrappers;
  std::string all = "module all_cases (input wire clk";
  std::string instances;
  std::string bench = "module bench (input wire clk, input wire sample, input wire [31:0] cycle);\n";
  std::size_t cycles = 0;
  for (std::size_t k = 0; k < jobs.size(); ++k) {
    const Job& job = jobs[k];
    for (const hw::Module* m : job.design->modules()) {
      const auto [it, added] = modules.emplace(m->name, m);
      if (added) {
        cases += print(*m) + "\n";
      } else if (it->second != m && print(*m) != print(*it->second)) {
        throw std::logic_error("two modules of a batch are called " + m->name);
      }
    }
    wrappers += wrapper(job, k);
    const auto wide = [](std::int64_t width) { return fmt::format("[{}:0]", width - 1); };
    const std::string in = wide(total(inputs(job)));
    const std::string out = wide(total(outputs(job)));
    all += fmt::format(", input wire {} in_{}, output wire {} out_{}", in, k, out, k);
    instances += fmt::format("  case_wrapper_{0} u_{0} (.clk(clk), .in(in_{0}), .out(out_{0}));\n", k);
    bench += fmt::format(
        "  reg {0} stimulus_{2} [0:{3}];\n  initial $readmemb(\"stimulus_{2}.txt\", stimulus_{2});\n"
        "  wire {0} in_{2} = stimulus_{2}[cycle];\n  wire {1} out_{2};\n"
        "  case_wrapper_{2} u_{2} (.clk(clk), .in(in_{2}), .out(out_{2}));\n"
        "  always @(posedge sample) if (cycle < {4}) $display(\"{2} %b\", out_{2});\n",
        in, out, k, std::max<std::size_t>(job.stimulus.size(), 2) - 1, job.stimulus.size());
    files[fmt::format("stimulus_{}.txt", k)] = stimulus(job, k);
    files.insert(job.files.begin(), job.files.end());
    cycles = std::max(cycles, job.stimulus.size());
  }
  files["cases.v"] = cases + "`default_nettype wire\n" + wrappers + all + ");\n" + instances + "endmodule\n";
  files["bench.v"] = bench + "endmodule\n";
  files["drive.v"] = replaced(kDrive, "CYCLES", std::to_string(cycles));
  files["main.cpp"] = replaced(kMain, "CYCLES", std::to_string(cycles));
  files["netlist.ys"] = replaced(kNetlist, "MAP", "simplemap");
  files["gates.ys"] = replaced(kNetlist, "MAP", "techmap\nopt -fast");
  files["start.v"] =
      initial_values(jobs, [](std::size_t k) { return fmt::format("drive.u_bench.u_{}.u_dut", k); });
  return files;
}

std::vector<Simulation> parse_output(const std::vector<Job>& jobs, const std::string& output) {
  std::vector<Simulation> results(jobs.size());
  std::vector<std::vector<Port>> out;
  for (const Job& j : jobs) out.push_back(outputs(j));
  std::size_t at = 0;
  while (at < output.size()) {
    const std::size_t end = std::min(output.find('\n', at), output.size());
    std::size_t k = 0;
    const auto [next, error] = std::from_chars(output.data() + at, output.data() + end, k);
    const auto begin = static_cast<std::size_t>(next - output.data()) + 1;
    if (error == std::errc{} && k < jobs.size() && begin < end) {
      std::size_t bit = begin;
      auto& row = results[k].values.emplace_back();
      for (const Port& p : out[k]) {
        const auto width = static_cast<std::size_t>(p.width);
        if (bit + width > end) break;
        row.push_back(output.substr(bit, width));
        bit += width;
      }
      if (row.size() != out[k].size() || bit != end) results[k].values.pop_back();
    }
    at = end + 1;
  }
  return results;
}

}  // namespace offramp::trust

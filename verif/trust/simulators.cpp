#include "verif/trust/simulators.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <sstream>

#include "base/error.h"
#include "base/files.h"
#include "base/interrupt.h"
#include "base/process.h"
#include "hw/interpreter.h"
#include "verif/random.h"
#include "verif/trust/simulation_bench.h"

namespace offramp::trust {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

namespace {

std::vector<Port> ports(const Job& job, hw::DeclKind kind) {
  hw::IntEnv env;
  for (const auto& p : job.module->params) {
    if (const auto it = job.parameters.find(p->name); it != job.parameters.end()) env[p.get()] = it->second;
  }
  std::vector<Port> found;
  for (const hw::Id id : job.module->ports) {
    const hw::Decl& d = job.module->decls[id];
    if (d.kind == kind && (!d.clock || d.reset)) found.push_back({d.name, evaluate(d.type.width, env)});
  }
  return found;
}

Bits random_value(verif::Random& random, std::int64_t width) {
  Bits bits(static_cast<std::size_t>(width), '0');
  switch (random.below(10)) {
    case 0:
      break;
    case 1:
      std::fill(bits.begin(), bits.end(), '1');
      break;
    case 2:
      bits.front() = '1';
      break;
    case 3:
      std::fill(bits.begin() + 1, bits.end(), '1');
      break;
    case 4:
      bits.back() = '1';
      break;
    case 5:
      // A small number, of either sign.
      std::fill(bits.begin(), bits.end(), random.one_in(2) ? '1' : '0');
      for (std::size_t i = 0; i < std::min<std::size_t>(bits.size(), 3); ++i)
        bits[bits.size() - 1 - i] = random.one_in(2) ? '1' : '0';
      break;
    default:
      for (char& b : bits) b = random.one_in(2) ? '1' : '0';
      break;
  }
  return bits;
}

/// The lines of a tool's output that say what is wrong.
std::string complaint(const std::string& output) {
  std::string said;
  int lines = 0;
  std::istringstream in(output);
  for (std::string line; std::getline(in, line) && lines < 4;) {
    if (line.find("rror") == std::string::npos && line.find("sorry") == std::string::npos) continue;
    said += (said.empty() ? "" : "; ") + line;
    ++lines;
  }
  return said.empty() ? output.substr(0, 400) : said;
}

/// Far more than a batch takes: a simulation that never settles must end.
constexpr std::chrono::seconds kTimeLimit{300};
constexpr std::chrono::seconds kSimulationLimit{60};

/// Output, or the complaint in `error`.
std::string run_tool(const Strings& argv, const fs::path& folder, std::string& error) {
  const auto start = std::chrono::steady_clock::now();
  const auto limit = argv[0] == "vvp" ? kSimulationLimit : kTimeLimit;
  try {
    const ProcessResult r = run_process(argv, {.directory = folder, .time_limit = limit});
    check_interrupted();
    if (r.exit_code != 0)
      error = fmt::format("{} ended with status {}: {}", argv[0], r.exit_code, complaint(r.output));
    return r.output;
  } catch (const Error& e) {
    if (std::chrono::steady_clock::now() - start < limit || interrupted()) throw;
    error = e.what();
    return {};
  }
}

}  // namespace

std::vector<Port> inputs(const Job& job) {
  return ports(job, hw::DeclKind::input);
}
std::vector<Port> outputs(const Job& job) {
  return ports(job, hw::DeclKind::output);
}

std::vector<std::vector<Bits>> random_stimulus(const Job& job, std::uint64_t seed, int cycles, bool unknown) {
  const std::vector<Port> in = inputs(job);
  std::vector<std::vector<Bits>> stimulus(static_cast<std::size_t>(cycles));
  for (std::size_t p = 0; p < in.size(); ++p) {
    // A stream for each input, so that removing one does not change the others.
    verif::Random random(verif::mix_seed(seed, p));
    const bool reset = std::any_of(
        job.module->decls.begin(), job.module->decls.end(),
        [&](const hw::Decl& d) { return d.kind == hw::DeclKind::input && d.reset && d.name == in[p].name; });
    for (int c = 0; c < cycles; ++c) {
      Bits bits;
      if (reset) {
        bits = c < kResetCycles || random.one_in(20) ? "0" : "1";
      } else {
        bits = random_value(random, in[p].width);
        if (unknown && c > kResetCycles && random.one_in(10)) bits[random.below(bits.size())] = 'x';
      }
      stimulus[static_cast<std::size_t>(c)].push_back(std::move(bits));
    }
  }
  return stimulus;
}

const char* name_of(Tool tool) {
  switch (tool) {
    case Tool::interpreter:
      return "interpreter";
    case Tool::icarus:
      return "Icarus";
    case Tool::verilator:
      return "Verilator";
    case Tool::netlist:
      return "Yosys netlist";
    case Tool::gates:
      return "Yosys gates";
  }
  return "";
}

std::string version_of(Tool tool) {
  Strings argv;
  switch (tool) {
    case Tool::interpreter:
      return "this tree";
    case Tool::icarus:
      argv = {"vvp", "-V"};
      break;
    case Tool::verilator:
      argv = {"verilator", "--version"};
      break;
    case Tool::netlist:
    case Tool::gates:
      argv = {"yosys", "-V"};
      break;
  }
  if (!find_tool(argv[0])) return "";
  const std::string output = run_process(argv).output;
  return output.substr(0, output.find('\n'));
}

Simulators::Simulators(SimulatorOptions options) : options_(std::move(options)) {
  std::string name = (fs::temp_directory_path() / "offramp-trust-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw Error("cannot make a temporary directory in " + name);
  folder_ = name;
}

Simulators::~Simulators() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

std::vector<Simulation> Simulators::run(Tool tool, const std::vector<Job>& jobs) {
  if (tool == Tool::interpreter) return interpret(jobs);
  require_tool("iverilog", "iverilog");
  if (tool == Tool::verilator) {
    require_tool("verilator", "verilator");
    require_tool("g++", "g++");
  }
  if (tool == Tool::netlist || tool == Tool::gates) require_tool("yosys", "yosys");
  return batch(tool, jobs);
}

std::vector<Simulation> Simulators::interpret(const std::vector<Job>& jobs) const {
  std::vector<Simulation> results;
  for (const Job& job : jobs) {
    Simulation s;
    const fs::path folder = folder_ / "images";
    try {
      fs::create_directories(folder);
      for (const auto& [name, text] : job.files) write_file(folder / name, text);
      hw::Interpreter interpreter(*job.module, {.parameters = job.parameters,
                                                .string_parameters = job.string_parameters,
                                                .folder = folder.string()});
      const std::vector<Port> in = inputs(job);
      const std::vector<Port> out = outputs(job);
      const bool clock = std::any_of(job.module->decls.begin(), job.module->decls.end(),
                                     [](const hw::Decl& d) { return d.clock && !d.reset; });
      for (const auto& values : job.stimulus) {
        for (std::size_t p = 0; p < in.size(); ++p)
          interpreter.set(in[p].name, hw::LogicVector::parse(values[p]));
        auto& row = s.values.emplace_back();
        for (const Port& p : out) row.push_back(interpreter.get(p.name).text());
        if (clock) interpreter.step();
      }
    } catch (const Error&) {
      throw;
    } catch (const std::exception& e) {
      s.error = e.what();
    }
    if (options_.interpreted) options_.interpreted(job, s);
    results.push_back(std::move(s));
  }
  return results;
}

/// A tool that refuses a batch is asked again about each half, until it is known which modules it refuses.
std::vector<Simulation> Simulators::batch(Tool tool, const std::vector<Job>& jobs) {
  std::vector<Simulation> results(jobs.size());
  if (jobs.empty()) return results;
  const fs::path folder = folder_ / fmt::format("batch_{}", batches_++);
  fs::create_directories(folder);
  std::string output;
  std::string error = simulate(tool, jobs, folder, output);
  if (error.empty()) {
    results = parse_output(jobs, output);
    // What is not complete counts as refused as well: the program ended early.
    for (std::size_t k = 0; k < jobs.size(); ++k) {
      if (results[k].values.size() != jobs[k].stimulus.size())
        error = fmt::format("{}: the simulation ended early: {}", name_of(tool), output.substr(0, 400));
    }
  }
  std::error_code ignored;
  fs::remove_all(folder, ignored);
  if (error.empty()) return results;
  if (jobs.size() == 1) return {Simulation{.error = error, .values = {}}};
  const auto middle = jobs.begin() + static_cast<std::ptrdiff_t>(jobs.size() / 2);
  results = batch(tool, {jobs.begin(), middle});
  std::vector<Simulation> rest = batch(tool, {middle, jobs.end()});
  results.insert(results.end(), std::make_move_iterator(rest.begin()), std::make_move_iterator(rest.end()));
  return results;
}

/// Runs the tools in the folder; returns what is wrong.
std::string Simulators::simulate(Tool tool, const std::vector<Job>& jobs, const fs::path& folder,
                                 std::string& output) {
  for (const auto& [name, text] : bench_files(jobs, options_.print)) write_file(folder / name, text);
  std::string error;
  if (tool == Tool::verilator) {
    const fs::path library = runtime();
    run_tool(
        {"verilator",   "--cc",       "--prefix",       "Vbench",     "--top-module", "bench",      "-Mdir",
         ".",           "-Wno-fatal", "-Wno-lint",      "-Wno-style", "--no-assert",  "--x-assign", "unique",
         "--x-initial", "unique",     "--output-split", "0",          "cases.v",      "bench.v"},
        folder, error);
    if (!error.empty()) return error;
    std::string unit;
    Strings sources;
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.path().extension() == ".cpp") sources.push_back(entry.path().filename().string());
    }
    std::sort(sources.begin(), sources.end());
    for (const auto& s : sources) unit += "#include \"" + s + "\"\n";
    write_file(folder / "unit.cc", unit);
    const fs::path include = library.parent_path() / "include";
    run_tool({"g++", "-std=c++17", "-O0", "-w", "-DVM_COVERAGE=0", "-DVM_SC=0", "-DVM_TRACE=0", "-isystem",
              include.string(), "-isystem", (include / "vltstd").string(), "-I.", "unit.cc", library.string(),
              "-lpthread", "-o", "simulation"},
             folder, error);
    if (!error.empty()) return error;
    output = run_tool({(folder / "simulation").string(), "+verilator+rand+reset+2", "+verilator+seed+7"},
                      folder, error);
    return error;
  }
  Strings argv = {"iverilog", "-g2005", "-o", "simulation", "-s", "drive", "drive.v", "bench.v"};
  if (tool == Tool::netlist || tool == Tool::gates) {
    run_tool({"yosys", "-q", "-s", tool == Tool::gates ? "gates.ys" : "netlist.ys"}, folder, error);
    if (!error.empty()) return error;
    argv.emplace_back("netlist.v");
  } else {
    argv.insert(argv.end(), {"-s", "start", "start.v", "cases.v"});
  }
  run_tool(argv, folder, error);
  if (error.empty()) output = run_tool({"vvp", "-n", "simulation"}, folder, error);
  return error;
}

/// Verilator's own code, compiled once, with its headers beside it.
fs::path Simulators::runtime() {
  if (!runtime_.empty()) return runtime_;
  std::string error;
  std::string root = run_tool({"verilator", "--getenv", "VERILATOR_ROOT"}, folder_, error);
  while (!root.empty() && root.back() == '\n') root.pop_back();
  const fs::path include = fs::path(root) / "include";
  const fs::path folder = folder_ / "runtime";
  fs::create_directories(folder);
  fs::create_directory_symlink(include, folder / "include");
  write_file(folder / "unit.cc", "#include \"verilated.cpp\"\n#include \"verilated_threads.cpp\"\n");
  Strings argv = {"g++",
                  "-std=c++17",
                  "-O0",
                  "-w",
                  "-DVM_COVERAGE=0",
                  "-DVM_SC=0",
                  "-DVM_TRACE=0",
                  "-isystem",
                  include.string(),
                  "-isystem",
                  (include / "vltstd").string(),
                  "-c",
                  "unit.cc",
                  "-o",
                  "runtime.o"};
  run_tool(argv, folder, error);
  if (!error.empty()) throw Error("cannot compile Verilator's runtime: " + error);
  return runtime_ = folder / "runtime.o";
}

}  // namespace offramp::trust

#include "verif/verilated_build.h"

#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <map>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "base/interrupt.h"
#include "base/process.h"
#include "base/sha256.h"
#include "base/text.h"
#include "verif/model_wrapper.h"

namespace offramp::verif {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

/// A directory in the cache that goes away with its contents unless it is renamed first.
class BuildDirectory {
 public:
  explicit BuildDirectory(const fs::path& cache) {
    std::string name = (cache / "build-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      throw Error(
          fmt::format("cannot make a directory for a Verilated model in {}: {}; choose another place "
                      "with OFFRAMP_CACHE",
                      in_quotes(cache.string()), std::generic_category().message(errno)));
    }
    path_ = name;
  }
  ~BuildDirectory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  BuildDirectory(const BuildDirectory&) = delete;
  BuildDirectory& operator=(const BuildDirectory&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// The first lines of a tool's output that say what is wrong.
std::string first_errors(const std::string& output) {
  std::string result;
  int lines = 0;
  const auto take = [&](const char* word) {
    std::size_t begin = 0;
    while (begin < output.size() && lines < 5) {
      const std::size_t end = std::min(output.find('\n', begin), output.size());
      const std::string line = output.substr(begin, end - begin);
      if (line.find(word) != std::string::npos) {
        result += "\n  " + line;
        ++lines;
      }
      begin = end + 1;
    }
  };
  take("rror");
  if (lines == 0) take("");
  return result;
}

/// Runs a tool in `directory`; `doing` completes "cannot ...".
std::string run_tool(const Strings& argv, const fs::path& directory, const std::string& doing) {
  ProcessOptions options;
  options.directory = directory;
  const ProcessResult result = run_process(argv, options);
  if (result.exit_code != 0) {
    throw Error(fmt::format("cannot {}: {} ended with status {}{}", doing, argv[0], result.exit_code,
                            first_errors(result.output)));
  }
  return result.output;
}

/// What decides which instructions -march=native may use: code of one machine must not be run by another that
/// shares the cache.
std::string processor() {
  std::ifstream info("/proc/cpuinfo");
  std::string model;
  std::string flags;
  for (std::string line; std::getline(info, line) && (model.empty() || flags.empty());) {
    if (line.starts_with("model name")) model = line;
    if (line.starts_with("flags") || line.starts_with("Features")) flags = line;
  }
  return model + "\n" + flags;
}

struct Tools {
  std::string verilator_version;
  std::string compiler_version;
};

Tools require_tools() {
  require_tool("verilator", "verilator");
  require_tool("g++", "g++");
  require_tool("ar", "binutils");
  return {.verilator_version = run_tool({"verilator", "--version"}, {}, "ask Verilator for its version"),
          .compiler_version = run_tool({"g++", "--version"}, {}, "ask g++ for its version")};
}

Strings verilator_flags(const ModelOptions& options) {
  Strings flags = {"--cc",        "--prefix",   "Vmodel",    "-O3",
                   "--no-assert", "-Wno-fatal", "-Wno-lint", "-Wno-style"};
  const char* start = options.random_start ? "unique" : "fast";
  flags.insert(flags.end(), {"--x-assign", start, "--x-initial", start});
  if (options.trace) flags.emplace_back("--trace-fst");
  // Its data-flow pass makes one concatenation of a vector that is driven in parts, and copies the vector
  // once a part to compute it.
  flags.emplace_back("-fno-dfg");
  // Smaller files: two of them are compiled at a time, and g++ is worse than linear in the size of a
  // function.
  flags.insert(flags.end(), {"--output-split", "5000"});
  return flags;
}

Strings compiler_flags(const ModelOptions& options) {
  // Hidden visibility and no unique symbols: several models live in one process and each has its own copy of
  // Verilator's runtime.
  return {"-std=c++17",
          "-fPIC",
          "-fvisibility=hidden",
          "-fno-gnu-unique",
          "-w",
          "-DVL_READMEM_N=offramp_readmem",
          "-DVM_COVERAGE=0",
          "-DVM_SC=0",
          "-DVM_TRACE_VCD=0",
          fmt::format("-DVM_TRACE={}", options.trace ? 1 : 0),
          fmt::format("-DVM_TRACE_FST={}", options.trace ? 1 : 0)};
}

/// For the code that runs every cycle, and for what runs once.
Strings hot_flags(const ModelOptions& options) {
  return {options.favour == ModelOptions::Favour::build ? "-O1" : "-O3", "-march=native"};
}
Strings cold_flags() {
  return {"-O0"};
}

/// Verilator's signed operations in a form that g++ makes one instruction, or one lane of a vector
/// instruction, of: shifts by a constant. Its own or a mask of the sign to a number, which nothing
/// recognizes. A product needs no extension, as its upper bits are masked by the caller.
constexpr const char* kArithmeticHeader = "arithmetic.h";
constexpr const char* kArithmetic = R"header(#include "verilated.h"

namespace arithmetic {
/// A number of `bits` bits at the top of a word, where its sign is the word's.
static inline int32_t top(int bits, IData v) { return static_cast<int32_t>(v << (32 - bits)); }
static inline int64_t top_wide(int bits, QData v) { return static_cast<int64_t>(v << (64 - bits)); }
}

#define VL_EXTENDS_II(to, bits, v) static_cast<IData>(arithmetic::top(bits, v) >> (32 - (bits)))
#define VL_EXTENDS_QI(to, bits, v) static_cast<QData>(arithmetic::top_wide(bits, v) >> (64 - (bits)))
#define VL_EXTENDS_QQ(to, bits, v) static_cast<QData>(arithmetic::top_wide(bits, v) >> (64 - (bits)))
#define VL_MULS_III(bits, a, b) (static_cast<IData>(a) * static_cast<IData>(b))
#define VL_MULS_QQQ(bits, a, b) (static_cast<QData>(a) * static_cast<QData>(b))
#define VL_GTS_III(bits, a, b) static_cast<IData>(arithmetic::top(bits, a) > arithmetic::top(bits, b))
#define VL_GTES_III(bits, a, b) static_cast<IData>(arithmetic::top(bits, a) >= arithmetic::top(bits, b))
#define VL_LTS_III(bits, a, b) static_cast<IData>(arithmetic::top(bits, a) < arithmetic::top(bits, b))
#define VL_LTES_III(bits, a, b) static_cast<IData>(arithmetic::top(bits, a) <= arithmetic::top(bits, b))
#define VL_GTS_IQQ(bits, a, b) static_cast<IData>(arithmetic::top_wide(bits, a) > arithmetic::top_wide(bits, b))
#define VL_GTES_IQQ(bits, a, b) static_cast<IData>(arithmetic::top_wide(bits, a) >= arithmetic::top_wide(bits, b))
#define VL_LTS_IQQ(bits, a, b) static_cast<IData>(arithmetic::top_wide(bits, a) < arithmetic::top_wide(bits, b))
#define VL_LTES_IQQ(bits, a, b) static_cast<IData>(arithmetic::top_wide(bits, a) <= arithmetic::top_wide(bits, b))
)header";

struct Compilation {
  fs::path source;
  fs::path object;
  Strings flags;
};

/// Compiles, two at a time, large files first. The first failure stops the rest.
void compile(std::vector<Compilation> jobs, const fs::path& directory, const std::string& what) {
  std::stable_sort(jobs.begin(), jobs.end(), [](const Compilation& a, const Compilation& b) {
    return fs::file_size(a.source) > fs::file_size(b.source);
  });
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;
  const auto work = [&] {
    try {
      for (std::size_t i = next++; i < jobs.size(); i = next++) {
        Strings argv = {"g++"};
        argv.insert(argv.end(), jobs[i].flags.begin(), jobs[i].flags.end());
        argv.insert(argv.end(), {"-c", jobs[i].source.string(), "-o", jobs[i].object.string()});
        run_tool(argv, directory, "compile " + what);
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
      next = jobs.size();
    }
  };
  std::thread helper(work);
  work();
  helper.join();
  if (failure) std::rethrow_exception(failure);
}

Strings operator+(Strings a, const Strings& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

std::string joined(const Strings& strings) {
  std::string result;
  for (const std::string& s : strings) result += s + '\n';
  return result;
}

/// Verilator's runtime library, compiled once for each set of flags.
fs::path runtime_library(const fs::path& cache, const Tools& tools, const ModelOptions& options,
                         const fs::path& verilator_root) {
  Strings flags = compiler_flags(options) +
                  Strings{"-O1", "-DVL_USER_FATAL", "-DVL_USER_STOP", "-DVL_USER_FINISH", "-DVL_USER_WARN"};
  // The runtime keeps its own $readmemh, which the wrapper calls.
  std::erase(flags, "-DVL_READMEM_N=offramp_readmem");
  Strings files = {"verilated", "verilated_threads"};
  if (options.trace) files.emplace_back("verilated_fst_c");
  const std::string key =
      sha256_hex(tools.verilator_version + tools.compiler_version + joined(flags) + joined(files))
          .substr(0, 16);
  const fs::path archive = cache / ("runtime-" + key + ".a");
  if (fs::exists(archive)) return archive;

  const fs::path include = verilator_root / "include";
  const BuildDirectory build(cache);
  const Strings includes = {"-I" + include.string(), "-I" + (include / "vltstd").string()};
  std::vector<Compilation> jobs;
  Strings objects;
  for (const std::string& file : files) {
    objects.push_back(file + ".o");
    jobs.push_back({include / (file + ".cpp"), build.path() / objects.back(), flags + includes});
  }
  compile(jobs, build.path(), "Verilator's runtime library");
  run_tool(Strings{"ar", "rcs", "runtime.a"} + objects, build.path(), "archive Verilator's runtime library");
  fs::rename(build.path() / "runtime.a", archive);
  return archive;
}

/// Makes the probed signals readable from outside.
std::string probe_configuration(const std::vector<accel::Probe>& probes) {
  std::map<std::pair<std::string, std::string>, int> seen;
  std::string text = "`verilator_config\n";
  for (const accel::Probe& probe : probes) {
    if (seen[{probe.module, probe.signal}]++ > 0) continue;
    text += fmt::format("public_flat_rd -module \"{}\" -var \"{}\"\n", encode_identifier(probe.module),
                        encode_identifier(probe.signal));
  }
  return text;
}

/// Everything that a model is made from, as one text.
std::string description(const ModelSources& sources, const ModelOptions& options, const Tools& tools) {
  std::string text = tools.verilator_version + tools.compiler_version + processor();
  text += joined(verilator_flags(options)) + joined(compiler_flags(options)) + joined(hot_flags(options)) +
          joined(cold_flags()) + kArithmetic + model_wrapper({}) + sources.top + '\n' +
          probe_configuration(sources.probes);
  for (const std::string& file : sources.verilog + sources.libraries) {
    const std::string bytes = read_file(sources.directory / file);
    text += fmt::format("{} {}\n", file, bytes.size()) + bytes;
  }
  return text;
}

/// Verilator's own division: code that runs once (construction, first settling, tracing set-up) is in files
/// with Slow in their names, and the symbol table is slow as well.
bool is_cold(const std::string& file) {
  return file.find("__Slow") != std::string::npos || file.find("__Syms") != std::string::npos;
}

/// The files to compile, as unit -> files that it includes. Verilator writes many small files, and each would
/// read the headers of its runtime again, which takes longer than its own code: so the cold ones make one
/// unit and the hot ones as many as are compiled at a time.
std::map<std::string, Strings> translation_units(const fs::path& directory) {
  std::vector<std::pair<std::uintmax_t, std::string>> hot;
  std::map<std::string, Strings> units;
  for (const auto& entry : fs::directory_iterator(directory)) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() != ".cpp") continue;
    if (is_cold(name) || name == "wrapper.cpp") {
      units["cold.cc"].push_back(name);
    } else {
      hot.emplace_back(entry.file_size(), name);
    }
  }
  std::sort(hot.rbegin(), hot.rend());
  std::uintmax_t total = 0;
  for (const auto& [size, name] : hot) total += size;
  constexpr std::uintmax_t kWorthSplitting = 300'000;  // bytes; below it, the headers cost more than is won
  std::uintmax_t first = 0;
  for (const auto& [size, name] : hot) {
    const bool second = total > kWorthSplitting && first > total / 2;
    if (!second) first += size;
    units[second ? "hot_1.cc" : "hot_0.cc"].push_back(name);
  }
  for (auto& [unit, files] : units) std::sort(files.begin(), files.end());
  return units;
}

void build_into(const fs::path& library, const fs::path& cache, const ModelSources& sources,
                const ModelOptions& options, const Tools& tools) {
  std::string root_text =
      run_tool({"verilator", "--getenv", "VERILATOR_ROOT"}, {}, "ask Verilator where it is");
  while (!root_text.empty() && root_text.back() == '\n') root_text.pop_back();
  const fs::path root = root_text;
  const fs::path runtime = runtime_library(cache, tools, options, root);

  const BuildDirectory build(cache);
  write_file(build.path() / "probes.vlt", probe_configuration(sources.probes));
  Strings verilate = Strings{"verilator"} + verilator_flags(options) +
                     Strings{"--top-module", sources.top, "-Mdir", build.path().string(),
                             (build.path() / "probes.vlt").string()};
  for (const std::string& cells : sources.libraries) verilate = verilate + Strings{"-v", cells};
  run_tool(verilate + sources.verilog, sources.directory,
           fmt::format("verilate the module '{}'", sources.top));

  const std::string wrapper = model_wrapper(ports_of_header(read_file(build.path() / "Vmodel.h")));
  write_file(build.path() / "wrapper.cpp", wrapper);
  write_file(build.path() / kArithmeticHeader, kArithmetic);
  const Strings common =
      compiler_flags(options) +
      Strings{"-I" + (root / "include").string(), "-I" + (root / "include" / "vltstd").string(), "-I."};
  std::vector<Compilation> jobs;
  Strings objects;
  for (const auto& [unit, files] : translation_units(build.path())) {
    std::string text = fmt::format("#include \"{}\"\n", kArithmeticHeader);
    for (const std::string& file : files) text += fmt::format("#include \"{}\"\n", file);
    write_file(build.path() / unit, text);
    objects.push_back(unit + ".o");
    const Strings flags = unit.starts_with("cold") ? cold_flags() : hot_flags(options);
    jobs.push_back({build.path() / unit, build.path() / objects.back(), common + flags});
  }
  compile(jobs, build.path(), fmt::format("the Verilated model of '{}'", sources.top));
  Strings link = Strings{"g++", "-shared", "-Wl,-Bsymbolic", "-o", "model.so"} + objects +
                 Strings{runtime.string(), "-lpthread"};
  if (options.trace) link.emplace_back("-lz");
  run_tool(link, build.path(), fmt::format("link the Verilated model of '{}'", sources.top));
  fs::rename(build.path() / "model.so", library);
}

}  // namespace

fs::path default_model_cache() {
  const auto variable = [](const char* name) -> fs::path {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
  };
  if (const fs::path chosen = variable("OFFRAMP_CACHE"); !chosen.empty()) return chosen;
  if (const fs::path cache = variable("XDG_CACHE_HOME"); !cache.empty()) return cache / "offramp" / "models";
  if (const fs::path home = variable("HOME"); !home.empty()) return home / ".cache" / "offramp" / "models";
  return fs::temp_directory_path() / "offramp" / "models";
}

BuiltModel build_model(const ModelSources& sources, const ModelOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  const Tools tools = require_tools();
  const fs::path cache = fs::absolute(options.cache.empty() ? default_model_cache() : options.cache);
  const std::string key = sha256_hex(description(sources, options, tools)).substr(0, 32);
  const fs::path library = cache / fmt::format("{}-{}.so", sources.top, key);
  if (fs::exists(library)) return {.library = library, .from_cache = true};
  make_directory(cache);
  build_into(library, cache, sources, options, tools);
  return {.library = library,
          .seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()};
}

}  // namespace offramp::verif

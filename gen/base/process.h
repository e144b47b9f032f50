#pragma once
// Child processes: the tools (verilator, yosys, a compiled model) that the program runs.
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace offramp {

struct ProcessOptions {
  std::filesystem::path directory = {};                               // where it runs; empty: here
  std::vector<std::pair<std::string, std::string>> environment = {};  // set beside what is inherited
  std::optional<std::chrono::milliseconds> time_limit = {};           // throws offramp::Error when it is over
};

struct ProcessResult {
  int exit_code = 0;   // 128 + signal where a signal ended it, as in a shell
  std::string output;  // standard output and standard error, in the order they were written
};

/// Runs argv[0] (looked up on PATH unless it has a slash) without a shell, standard input empty, and waits.
/// Throws offramp::Error with ExitStatus::missing_tool where there is no such program. On Ctrl-C
/// (base/interrupt.h) the child and all it started are killed and check_interrupted() throws. A non-zero exit
/// code is not an error here.
[[nodiscard]] ProcessResult run_process(const std::vector<std::string>& argv,
                                        const ProcessOptions& options = {});

/// Where `tool` is on PATH, or nothing.
[[nodiscard]] std::optional<std::filesystem::path> find_tool(const std::string& tool);

/// The same, or offramp::Error with ExitStatus::missing_tool that names the tool and the Debian package with
/// it.
std::filesystem::path require_tool(const std::string& tool, const std::string& debian_package);

}  // namespace offramp

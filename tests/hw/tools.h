#pragma once
// The open tools that read our Verilog, for tests: each is optional and its absence is said, never passed
// over.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace offramp::hw::test {

struct CommandResult {
  int status = 0;
  std::string output;
};

/// Runs a shell command; the output holds both standard output and standard error.
inline CommandResult run(const std::string& command) {
  CommandResult r;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return {127, "cannot start: " + command};
  std::array<char, 4096> buffer{};
  while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe))
    r.output.append(buffer.data(), n);
  const int status = pclose(pipe);
  r.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  return r;
}

inline bool has_tool(const std::string& name) {
  return run("command -v " + name).status == 0;
}

#define SKIP_WITHOUT(tool) \
  if (!::offramp::hw::test::has_tool(tool)) GTEST_SKIP() << "skipped: " << (tool) << " not found"

/// A folder that lives as long as the test.
class TempDir {
 public:
  TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "offramp_hw_XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name) << text;
    return (path_ / name).string();
  }
  [[nodiscard]] std::string path(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

inline std::string read_file(const std::string& name) {
  std::ifstream in(name);
  std::ostringstream s;
  s << in.rdbuf();
  return s.str();
}

/// Every message of the three tools about these files, empty when all are content. Tools that are absent are
/// listed in `missing`.
inline std::string lint(const std::vector<std::string>& files, const std::string& top,
                        std::vector<std::string>& missing, const std::string& parameters = {}) {
  std::string all;
  for (const auto& f : files) all += " " + f;
  std::string said;
  // In the folder of the files, where memory images are.
  const std::string there = "cd " + std::filesystem::path(files.front()).parent_path().string() + " && ";
  const auto ask = [&](const std::string& tool, const std::string& command) {
    if (!has_tool(tool)) {
      missing.push_back(tool);
      return;
    }
    const auto r = run(there + command);
    if (r.status != 0 || !r.output.empty()) said += tool + ": " + r.output + "\n";
  };
  ask("verilator", "verilator --lint-only -Wall --top-module " + top + " " + parameters + all);
  if (parameters.empty()) {
    ask("iverilog", "iverilog -g2005 -Wall -o /dev/null -s " + top + all);
    ask("yosys",
        "yosys -q -p 'read_verilog" + all + "; hierarchy -check -top " + top + "; proc; check -assert'");
  }
  return said;
}

}  // namespace offramp::hw::test

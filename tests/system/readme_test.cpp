// The commands that README.md shows are run as they stand there.
#include <gmock/gmock.h>

#include <regex>
#include <sstream>

#include "cli/program.h"

namespace offramp::testing {
namespace {

/// Lines of the README's shell blocks that are commands, continued lines joined.
std::vector<std::string> readme_commands() {
  std::vector<std::string> commands;
  std::istringstream text(slurp(OFFRAMP_SOURCE_DIR "/README.md"));
  bool shell = false;
  std::string command;
  for (std::string line; std::getline(text, line);) {
    if (line.rfind("```", 0) == 0) {
      shell = !shell && std::regex_search(line, std::regex("^```(sh|bash|console|shell)"));
      continue;
    }
    if (!shell) continue;
    line = std::regex_replace(line, std::regex("^\\s*\\$ |\\s+#.*$|^\\s+|^#.*$"), "");
    const bool goes_on = !line.empty() && line.back() == '\\';
    command += goes_on ? line.substr(0, line.size() - 1) : line;
    if (goes_on) continue;
    if (!command.empty()) commands.push_back(command);
    command.clear();
  }
  return commands;
}

TEST(Readme, EveryProgramCommandRuns) {
  const Scratch scratch;
  // A place that looks like the repository after `scripts/demo.sh`, with an output folder of its own.
  fs::create_directories(scratch / "build/release");
  fs::create_symlink(OFFRAMP_PROGRAM, scratch / "build/release/offramp");
  for (const char* name : {"networks", "constraints", "scripts"}) {
    fs::create_directory_symlink(fs::path(OFFRAMP_SOURCE_DIR) / name, scratch / name);
  }
  write_idx(scratch / "data", 64, 16);
  int ran = 0;
  for (std::string command : readme_commands()) {
    if (!std::regex_search(command, std::regex("(^|/)offramp "))) continue;
    // A reader's own network and images stand for any; ours take their place.
    std::smatch own;
    if (std::regex_search(command, own, std::regex("[^ ]+\\.onnx")) && !fs::exists(scratch / own.str())) {
      command.replace(static_cast<std::size_t>(own.position()), static_cast<std::size_t>(own.length()),
                      lenet5());
    }
    if (std::regex_search(command, own, std::regex("(idx|mnist|npy|cifar10):[^ ]+"))) {
      command.replace(static_cast<std::size_t>(own.position()), static_cast<std::size_t>(own.length()),
                      "idx:data");
      if (std::regex_search(command, std::regex("offramp (build|verify) "))) command += " --samples 16";
    }
    if (command.rfind("offramp ", 0) == 0) command = "build/release/" + command;
    const RunResult run = run_command(
        {"bash", "-c", command},
        {.directory = scratch.path(), .environment = {{"OFFRAMP_CACHE", OFFRAMP_BINARY_DIR "/test-models"}}});
    EXPECT_EQ(run.status, 0) << command << "\n" << run.err;
    ++ran;
  }
  EXPECT_GE(ran, 1);
}

TEST(Readme, EveryScriptItNamesExistsAndIsExecutable) {
  const std::string text = slurp(OFFRAMP_SOURCE_DIR "/README.md");
  const std::regex script("scripts/[a-z_]+\\.sh");
  int found = 0;
  for (std::sregex_iterator it(text.begin(), text.end(), script), end; it != end; ++it, ++found) {
    EXPECT_EQ(::access((fs::path(OFFRAMP_SOURCE_DIR) / it->str()).c_str(), X_OK), 0) << it->str();
  }
  EXPECT_GE(found, 2);  // the demo and the tests
}

}  // namespace
}  // namespace offramp::testing

// The commands of docs/vivado.md that need no Vivado, run as they stand there on LeNet-5.
#include <gmock/gmock.h>

#include <sstream>

#include "cli/program.h"

namespace offramp::testing {
namespace {

std::vector<std::string> commands() {
  std::vector<std::string> lines;
  std::istringstream text(slurp(OFFRAMP_SOURCE_DIR "/docs/vivado.md"));
  bool shell = false;
  for (std::string line; std::getline(text, line);) {
    if (line.rfind("```", 0) == 0) {
      shell = line == "```sh";
    } else if (shell) {
      lines.push_back(line);
    }
  }
  return lines;
}

TEST(VivadoDocs, TheCommandsWithoutVivadoRunInADesignFolder) {
  const Scratch scratch;
  const std::string q = (scratch / "q").string();
  ASSERT_EQ(offramp({"quantize", lenet5(), "-o", q}).status, 0);
  ASSERT_EQ(
      offramp({"generate", q, "--target", "zcu106", "--exits", "parallel", "-o", (scratch / "d").string()})
          .status,
      0);
  const std::vector<std::string> all = commands();
  ASSERT_EQ(all.size(), 3U);
  std::string output;
  for (const std::string& command : all) {
    const RunResult run = run_command({"sh", "-c", command}, {.directory = scratch / "d/parallel"});
    EXPECT_EQ(run.status, 0) << command << "\n" << run.out << run.err;
    output += run.out;
  }
  EXPECT_THAT(output, ::testing::HasSubstr("PASS: 1 of 1 results"));
}

}  // namespace
}  // namespace offramp::testing

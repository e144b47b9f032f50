#pragma once
// The designs of `offramp build networks/lenet5/lenet5.onnx --data fashion-mnist`, made once for all tests.
// Every test case is a process of its own, so the designs lie beside the build, named by the hash of the
// program that made them.
#include <sys/file.h>

#include <nlohmann/json.hpp>

#include "base/sha256.h"
#include "cli/program.h"

namespace offramp::testing {

class Lenet5Build {
 public:
  Lenet5Build() {
    const fs::path all = fs::path(OFFRAMP_BINARY_DIR) / "test-designs";
    fs::create_directories(all);
    folder_ = all / sha256_hex(slurp(OFFRAMP_PROGRAM)).substr(0, 16);
    // Two test processes may start at once: the second waits for the first and then finds everything there.
    const int lock = ::open((all / "lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0666);
    ::flock(lock, LOCK_EX);
    for (const auto& entry : fs::directory_iterator(all)) {
      if (entry.is_directory() && entry.path() != folder_)
        fs::remove_all(entry.path());  // of programs before
    }
    if (!fs::exists(folder_ / "answer.json")) {
      const RunResult run = offramp(command(folder_.string()));
      if (run.status == 0) {
        spill(folder_ / "answer.json", run.out);
      } else {
        failure_ = run.out + run.err;
      }
    }
    ::close(lock);
    if (failure_.empty()) answer_ = nlohmann::json::parse(slurp(folder_ / "answer.json"));
  }

  static std::vector<std::string> command(const std::string& out) {
    return {"build", lenet5(), "--data", "fashion-mnist", "--target", "zcu106", "-o", out, "--json"};
  }
  /// What went wrong, or empty.
  [[nodiscard]] const std::string& failure() const { return failure_; }
  [[nodiscard]] const fs::path& folder() const { return folder_; }
  [[nodiscard]] const nlohmann::json& answer() const { return answer_; }
  [[nodiscard]] const nlohmann::json& design(const std::string& strategy) const {
    for (const auto& d : answer_.at("designs")) {
      if (d.at("strategy") == strategy) return d;
    }
    throw std::runtime_error("no design " + strategy);
  }

 private:
  fs::path folder_;
  std::string failure_;
  nlohmann::json answer_;
};

/// A test on the shared designs.
class OnLenet5 : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { ASSERT_EQ(build_.failure(), ""); }
  [[nodiscard]] fs::path design_folder() const { return build_.folder() / GetParam(); }
  Lenet5Build build_;
};

inline auto each_strategy() {
  return ::testing::Values("static", "pipeline", "parallel");
}
inline std::string strategy_name(const ::testing::TestParamInfo<std::string>& info) {
  return info.param == "static" ? "Static" : info.param == "pipeline" ? "Pipeline" : "Parallel";
}

}  // namespace offramp::testing

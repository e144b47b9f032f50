#pragma once
// Runs the real program the way a shell does, with standard output and standard error apart.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace offramp::testing {

namespace fs = std::filesystem;

/// A directory of the test's own that goes away with it.
class Scratch {
 public:
  Scratch() {
    std::string name = (fs::temp_directory_path() / "offramp-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path_ = name;
  }
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }
  [[nodiscard]] fs::path operator/(const std::string& name) const { return path_ / name; }

 private:
  fs::path path_;
};

inline std::string slurp(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + file.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void spill(const fs::path& file, const std::string& text) {
  if (file.has_parent_path()) fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

struct RunOptions {
  fs::path directory = {};  // working directory; empty: here
  std::map<std::string, std::string> environment = {};
  std::optional<rlim_t> largest_file = {};  // ulimit -f, in bytes
  std::string stdout_file = {};             // instead of a pipe
  /// Looked at every few milliseconds with the standard output so far; true sends SIGINT, once.
  std::function<bool(const std::string& output)> interrupt_when = {};
};

struct RunResult {
  int status = -1;  // 128 + signal where a signal ended it
  std::string out;
  std::string err;
  double seconds = 0;
};

inline RunResult run_command(const std::vector<std::string>& argv, const RunOptions& options = {}) {
  std::array<int, 2> out{};
  std::array<int, 2> err{};
  if (::pipe2(out.data(), O_CLOEXEC) != 0 || ::pipe2(err.data(), O_CLOEXEC) != 0)
    throw std::runtime_error("pipe");
  const auto begin = std::chrono::steady_clock::now();
  const pid_t child = ::fork();
  if (child == 0) {
    const int to = options.stdout_file.empty() ? out[1] : ::open(options.stdout_file.c_str(), O_WRONLY);
    ::dup2(to, STDOUT_FILENO);
    ::dup2(err[1], STDERR_FILENO);
    if (!options.directory.empty() && ::chdir(options.directory.c_str()) != 0) ::_exit(126);
    for (const auto& [name, value] : options.environment) ::setenv(name.c_str(), value.c_str(), 1);
    if (options.largest_file) {
      const rlimit limit{*options.largest_file, *options.largest_file};
      ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    std::vector<char*> pointers;
    for (const std::string& a : argv) pointers.push_back(const_cast<char*>(a.c_str()));
    pointers.push_back(nullptr);
    ::execvp(pointers[0], pointers.data());
    ::_exit(127);
  }
  ::close(out[1]);
  ::close(err[1]);
  RunResult result;
  bool interrupted = false;
  std::array<pollfd, 2> ends{pollfd{out[0], POLLIN, 0}, pollfd{err[0], POLLIN, 0}};
  while (ends[0].fd >= 0 || ends[1].fd >= 0) {
    ::poll(ends.data(), ends.size(), 5);
    for (std::size_t i = 0; i < ends.size(); ++i) {
      if (ends[i].fd < 0 || ends[i].revents == 0) continue;
      std::array<char, 65536> buffer;
      const ssize_t got = ::read(ends[i].fd, buffer.data(), buffer.size());
      if (got > 0) {
        (i == 0 ? result.out : result.err).append(buffer.data(), static_cast<std::size_t>(got));
      } else {
        ends[i].fd = -1;
      }
    }
    if (!interrupted && options.interrupt_when && options.interrupt_when(result.out)) {
      ::kill(child, SIGINT);
      interrupted = true;
    }
  }
  ::close(out[0]);
  ::close(err[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  result.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

/// The `offramp` of this build.
inline RunResult offramp(std::vector<std::string> arguments, RunOptions options = {}) {
  arguments.insert(arguments.begin(), OFFRAMP_PROGRAM);
  // Models are kept beside the build, so that a second run of the tests is quick.
  options.environment.emplace("OFFRAMP_CACHE", OFFRAMP_BINARY_DIR "/test-models");
  return run_command(arguments, options);
}

inline std::string lenet5() {
  return OFFRAMP_SOURCE_DIR "/networks/lenet5/lenet5.onnx";
}

/// Where the files of a failed run could have been left: everything below `folder`, names relative to it.
inline std::vector<std::string> names_below(const fs::path& folder) {
  std::vector<std::string> names;
  if (fs::is_directory(folder)) {
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      names.push_back(fs::relative(entry.path(), folder).string());
    }
  }
  return names;
}

/// A data set in IDX form with random images: `idx:` of the folder names it.
inline void write_idx(const fs::path& folder, int train, int test, int rows = 28, int columns = 28) {
  const auto big_endian = [](std::uint32_t value) {
    std::string text;
    for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(value >> shift);
    return text;
  };
  std::uint32_t state = 1;
  const auto next = [&] { return (state = state * 1664525u + 1013904223u) >> 24; };
  for (const auto& [prefix, count] : std::map<std::string, int>{{"train", train}, {"t10k", test}}) {
    std::string images = big_endian(0x803) + big_endian(static_cast<std::uint32_t>(count)) +
                         big_endian(static_cast<std::uint32_t>(rows)) +
                         big_endian(static_cast<std::uint32_t>(columns));
    std::string labels = big_endian(0x801) + big_endian(static_cast<std::uint32_t>(count));
    for (int i = 0; i < count; ++i) {
      for (int p = 0; p < rows * columns; ++p) images += static_cast<char>(next());
      labels += static_cast<char>(i % 10);
    }
    spill(folder / (prefix + "-images-idx3-ubyte"), images);
    spill(folder / (prefix + "-labels-idx1-ubyte"), labels);
  }
}

}  // namespace offramp::testing

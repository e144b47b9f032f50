#include "base/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <system_error>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/text.h"

namespace offramp {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLook{50};     // how often a running child is looked after
constexpr std::chrono::milliseconds kGrace{1000};  // from SIGTERM to SIGKILL

std::string reason(int error) {
  return std::generic_category().message(error);
}

bool is_program(const fs::path& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

class Pipe {
 public:
  Pipe() {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) throw Error("cannot make a pipe: " + reason(errno));
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  [[nodiscard]] int read_end() const { return ends_[0]; }
  [[nodiscard]] int write_end() const { return ends_[1]; }
  void close_write() { close_end(1); }

 private:
  void close_end(std::size_t i) {
    if (ends_[i] >= 0) ::close(ends_[i]);
    ends_[i] = -1;
  }
  std::array<int, 2> ends_{-1, -1};
};

/// A started child in a process group of its own, so that everything it starts can be killed with it. Killed
/// and reaped at the end of the scope if that has not happened before.
class Child {
 public:
  explicit Child(pid_t id) : id_(id) {}
  ~Child() { kill(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// The exit code once it has ended.
  [[nodiscard]] std::optional<int> poll() {
    if (code_) return code_;
    int status = 0;
    pid_t got = 0;
    do {
      got = ::waitpid(id_, &status, WNOHANG);
    } while (got < 0 && errno == EINTR);
    if (got == 0) return std::nullopt;
    code_ = got < 0 ? 127 : WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return code_;
  }

  /// Asks the whole group to end, then makes it end.
  void kill() {
    if (code_) return;
    ::kill(-id_, SIGTERM);
    for (const auto end = Clock::now() + kGrace; !poll() && Clock::now() < end;) ::usleep(5000);
    ::kill(-id_, SIGKILL);
    while (!poll()) ::usleep(1000);
  }

 private:
  pid_t id_;
  std::optional<int> code_;
};

/// Environment in the form that execve wants.
std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& extra) {
  std::vector<std::string> result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::string_view name = text.substr(0, text.find('='));
    bool replaced = false;
    for (const auto& [key, value] : extra) replaced = replaced || key == name;
    if (!replaced) result.emplace_back(text);
  }
  for (const auto& [key, value] : extra) result.push_back(key + "=" + value);
  return result;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (std::string& s : strings) result.push_back(s.data());
  result.push_back(nullptr);
  return result;
}

/// What failed in the child between fork and exec, sent to the parent.
struct StartFailure {
  enum class Step : int { directory, exec } step;
  int error;
};

/// Runs in the child: only calls that are safe after fork in a program with threads.
[[noreturn]] void start(const char* program, char** argv, char** environment, const char* directory,
                        int output, int report) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // should we be killed, the tool does not go on without us
  ::signal(SIGINT, SIG_DFL);
  ::signal(SIGTERM, SIG_DFL);
  ::signal(SIGPIPE, SIG_DFL);
  const auto give_up = [&](StartFailure::Step step) {
    const StartFailure failure{step, errno};
    const ssize_t ignored = ::write(report, &failure, sizeof failure);
    static_cast<void>(ignored);
    ::_exit(127);
  };
  const int empty = ::open("/dev/null", O_RDONLY);
  ::dup2(empty, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  if (directory != nullptr && ::chdir(directory) != 0) give_up(StartFailure::Step::directory);
  ::execve(program, argv, environment);
  give_up(StartFailure::Step::exec);
  ::_exit(127);
}

/// Appends what is there to read; false at the end of the stream.
bool drain(int descriptor, std::string& text) {
  std::array<char, 65536> buffer;
  while (true) {
    const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
    if (got > 0) {
      text.append(buffer.data(), static_cast<std::size_t>(got));
      continue;
    }
    if (got < 0 && errno == EINTR) continue;
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  }
}

}  // namespace

std::optional<fs::path> find_tool(const std::string& tool) {
  if (tool.empty()) return std::nullopt;
  if (tool.find('/') != std::string::npos) {
    // Absolute, so that a working directory of the child does not change what is meant.
    return is_program(tool) ? std::optional(fs::absolute(tool)) : std::nullopt;
  }
  const char* path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
  while (true) {
    const std::size_t colon = rest.find(':');
    const std::string_view directory = rest.substr(0, colon);
    const fs::path candidate = fs::absolute(fs::path(directory.empty() ? "." : directory) / tool);
    if (is_program(candidate)) return candidate;
    if (colon == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(colon + 1);
  }
}

fs::path require_tool(const std::string& tool, const std::string& debian_package) {
  if (auto found = find_tool(tool)) return *found;
  throw Error(fmt::format("the program {} is needed and is not on PATH; install it, on Debian with: "
                          "sudo apt-get install {}",
                          in_quotes(tool), debian_package),
              ExitStatus::missing_tool);
}

ProcessResult run_process(const std::vector<std::string>& argv, const ProcessOptions& options) {
  if (argv.empty()) throw std::logic_error("run_process: no program");
  check_interrupted();
  const auto program = find_tool(argv[0]);
  if (!program) {
    throw Error(fmt::format("the program {} is needed and cannot be found; install it or check PATH",
                            in_quotes(argv[0])),
                ExitStatus::missing_tool);
  }
  std::vector<std::string> arguments = argv;
  std::vector<std::string> environment = environment_with(options.environment);
  const std::vector<char*> argument_pointers = pointers(arguments);
  const std::vector<char*> environment_pointers = pointers(environment);

  Pipe output;
  Pipe report;
  const pid_t id = ::fork();
  if (id < 0) throw Error(fmt::format("cannot start {}: {}", in_quotes(argv[0]), reason(errno)));
  if (id == 0) {
    start(program->c_str(), const_cast<char**>(argument_pointers.data()),
          const_cast<char**>(environment_pointers.data()),
          options.directory.empty() ? nullptr : options.directory.c_str(), output.write_end(),
          report.write_end());
  }
  ::setpgid(id, id);  // in both processes, so that it is done whichever runs first
  Child child(id);
  output.close_write();
  report.close_write();
  StartFailure failure{};
  ssize_t reported = 0;
  do {
    reported = ::read(report.read_end(), &failure, sizeof failure);  // ends with exec, which closes the pipe
  } while (reported < 0 && errno == EINTR);
  if (reported == static_cast<ssize_t>(sizeof failure)) {
    throw Error(
        failure.step == StartFailure::Step::directory
            ? fmt::format("cannot run {} in {}: {}", in_quotes(argv[0]),
                          in_quotes(options.directory.string()), reason(failure.error))
            : fmt::format("cannot start {}: {}", in_quotes(program->string()), reason(failure.error)));
  }

  const auto started = Clock::now();
  ::fcntl(output.read_end(), F_SETFL, O_NONBLOCK);
  ProcessResult result;
  bool open = true;
  while (true) {
    if (open) {
      pollfd wait{output.read_end(), POLLIN, 0};
      ::poll(&wait, 1, static_cast<int>(kLook.count()));
      open = drain(output.read_end(), result.output);
    } else {
      ::usleep(2000);
    }
    if (const auto code = child.poll()) {
      // Something it left behind may hold the pipe open: take what was written and do not wait for that.
      if (open) drain(output.read_end(), result.output);
      result.exit_code = *code;
      return result;
    }
    if (interrupted()) {
      child.kill();
      check_interrupted();
    }
    if (options.time_limit && Clock::now() - started > *options.time_limit) {
      child.kill();
      throw Error(fmt::format("{} was stopped after {} ms, its time limit", in_quotes(argv[0]),
                              options.time_limit->count()));
    }
  }
}

}  // namespace offramp

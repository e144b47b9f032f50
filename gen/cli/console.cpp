#include "cli/console.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "base/error.h"

namespace offramp::cli {

Console::Console(bool json) : quiet_(json), terminal_(::isatty(STDERR_FILENO) == 1) {}

Console::~Console() {
  clear();
}

void Console::say(const std::string& line) {
  const std::lock_guard lock(mutex_);
  remove_bar();
  if (!quiet_) write_stdout(line + "\n");
}

void Console::progress(const std::string& what, std::size_t done, std::size_t all) {
  if (!terminal_ || all == 0) return;
  const std::lock_guard lock(mutex_);
  constexpr std::size_t kWidth = 30;
  const std::size_t filled = std::min(kWidth, kWidth * done / all);
  fmt::print(stderr, "\r\033[K{} [{}{}] {}/{}", what, std::string(filled, '#'),
             std::string(kWidth - filled, '.'), done, all);
  std::fflush(stderr);
  bar_shown_ = true;
}

void Console::clear() {
  const std::lock_guard lock(mutex_);
  remove_bar();
}

void Console::remove_bar() {
  if (!bar_shown_) return;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
  bar_shown_ = false;
}

void write_stdout(const std::string& text) {
  errno = 0;
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    throw Error(fmt::format("cannot write to standard output: {}; redirect it elsewhere",
                            std::generic_category().message(errno)));
  }
}

}  // namespace offramp::cli

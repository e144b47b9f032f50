#pragma once
// What the program says while it works: lines on standard output unless --json was given, and a progress bar
// on standard error where that is a terminal.
#include <cstddef>
#include <mutex>
#include <string>

namespace offramp::cli {

class Console {
 public:
  /// `json`: standard output belongs to one JSON document, so nothing else is printed there.
  explicit Console(bool json);
  ~Console();
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  /// A line of text for a person.
  void say(const std::string& line);
  /// Shows `done` of `all` steps of `what`; replaced by the next call, removed by say() and clear().
  void progress(const std::string& what, std::size_t done, std::size_t all);
  void clear();

 private:
  void remove_bar();
  std::mutex mutex_;  // strategies are verified on several threads
  bool quiet_;
  bool terminal_;
  bool bar_shown_ = false;
};

/// Writes to standard output, all of it; throws offramp::Error where that fails (a full disk, a closed pipe).
void write_stdout(const std::string& text);

}  // namespace offramp::cli

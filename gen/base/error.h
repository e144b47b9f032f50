#pragma once
// The one way a user's mistake leaves the program: an exception that already holds the whole message.
#include <stdexcept>
#include <string>

namespace offramp {

/// Exit statuses of the `offramp` program (DESIGN.md, "Program").
enum class ExitStatus { done = 0, difference = 1, bad_input = 2, missing_tool = 3 };

/// A mistake of the user or of the user's machine. The message names the file, the object, the value and the
/// next step, and is printed as it is; a broken invariant of ours is an assert or std::logic_error instead.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message, ExitStatus status = ExitStatus::bad_input)
      : std::runtime_error(message), status_(status) {}
  [[nodiscard]] ExitStatus status() const { return status_; }

 private:
  ExitStatus status_;
};

}  // namespace offramp

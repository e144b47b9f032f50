#pragma once
// Ctrl-C, cooperatively: long work calls check_interrupted() between its steps, so that destructors run and
// temporary files and child processes go away.
#include <csignal>

namespace offramp {

/// While it lives, SIGINT and SIGTERM set a flag instead of ending the process; a second signal ends it at
/// once. The program makes one in main(). The flag is cleared when the outermost scope
/// begins and when it ends.
class InterruptScope {
 public:
  InterruptScope();
  ~InterruptScope();
  InterruptScope(const InterruptScope&) = delete;
  InterruptScope& operator=(const InterruptScope&) = delete;

 private:
  struct sigaction old_interrupt_ {};
  struct sigaction old_terminate_ {};
};

/// Whether a signal has come.
[[nodiscard]] bool interrupted();

/// Throws offramp::Error ("interrupted ...", exit status 2) once a signal has come.
void check_interrupted();

}  // namespace offramp

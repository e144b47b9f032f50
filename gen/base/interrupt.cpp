#include "base/interrupt.h"

#include <atomic>

#include "base/error.h"

namespace offramp {
namespace {

// A signal handler can reach nothing but static storage; this is the reason for the one global of the
// program.
std::atomic<int> signal_seen{0};
std::atomic<int> scopes{0};
static_assert(std::atomic<int>::is_always_lock_free, "the signal handler needs a lock-free flag");

void remember(int signal) {
  signal_seen = signal;
}

}  // namespace

InterruptScope::InterruptScope() {
  if (scopes++ == 0) signal_seen = 0;
  struct sigaction action {};
  action.sa_handler = remember;
  // No SA_RESTART: a blocking read returns and the loop around it looks at the flag. SA_RESETHAND: the second
  // Ctrl-C has its default effect, for the day when some loop does not look.
  action.sa_flags = SA_RESETHAND;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &old_interrupt_);
  sigaction(SIGTERM, &action, &old_terminate_);
}

InterruptScope::~InterruptScope() {
  sigaction(SIGINT, &old_interrupt_, nullptr);
  sigaction(SIGTERM, &old_terminate_, nullptr);
  if (--scopes == 0) signal_seen = 0;
}

bool interrupted() {
  return signal_seen != 0;
}

void check_interrupted() {
  if (const int signal = signal_seen; signal != 0) {
    throw Error(signal == SIGINT
                    ? "interrupted by Ctrl-C; run the same command again to go on"
                    : "interrupted by a termination signal; run the same command again to go on");
  }
}

}  // namespace offramp

// Handshakes (hw/stream.h): a producer never waits for ready before it raises valid, and a consumer whose
// ready waits for valid has to say so, since two sides that wait for each other are a loop.
#include "hw/check.h"
#include "hw/elaborate.h"

namespace offramp::hw {

Diagnostics check_streams(const Module& m, PathCache& cache) {
  Diagnostics found;
  if (m.streams.empty()) return found;
  const Paths& paths = cache.of(m, sample_settings(m).front());
  const auto depends = [&](Id output, Id input) {
    const auto it = paths.find(output);
    return it != paths.end() && it->second.contains(input);
  };
  for (const StreamPorts& s : m.streams) {
    const std::string valid = "'" + m.decls[s.valid].name + "'";
    const std::string ready = "'" + m.decls[s.ready].name + "'";
    if (!s.incoming && depends(s.valid, s.ready)) {
      found.push_back(
          {"HW0019",
           Severity::error,
           "stream '" + s.name + "': " + valid + " depends on " + ready +
               " in the same cycle, but a producer must not wait for ready; decide valid from the "
               "state alone, or put a register_forward behind it",
           m.decls[s.valid].loc,
           {{"the stream is declared here", s.loc}}});
    }
    if (s.incoming && !s.ready_may_wait && depends(s.ready, s.valid)) {
      found.push_back(
          {"HW0019",
           Severity::error,
           "stream '" + s.name + "': " + ready + " depends on " + valid +
               " in the same cycle; declare the stream with .ready = ReadyRule::may_wait, or decide "
               "ready from the state alone (register_backward)",
           m.decls[s.ready].loc,
           {{"the stream is declared here", s.loc}}});
    }
  }
  return found;
}

}  // namespace offramp::hw

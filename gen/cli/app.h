#pragma once

namespace offramp::cli {

/// The whole program: parses, runs the verb, prints its answer or the one message of what is wrong, and
/// returns the exit status.
[[nodiscard]] int run(int argc, const char* const* argv);

}  // namespace offramp::cli

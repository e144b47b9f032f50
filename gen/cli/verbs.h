#pragma once
// The verbs of the program. Each is usable alone and reads what the one before wrote.
#include <nlohmann/json.hpp>
#include <string>

#include "base/error.h"
#include "cli/arguments.h"
#include "cli/console.h"

namespace offramp::cli {

/// What a verb answers: one document for --json, or the same as text.
struct Answer {
  nlohmann::ordered_json json;
  std::string text;
  ExitStatus status = ExitStatus::done;
};

struct Design;
struct Verified;
/// What `verify` says of a result: status `difference` unless it is bit-exact.
[[nodiscard]] Answer answer_of(const Design& design, const Verified& verified);

[[nodiscard]] Answer attach(const Arguments& arguments, Console& console);
[[nodiscard]] Answer inspect(const Arguments& arguments, Console& console);
[[nodiscard]] Answer quantize(const Arguments& arguments, Console& console);
[[nodiscard]] Answer synth(const Arguments& arguments, Console& console);
[[nodiscard]] Answer tune(const Arguments& arguments, Console& console);
[[nodiscard]] Answer explore(const Arguments& arguments, Console& console);
[[nodiscard]] Answer generate(const Arguments& arguments, Console& console);
[[nodiscard]] Answer verify(const Arguments& arguments, Console& console);
[[nodiscard]] Answer load(const Arguments& arguments, Console& console);
[[nodiscard]] Answer report(const Arguments& arguments, Console& console);
[[nodiscard]] Answer package(const Arguments& arguments, Console& console);
[[nodiscard]] Answer build(const Arguments& arguments, Console& console);

}  // namespace offramp::cli

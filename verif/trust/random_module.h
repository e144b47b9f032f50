#pragma once
// Random legal modules with children, parameters, loops, processes and memories, made from a tape.
#include <map>
#include <memory>
#include <string>

#include "hw/hw.h"
#include "verif/trust/tape.h"

namespace offramp::trust {

struct RandomModule {
  std::unique_ptr<hw::Design> design;
  const hw::Module* top = nullptr;
  std::map<std::string, std::int64_t> parameters;  ///< of the top, inside their ranges
  bool reads_undefined = false;  ///< something may be read beyond the end of a vector or a memory, which is x
};

/// The module of a tape; its modules have names that begin with `name`. It should be free of errors: one that
/// `hw::check` refuses is a mistake of this generator or of a check.
[[nodiscard]] RandomModule random_module(Tape& tape, const std::string& name);

/// How often each operator and construct occurs in a design: "op add", "memory, synchronous read", ...
using Coverage = std::map<std::string, std::uint64_t>;
[[nodiscard]] Coverage coverage(const hw::Design& design);
/// Everything that `coverage` can count, so that what never occurs is seen.
[[nodiscard]] const std::vector<std::string>& coverable();

}  // namespace offramp::trust

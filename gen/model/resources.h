#pragma once
// What an accelerator takes of a device, modelled: the description of its hardware is walked module by
// module, memories and products are mapped by Yosys' rules, and lookup tables and registers follow from
// counted features with coefficients fitted to Yosys' netlists (docs/synthesis.md says how, and with what
// error).
#include <string>
#include <vector>

#include "accel/accelerator.h"
#include "hw/ir.h"
#include "model/features.h"
#include "netlist/family.h"

namespace offramp::model {

struct Resources {
  double lut = 0;  // lookup tables, those that serve as memory or shift register included
  double ff = 0;
  int dsp = 0;
  int bram18 = 0;  // halves of a 36 Kb block RAM
  int uram = 0;
  Resources& operator+=(const Resources& other);
};

struct ModuleResources {
  std::string module;
  std::int64_t instances = 0;
  Resources own;  // of one instance, without what is below
};

struct ResourceEstimate {
  netlist::Family family = netlist::Family::xcup;
  Resources total;
  std::vector<ModuleResources> modules;  // by name; one entry for each set of parameters
};

/// Error of lookup tables and registers against Yosys, in percent, on configurations that the coefficients
/// were not fitted to.
struct ResourceError {
  double lut_mean = 0;
  double lut_worst = 0;
  double ff_mean = 0;
  double ff_worst = 0;
  int configurations = 0;
};
[[nodiscard]] ResourceError resource_error(netlist::Family family);

/// How the figures came about, in a sentence that ends with their error.
[[nodiscard]] std::string resource_basis(netlist::Family family);

/// Of a whole accelerator. Families other than AMD's have no model: throws offramp::Error.
[[nodiscard]] ResourceEstimate estimate_resources(const accel::Accelerator& accelerator,
                                                  netlist::Family family);

/// Of a module and all below it; `top` is its name.
[[nodiscard]] ResourceEstimate estimate_resources(const hw::Module& top, netlist::Family family);

/// The block that a module is one of, by which coefficients are kept: its name without the design's (`top`)
/// and without words that hold digits. "lenet5_static_backbone_engine" is an "engine".
[[nodiscard]] std::string block_of(const std::string& module, const std::string& top);

/// Of one module with these features.
[[nodiscard]] Resources own_resources(const std::string& block, const Features& features,
                                      netlist::Family family);

/// A module that a design has, at parameter values.
struct UsedModule {
  const hw::Module* module = nullptr;
  hw::IntEnv parameters;
  std::int64_t instances = 0;
  Features features;
};
/// Every module of a design once for each set of parameters.
[[nodiscard]] std::vector<UsedModule> used_modules(const hw::Module& top, netlist::Family family);

}  // namespace offramp::model

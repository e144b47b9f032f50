#include "model/resources.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <utility>

#include "accel/top.h"
#include "base/error.h"
#include "hw/hw.h"
#include "model/resource_coefficients.h"

namespace offramp::model {
namespace {

using netlist::Family;

class Walker {
 public:
  explicit Walker(Family family) : family_(family) {}

  void add(const hw::Module& m, const hw::IntEnv& env, std::int64_t instances) {
    std::vector<std::int64_t> values;
    for (const auto& p : m.params) values.push_back(env.at(p.get()));
    auto [at, fresh] = found_.try_emplace({m.name, std::move(values)});
    Known& known = at->second;
    if (fresh) {
      known.counted = count_features(m, env, family_);
      known.used = {&m, env, 0, known.counted.own};
    }
    known.used.instances += instances;
    for (const Below& b : known.counted.below) add(*b.module, b.parameters, b.instances * instances);
  }

  std::vector<UsedModule> result() {
    std::vector<UsedModule> all;
    for (auto& [key, known] : found_) all.push_back(std::move(known.used));
    return all;
  }

 private:
  struct Known {
    Counted counted;
    UsedModule used;
  };
  Family family_;
  std::map<std::pair<std::string, std::vector<std::int64_t>>, Known> found_;
};

const BlockCoefficients& coefficients(const std::string& block, Family family) {
  const BlockCoefficients* any = nullptr;
  for (const BlockCoefficients& c : block_coefficients()) {
    if (c.family != family) continue;
    if (block == c.block) return c;
    if (*c.block == '\0') any = &c;
  }
  if (any == nullptr)
    throw Error(fmt::format("There is no resource model for the family {}; offramp synth measures it.",
                            netlist::to_string(family)));
  return *any;
}

}  // namespace

Resources& Resources::operator+=(const Resources& other) {
  lut += other.lut;
  ff += other.ff;
  dsp += other.dsp;
  bram18 += other.bram18;
  uram += other.uram;
  return *this;
}

std::array<double, kRegisterFeatures> register_features(const Features& features) {
  return {features[Feature::module], features[Feature::registers], features[Feature::dsp_product]};
}

std::string block_of(const std::string& module, const std::string& top) {
  std::string rest = module;
  if (module == top) return "top";
  if (module.starts_with(top + "_")) rest = module.substr(top.size() + 1);
  std::string block;
  for (std::size_t at = 0; at <= rest.size();) {
    const std::size_t end = std::min(rest.find('_', at), rest.size());
    const std::string word = rest.substr(at, end - at);
    const bool digits =
        std::any_of(word.begin(), word.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
    // A memory's ports are told by digits: ram_1r1w and ram_1r1rw are two blocks.
    const bool ports = word.size() > 1 && word.front() == '1' && word[1] == 'r';
    if ((!digits || ports) && word != "backbone") block += (block.empty() ? "" : "_") + word;
    at = end + 1;
  }
  return block;
}

Resources own_resources(const std::string& block, const Features& features, Family family) {
  const BlockCoefficients& c = coefficients(block, family);
  Resources r{.lut = features.fixed_lut,
              .ff = features.fixed_ff,
              .dsp = features.dsp,
              .bram18 = features.bram18,
              .uram = 0};
  for (std::size_t i = 0; i < kFeatures; ++i) r.lut += c.lut[i] * features.value[i];
  const auto registers = register_features(features);
  for (std::size_t i = 0; i < kRegisterFeatures; ++i) r.ff += c.ff[i] * registers[i];
  r.lut = std::max(0.0, r.lut);
  r.ff = std::max(0.0, r.ff);
  return r;
}

std::vector<UsedModule> used_modules(const hw::Module& top, Family family) {
  Walker walker(family);
  hw::IntEnv env;
  for (const auto& p : top.params) env[p.get()] = hw::evaluate(p->value, env);
  walker.add(top, env, 1);
  return walker.result();
}

ResourceEstimate estimate_resources(const hw::Module& top, Family family) {
  ResourceEstimate estimate{.family = family, .total = {}, .modules = {}};
  for (const UsedModule& used : used_modules(top, family)) {
    const Resources own = own_resources(block_of(used.module->name, top.name), used.features, family);
    const auto n = static_cast<double>(used.instances);
    estimate.total += {.lut = own.lut * n,
                       .ff = own.ff * n,
                       .dsp = own.dsp * static_cast<int>(used.instances),
                       .bram18 = own.bram18 * static_cast<int>(used.instances),
                       .uram = own.uram * static_cast<int>(used.instances)};
    estimate.modules.push_back({used.module->name, used.instances, own});
  }
  return estimate;
}

ResourceEstimate estimate_resources(const accel::Accelerator& accelerator, Family family) {
  hw::Design design;
  const accel::Top top{.module_name = accel::top_name(accelerator), .accelerator = &accelerator};
  return estimate_resources(design.module_of(top), family);
}

ResourceError resource_error(Family family) {
  for (const FamilyError& e : family_errors()) {
    if (e.family == family) return e.error;
  }
  return {};
}

std::string resource_basis(Family family) {
  const ResourceError e = resource_error(family);
  if (e.configurations == 0) {
    return fmt::format(
        "modelled for Yosys' {} cells; DSP and block RAM by its rules, LUT and FF by coefficients "
        "that were not fitted, error unknown (scripts/fit_resources.sh fits them)",
        netlist::to_string(family));
  }
  return fmt::format(
      "modelled for Yosys' {} cells; DSP and block RAM by its rules, LUT off by {:.1f} % in the mean "
      "and {:.1f} % at worst, FF by {:.1f} and {:.1f} %, on {} designs that the model was not fitted "
      "to",
      netlist::to_string(family), e.lut_mean, e.lut_worst, e.ff_mean, e.ff_worst, e.configurations);
}

}  // namespace offramp::model

#include "design/energy_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"

namespace offramp::design {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class EnergyFile {
 public:
  explicit EnergyFile(fs::path file) : file_(std::move(file)) {
    std::error_code ignored;
    if (!fs::exists(file_, ignored))
      throw Error(fmt::format("{}: there is no such file; every board of constraints/ has one",
                              in_quotes(file_.string())));
    try {
      object_ = json::parse(read_file(file_, 1 << 20));
    } catch (const json::parse_error& e) {
      throw Error(fmt::format("{}: not JSON (at byte {}); compare it with the file of another board",
                              in_quotes(file_.string()), e.byte));
    }
  }
  /// A constant's value. It must say where it comes from and how uncertain it is.
  double constant(const char* name, const char* unit) {
    const json& entry = object_.is_object() && object_.contains(name) ? object_.at(name) : json();
    const auto positive = [&](const char* key) {
      const json value = entry.is_object() ? entry.value(key, json()) : json();
      if (!value.is_number() || !(value.get<double>() > 0) || !std::isfinite(value.get<double>())) {
        throw Error(fmt::format("{}: '{}.{}' is {}; a number above 0 is needed", in_quotes(file_.string()),
                                name, key, value.dump()));
      }
      return value.get<double>();
    };
    const double value = positive(unit);
    const double factor = positive("uncertainty_factor");
    if (factor < 1 || !entry.value("source", json()).is_string()) {
      throw Error(fmt::format("{}: '{}' needs an 'uncertainty_factor' of 1 or more and a text 'source'",
                              in_quotes(file_.string()), name));
    }
    uncertainty_ = std::max(uncertainty_, factor);
    return value;
  }
  [[nodiscard]] double uncertainty() const { return uncertainty_; }

 private:
  fs::path file_;
  json object_;
  double uncertainty_ = 1;
};

}  // namespace

model::EnergyCoefficients load_energy(const fs::path& home, const Target& target) {
  EnergyFile file(home / "constraints" / target.name / "energy.json");
  model::EnergyCoefficients c;
  c.mac_picojoules = file.constant("mac_int8", "picojoules");
  c.mac_sum_share = std::min(1.0, file.constant("mac_sum_share", "value"));
  c.idle_share = file.constant("idle_multiplier_share", "value");
  c.memory_picojoules_per_bit = file.constant("on_chip_bit", "picojoules");
  c.dram_picojoules_per_bit = file.constant("dram_bit", "picojoules");
  c.device_static_watts = file.constant("static_power", "watts");
  c.device_dsps = static_cast<double>(target.dsp);
  c.device_memory_bits = static_cast<double>(target.on_chip_bits);
  c.clock_mhz = target.clock_mhz;
  c.uncertainty_factor = file.uncertainty();
  return c;
}

}  // namespace offramp::design

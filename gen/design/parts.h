#pragma once
// The devices that boards may name: what a part number means and what is in it.
#include <optional>
#include <string>
#include <vector>

#include "model/resources.h"

namespace offramp::design {

struct Device {
  std::string name;    // of the part without package and grade: "xczu7ev"
  std::string family;  // as IP-XACT of Vivado spells it: "zynquplus"
  model::Resources resources;
};

/// All devices that are known, by name.
[[nodiscard]] const std::vector<Device>& known_devices();

/// The device of a part ("xczu7ev-ffvc1156-2-e", "xc7z020clg400-1"), or nothing where the part is not one of
/// a known device with a package and a speed grade.
[[nodiscard]] std::optional<Device> device_of(const std::string& part);

/// The name nearest to `name` by edits (Levenshtein), of equally near ones the one that begins alike for
/// longer; empty where `names` is.
[[nodiscard]] std::string nearest_name(const std::string& name, const std::vector<std::string>& names);

}  // namespace offramp::design

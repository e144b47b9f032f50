#include "design/target.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "design/parts.h"

namespace offramp::design {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const json& field(const json& object, const char* key, const fs::path& file) {
  const auto found = object.find(key);
  if (found == object.end()) {
    throw Error(fmt::format("{}: the field '{}' is missing; every board of constraints/ has it",
                            in_quotes(file.string()), key));
  }
  return *found;
}

std::string text_field(const json& object, const char* key, const fs::path& file) {
  const json& value = field(object, key, file);
  if (!value.is_string() || value.get_ref<const std::string&>().empty()) {
    throw Error(fmt::format("{}: the field '{}' is not a text; write it in double quotes",
                            in_quotes(file.string()), key));
  }
  return value;
}

std::int64_t count_field(const json& object, const char* key, const fs::path& file) {
  const json& value = field(object, key, file);
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > (std::uint64_t{1} << 50)) {
    throw Error(fmt::format("{}: the field '{}' is {}; a whole number, 0 or more, is needed",
                            in_quotes(file.string()), key, value.dump()));
  }
  return value;
}

double positive_field(const json& object, const char* key, const fs::path& file) {
  const json& value = field(object, key, file);
  if (!value.is_number() || !(value.get<double>() > 0) || !std::isfinite(value.get<double>())) {
    throw Error(fmt::format("{}: the field '{}' is {}; a number above 0 is needed", in_quotes(file.string()),
                            key, value.dump()));
  }
  return value;
}

/// Only such a name can be a folder below constraints/ and nothing else.
bool is_plain_name(const std::string& name) {
  return !name.empty() && name.front() != '.' && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
  });
}

constexpr const char* kSystems[] = {"zynq_ultrascale", "zynq", "jtag"};

/// The part has to be known, and to have what the file says.
void check_part(const Target& t, const fs::path& file) {
  const std::optional<Device> device = device_of(t.part);
  if (!device) {
    std::vector<std::string> names;
    for (const Device& d : known_devices()) names.push_back(d.name);
    throw Error(
        fmt::format("{}: the field 'part' is {}, which is no known device with package and speed grade; did "
                    "you mean a {}? "
                    "The known devices are: {} (gen/design/parts.cpp)",
                    in_quotes(file.string()), in_quotes(t.part),
                    nearest_name(t.part.substr(0, t.part.find('-')), names), fmt::join(names, ", ")));
  }
  const auto at_most = [&](const char* key, std::int64_t said, double there) {
    if (static_cast<double>(said) <= there) return;
    throw Error(fmt::format("{}: the field '{}' is {}, and a {} has {:g}", in_quotes(file.string()), key,
                            said, device->name, there));
  };
  at_most("lut", t.lut, device->resources.lut);
  at_most("ff", t.ff, device->resources.ff);
  at_most("dsp", t.dsp, device->resources.dsp);
  at_most("bram36", t.bram36, device->resources.bram18 / 2.0);
  at_most("uram", t.uram, device->resources.uram);
}

}  // namespace

fs::path home_directory() {
  if (const char* home = std::getenv("OFFRAMP_HOME"); home != nullptr && *home != '\0') {
    if (fs::is_directory(fs::path(home) / "constraints")) return home;
    throw Error(
        fmt::format("OFFRAMP_HOME is {}, and there is no folder constraints/ in it; set it to the "
                    "folder that has constraints/, or unset it",
                    in_quotes(home)));
  }
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  for (fs::path folder = program.parent_path(); !folder.empty(); folder = folder.parent_path()) {
    if (fs::is_directory(folder / "constraints", error)) return folder;
    if (folder == folder.root_path()) break;
  }
  throw Error(
      fmt::format("no folder constraints/ stands above the program {}; set OFFRAMP_HOME to the folder "
                  "that has it",
                  in_quotes(program.string())));
}

std::vector<std::string> known_targets(const fs::path& home) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(home / "constraints", error)) {
    if (fs::is_regular_file(entry.path() / "target.json", error)) names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

Target load_target(const fs::path& home, const std::string& name) {
  const fs::path file = home / "constraints" / name / "target.json";
  std::error_code ignored;
  if (!is_plain_name(name) || !fs::exists(file, ignored)) {
    const std::vector<std::string> known = known_targets(home);
    throw Error(fmt::format(
        "there is no target {}; did you mean {}? The known ones are: {} (each is a folder of constraints/)",
        in_quotes(name), nearest_name(name, known), fmt::join(known, ", ")));
  }
  json object;
  try {
    object = json::parse(read_file(file, 1 << 20));
  } catch (const json::parse_error& e) {
    throw Error(fmt::format("{}: not JSON (at byte {}); compare it with the file of another board",
                            in_quotes(file.string()), e.byte));
  }
  if (!object.is_object()) throw Error(fmt::format("{}: not a JSON object", in_quotes(file.string())));
  Target t;
  t.name = text_field(object, "name", file);
  if (t.name != name) {
    throw Error(fmt::format("{}: the field 'name' is {}; it has to be the folder's name, {}",
                            in_quotes(file.string()), in_quotes(t.name), in_quotes(name)));
  }
  t.board = text_field(object, "board", file);
  t.part = text_field(object, "part", file);
  t.lut = count_field(object, "lut", file);
  t.ff = count_field(object, "ff", file);
  t.bram36 = count_field(object, "bram36", file);
  t.uram = count_field(object, "uram", file);
  t.dsp = count_field(object, "dsp", file);
  t.on_chip_bits = count_field(object, "on_chip_bits", file);
  t.clock_mhz = positive_field(object, "clock_mhz", file);
  t.dram_gb_per_s = positive_field(object, "dram_gb_per_s", file);
  t.board_part = text_field(object, "board_part", file);
  t.system = text_field(object, "system", file);
  if (std::find(std::begin(kSystems), std::end(kSystems), t.system) == std::end(kSystems)) {
    throw Error(fmt::format("{}: the field 'system' is {}; it is one of {}", in_quotes(file.string()),
                            in_quotes(t.system), fmt::join(kSystems, ", ")));
  }
  check_part(t, file);
  t.pins = read_file(file.parent_path() / (name + ".xdc"), 1 << 20);
  return t;
}

}  // namespace offramp::design

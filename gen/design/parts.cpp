#include "design/parts.h"

#include <algorithm>
#include <numeric>
#include <regex>
#include <utility>

namespace offramp::design {

const std::vector<Device>& known_devices() {
  // Data sheets: DS180 (7 series), DS190 (Zynq-7000), DS891 (Zynq UltraScale+), FPGA-DS-02012 (ECP5; its LUTs
  // have four inputs). A block RAM of 36 Kib counts as two of 18.
  static const std::vector<Device> kDevices = {
      {"lfe5u-25f", "ecp5", {.lut = 24288, .ff = 24288, .dsp = 28, .bram18 = 56}},
      {"lfe5u-45f", "ecp5", {.lut = 43848, .ff = 43848, .dsp = 72, .bram18 = 108}},
      {"lfe5u-85f", "ecp5", {.lut = 83640, .ff = 83640, .dsp = 156, .bram18 = 208}},
      {"xc7a100t", "artix7", {.lut = 63400, .ff = 126800, .dsp = 240, .bram18 = 270}},
      {"xc7a200t", "artix7", {.lut = 134600, .ff = 269200, .dsp = 740, .bram18 = 730}},
      {"xc7a35t", "artix7", {.lut = 20800, .ff = 41600, .dsp = 90, .bram18 = 100}},
      {"xc7a50t", "artix7", {.lut = 32600, .ff = 65200, .dsp = 120, .bram18 = 150}},
      {"xc7z010", "zynq", {.lut = 17600, .ff = 35200, .dsp = 80, .bram18 = 120}},
      {"xc7z020", "zynq", {.lut = 53200, .ff = 106400, .dsp = 220, .bram18 = 280}},
      {"xc7z030", "zynq", {.lut = 78600, .ff = 157200, .dsp = 400, .bram18 = 530}},
      {"xc7z045", "zynq", {.lut = 218600, .ff = 437200, .dsp = 900, .bram18 = 1090}},
      {"xc7z100", "zynq", {.lut = 277400, .ff = 554800, .dsp = 2020, .bram18 = 1510}},
      {"xczu2eg", "zynquplus", {.lut = 47232, .ff = 94464, .dsp = 240, .bram18 = 300}},
      {"xczu3eg", "zynquplus", {.lut = 70560, .ff = 141120, .dsp = 360, .bram18 = 432}},
      {"xczu5ev", "zynquplus", {.lut = 117120, .ff = 234240, .dsp = 1248, .bram18 = 288, .uram = 64}},
      {"xczu7ev", "zynquplus", {.lut = 230400, .ff = 460800, .dsp = 1728, .bram18 = 624, .uram = 96}},
      {"xczu9eg", "zynquplus", {.lut = 274080, .ff = 548160, .dsp = 2520, .bram18 = 1824}},
  };
  return kDevices;
}

std::optional<Device> device_of(const std::string& part) {
  // 7 series: device, package, grade (xc7z020clg400-1); UltraScale+: dashes and a temperature range
  // (xczu7ev-ffvc1156-2-e); ECP5: LFE5U-85F-6BG381C.
  static const std::regex kPart(
      "(xc7[a-z][0-9]+t?)[a-z]{3}[0-9]{3,4}-[1-3]l?|(xczu[0-9]+[a-z]{2})-[a-z]{4}[0-9]{3,4}-[1-3]l?-[ei]|"
      "(lfe5u-[0-9]+f)-[6-8][a-z]{2}[0-9]{3}[ci]");
  std::string lower = part;
  if (part.starts_with("LFE")) {
    std::transform(part.begin(), part.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  }
  std::smatch found;
  if (!std::regex_match(lower, found, kPart)) return std::nullopt;
  for (std::size_t group = 1; group < found.size(); ++group) {
    for (const Device& device : known_devices()) {
      if (found[group].matched && device.name == found[group]) return device;
    }
  }
  return std::nullopt;
}

std::string nearest_name(const std::string& name, const std::vector<std::string>& names) {
  const auto distance = [&](const std::string& other) {
    std::vector<std::size_t> row(other.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < name.size(); ++i) {
      std::size_t diagonal = row[0];
      row[0] = i + 1;
      for (std::size_t j = 0; j < other.size(); ++j) {
        const std::size_t changed = diagonal + (name[i] == other[j] ? 0 : 1);
        diagonal = row[j + 1];
        row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
      }
    }
    return row.back();
  };
  const auto same_beginning = [&](const std::string& other) {
    return std::mismatch(name.begin(), name.end(), other.begin(), other.end()).first - name.begin();
  };
  std::string best;
  for (const std::string& candidate : names) {
    // Of equally near names the one that begins alike for longer.
    const auto key = [&](const std::string& n) { return std::pair(distance(n), -same_beginning(n)); };
    if (best.empty() || key(candidate) < key(best)) best = candidate;
  }
  return best;
}

}  // namespace offramp::design

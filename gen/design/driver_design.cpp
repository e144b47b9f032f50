// A design as data of the C driver: struct offramp_design of driver/offramp.h.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "accel/share.h"
#include "design/driver_files.h"
#include "design/driver_names.h"

namespace offramp::design {
namespace {

const accel::Register* find(const std::vector<accel::Register>& map, const std::string& name) {
  const auto found =
      std::find_if(map.begin(), map.end(), [&](const accel::Register& r) { return r.name == name; });
  return found == map.end() ? nullptr : &*found;
}

}  // namespace

std::string design_header(const std::string& top) {
  return fmt::format(
      "/* The design {} for the driver in offramp.h. */\n"
      "#ifndef {}_H\n#define {}_H\n\n#include \"offramp.h\"\n\n"
      "#ifdef __cplusplus\nextern \"C\" {{\n#endif\n\n"
      "extern const struct offramp_design {}_design;\n\n"
      "#ifdef __cplusplus\n}}\n#endif\n\n#endif\n",
      top, upper(top), upper(top), top);
}

std::string design_source(const accel::Accelerator& accelerator, const std::string& top,
                          const std::vector<accel::Register>& map) {
  const net::Shape& image = accelerator.network.tensors.front().shape;
  const accel::EnginePlan& backbone = accelerator.engines.front();
  std::string out = fmt::format(
      "#include \"{}.h\"\n\n#include \"registers.h\"\n\nconst struct offramp_design {}_design = {{\n", top,
      top);
  const auto member = [&](const std::string& name, const std::string& value) {
    fmt::format_to(std::back_inserter(out), "    .{} = {},\n", name, value);
  };
  const auto number = [&](const std::string& name, std::int64_t value) {
    member(name, fmt::format("{}u", value));
  };
  const auto macro = [&](const accel::Register& r) {
    return fmt::format("{}_{}{}", upper(top), upper(r.name), r.bits > 32 ? "_LO" : "");
  };
  member("name", fmt::format("\"{}\"", top));
  for (const char* name : {"version", "configuration"})
    member(name, fmt::format("{}_{}_VALUE", upper(top), upper(name)));
  number("rows", image.height);
  number("columns", image.width);
  number("channels", image.channels);
  number("beat_bytes", accelerator.stream_bytes);
  number("classes", accel::most_classes(accelerator));
  number("exits", accel::most_exits(accelerator));
  number("in_order", backbone.images == 1 ? 1 : 0);
  number("weights_alignment", backbone.beat_bits / 8);
  for (const char* name :
       {"threshold", "skip", "exit_count", "band", "step", "limit_low", "limit_high", "threshold_now"}) {
    const accel::Register* first = find(map, fmt::format("{}_0", name));
    if (first == nullptr) continue;
    int count = 1;
    while (find(map, fmt::format("{}_{}", name, count)) != nullptr) ++count;
    const accel::Register* second = find(map, fmt::format("{}_1", name));
    const std::string step = second == nullptr ? "8u" : fmt::format("{} - {}", macro(*second), macro(*first));
    member(name, fmt::format("{{{}, {}, {}u}}", macro(*first), step, count));
  }
  for (const char* name :
       {"criterion", "cycles", "samples", "status", "weights_address", "load_data", "load_address",
        "watch_clear", "histogram_select", "histogram_count", "watch_window", "windows", "drift",
        "latency_target", "latency_slack", "window_latency"}) {
    if (const accel::Register* r = find(map, name)) member(name, macro(*r));
  }
  return out + "};\n";
}

}  // namespace offramp::design

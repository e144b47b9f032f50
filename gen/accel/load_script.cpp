#include "accel/load_script.h"

#include <fmt/format.h>

#include <charconv>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string_view>

#include "accel/engine.h"
#include "accel/images.h"
#include "accel/registers.h"
#include "accel/setup.h"
#include "accel/top.h"
#include "blocks/load_bus.h"
#include "blocks/weight_bank.h"

namespace offramp::accel {
namespace {

constexpr std::uint32_t kStop = 0x80;   // auto_restart alone
constexpr std::uint32_t kStart = 0x81;  // with ap_start

class Writer {
 public:
  explicit Writer(const Accelerator& accelerator) : map_(register_map(accelerator)) {}

  void set(const std::string& name, std::uint64_t value) {
    const Register& r = find(name);
    for (int lsb = 0; lsb < r.bits; lsb += 32)
      script_.push_back(
          {r.offset + static_cast<std::uint32_t>(lsb / 8), static_cast<std::uint32_t>(value >> lsb)});
  }
  /// A word of a table in hexadecimal.
  void word(int engine, int table, std::uint32_t address, std::string_view digits) {
    constexpr std::size_t kDigits = 8;
    const std::size_t first = digits.size() % kDigits == 0 ? kDigits : digits.size() % kDigits;
    for (std::size_t at = 0; at < digits.size();) {
      const std::size_t count = at == 0 ? first : kDigits;
      std::uint32_t part = 0;
      std::from_chars(digits.data() + at, digits.data() + at + count, part, 16);
      set("load_data", part);
      at += count;
    }
    set("load_address",
        static_cast<std::uint32_t>(engine) << 28 | static_cast<std::uint32_t>(table) << 24 | address);
  }
  /// A whole table, a word a line; word n goes to n * step + first.
  void table(int engine, int table, const std::string& image, std::uint32_t step = 1,
             std::uint32_t first = 0) {
    std::istringstream lines(image);
    std::uint32_t address = first;
    for (std::string line; std::getline(lines, line); address += step) word(engine, table, address, line);
  }
  [[nodiscard]] std::vector<RegisterWrite> take() { return std::move(script_); }

 private:
  [[nodiscard]] const Register& find(const std::string& name) const {
    for (const Register& r : map_) {
      if (r.name == name) return r;
    }
    throw std::logic_error("no register " + name);
  }

  std::vector<Register> map_;
  std::vector<RegisterWrite> script_;
};

}  // namespace

std::vector<RegisterWrite> load_script(const Accelerator& a) {
  using blocks::LoadTarget;
  using blocks::SetupTarget;
  constexpr int kBackbone = 0;
  Writer out(a);
  out.set("control", kStop);
  const EngineConfig config = engine_config(a, 0, "");
  const EngineTables tables = engine_tables(a, a.engines.front(), config);
  out.table(kBackbone, static_cast<int>(LoadTarget::program), tables.program);
  out.table(kBackbone, static_cast<int>(LoadTarget::tiles), tables.tiles);
  out.table(kBackbone, static_cast<int>(LoadTarget::scales), tables.scales);
  const std::uint32_t rows = 1U << blocks::index_bits(config.shape.rows);
  for (std::size_t r = 0; r < tables.weights.size(); ++r)
    out.table(kBackbone, static_cast<int>(LoadTarget::weights), tables.weights[r], rows,
              static_cast<std::uint32_t>(r));
  const blocks::DecisionUnit unit = decision_unit(a, 0);
  if (unit.with_sums) {
    out.table(blocks::kSetupEngine, static_cast<int>(SetupTarget::exponential),
              exponential_image(a.network.decision, unit.table_words));
  }
  std::uint32_t number = 0;
  for (const blocks::NetworkSetup::Field& f : setup_fields(a)) {
    out.word(blocks::kSetupEngine, static_cast<int>(SetupTarget::values), number++,
             fmt::format("{:x}", f.reset));
  }
  for (const Register& r : register_map(a)) {
    if (r.name == "criterion" || r.name.starts_with("threshold_") || r.name.starts_with("skip_"))
      out.set(r.name, r.reset);
  }
  out.set("control", kStart);
  return out.take();
}

std::string load_text(const Accelerator& a) {
  const std::vector<RegisterWrite> script = load_script(a);
  std::string text = fmt::format(
      "# Loads {} onto the hardware of this design: {} writes on its AXI4-Lite port, as byte offset and "
      "value in\n"
      "# hexadecimal, in this order. Before: all results of the network that runs have been taken. After the "
      "first\n"
      "# write: wait until ap_idle (bit 2 of offset 00) reads 1. Images of {} may be sent after the last.\n",
      a.network.name, script.size(), a.network.name);
  for (const RegisterWrite& w : script)
    fmt::format_to(std::back_inserter(text), "{:02x} {:08x}\n", w.offset, w.data);
  return text;
}

}  // namespace offramp::accel

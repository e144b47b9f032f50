#include "accel/registers.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "accel/share.h"
#include "accel/watch.h"

namespace offramp::accel {

std::vector<Register> register_map(int exits, const quant::QNetwork* network, bool streams, bool prunes) {
  std::vector<Register> map = {
      {"control", 0x00, 8, true,
       "bit 0 ap_start (set out of reset: samples are accepted), bit 2 ap_idle, bit 7 auto_restart"},
      {"global_interrupt_enable", 0x04, 1, true, "bit 0: interrupts on"},
      {"interrupt_enable", 0x08, 2, true, "bit 0: on a result, bit 1: on a sample accepted"},
      {"interrupt_status", 0x0C, 2, true,
       "bit 0: a result came out, bit 1: a sample was accepted; write 1 toggles"},
  };
  std::uint32_t offset = 0x10;
  auto user = [&](std::string name, int bits, bool writable, std::string doc, std::uint64_t reset = 0) {
    map.push_back({std::move(name), offset, bits, writable, std::move(doc), reset});
    offset += 8;
  };
  if (exits > 1) {
    std::uint64_t criteria = 0;
    for (std::size_t e = 0; network != nullptr && e + 1 < network->exits.size(); ++e) {
      criteria |= static_cast<std::uint64_t>(network->exits[e].criterion)
                  << (fixed::kCriterionBits * static_cast<int>(e));
    }
    user("criterion", fixed::kCriterionBits * (exits - 1), true,
         "bits 4e+3 to 4e: what exit e's confidence is measured by, 0 max softmax, 1 entropy, 2 margin, 3 "
         "base-2 "
         "softmax, 4 patience; others never exit",
         criteria);
  }
  for (int e = 0; e + 1 < exits; ++e) {
    user(fmt::format("threshold_{}", e), fixed::DecisionTables::kThresholdBits, true,
         fmt::format(
             "threshold of exit {}: floor(2^24 / probability), nats * 2^16, steps of a logit, or exits "
             "that agree",
             e),
         network == nullptr || static_cast<std::size_t>(e) >= network->exits.size()
             ? 0
             : network->exits[static_cast<std::size_t>(e)].threshold);
  }
  for (int e = 0; prunes && e + 1 < exits; ++e) {
    user(fmt::format("skip_{}", e), 32, true,
         fmt::format(
             "bits 30 to 0: level; exit {}'s branch is skipped where the magnitudes of its map add up to "
             "less, or, with bit 31, to more; 0 skips nothing",
             e),
         network == nullptr || static_cast<std::size_t>(e) >= network->exits.size()
             ? 0
             : network->exits[static_cast<std::size_t>(e)].skip.to_register());
  }
  for (int e = 0; e < exits; ++e) {
    user(fmt::format("exit_count_{}", e), 32, false, fmt::format("samples that left at exit {}", e));
  }
  user("cycles", 64, false,
       "clock cycles since reset; read the low word first, it holds the high word still");
  user("samples", 32, false, "results delivered");
  user("status", 4, false,
       "bit 0: TLAST of an input sample was early or missing (sticky); of designs whose weights lie in "
       "external memory also bit 1: the weight image was refused, samples are answered with an error; bit 2: "
       "a read of "
       "weights failed, the results concerned say so (sticky); bit 3: the weights are ready");
  if (streams) {
    map.push_back(
        {.name = "weights_address",
         .offset = offset,
         .bits = 32,
         .writable = true,
         .doc = "of the weight image (mem/weights.bin) in memory, a multiple of the port's width; writing "
                "it makes the hardware read and check the image",
         .announced = true});
    offset += 8;
  }
  map.push_back({.name = "load_data",
                 .offset = offset,
                 .bits = 32,
                 .writable = true,
                 .doc = "another 32 bits of the table word that is put together, the most significant first",
                 .announced = true});
  map.push_back(
      {.name = "load_address",
       .offset = offset + 8,
       .bits = 32,
       .writable = true,
       .doc = "writes the word: engine in [31:28], table in [27:24] (0 program, 1 tiles, 2 scales, 3 "
              "weights), word in [23:0]; only while ap_start is 0 and ap_idle is 1. Engine 15, of designs "
              "for several networks: table 0 numbers, 1 exponentials",
       .announced = true});
  return map;
}

int address_bits(const std::vector<Register>& map) {
  std::uint32_t end = 0;
  for (const Register& r : map) end = std::max(end, r.offset + 8);
  // The word behind the last register has an address, too: it is none and answers so.
  return std::max(8, static_cast<int>(std::bit_width(end)));
}

int hardware_exits(const Accelerator& accelerator) {
  return accelerator.options.strategy == Strategy::static_ ? 1 : most_exits(accelerator);
}

std::vector<Register> register_map(const Accelerator& accelerator) {
  std::vector<Register> map =
      register_map(hardware_exits(accelerator), &accelerator.network,
                   accelerator.engines.front().beat_bits > 0, accelerator.options.prune);
  // Behind the others, so that these lie where they do without.
  for (Register& r : watch_registers(accelerator, map.back().offset + 8)) map.push_back(std::move(r));
  return map;
}

}  // namespace offramp::accel

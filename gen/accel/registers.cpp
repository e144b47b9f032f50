#include "accel/registers.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "accel/configuration.h"
#include "accel/share.h"
#include "accel/watch.h"
#include "base/version.h"

namespace offramp::accel {

std::vector<Register> register_map(int exits, const quant::QNetwork* network, bool streams, bool prunes,
                                   std::uint32_t configuration) {
  constexpr std::uint64_t kIdleAndStarted = 0x85;
  std::vector<Register> map = {
      {.name = "control",
       .offset = 0x00,
       .bits = 8,
       .writable = true,
       .doc = "ap_ctrl",
       .reset = kIdleAndStarted,
       .fields = {{"start", 0, 1, "ap_start: samples are accepted; set out of reset and until 0 is written"},
                  {"idle", 2, 1, "ap_idle: no sample is being computed (read only)"},
                  {"auto_restart", 7, 1, "kept; the design goes on without it"}}},
      {.name = "global_interrupt_enable",
       .offset = 0x04,
       .bits = 1,
       .writable = true,
       .doc = "interrupts on",
       .fields = {{"on", 0, 1, "irq follows the interrupt status"}}},
      {.name = "interrupt_enable",
       .offset = 0x08,
       .bits = 2,
       .writable = true,
       .doc = "events that are taken into the interrupt status",
       .fields = {{"result", 0, 1, "a result came out"}, {"sample", 1, 1, "a sample was accepted"}}},
      {.name = "interrupt_status",
       .offset = 0x0C,
       .bits = 2,
       .writable = true,
       .doc = "events since they were cleared; write 1 toggles",
       .fields = {{"result", 0, 1, "a result came out"}, {"sample", 1, 1, "a sample was accepted"}}},
  };
  std::uint32_t offset = 0x10;
  auto user = [&](Register r) -> Register& {
    r.offset = offset;
    offset += 8;
    return map.emplace_back(std::move(r));
  };
  auto shown = [&](std::string name, int bits, std::string doc) -> Register& {
    return user({.name = std::move(name), .bits = bits, .doc = std::move(doc)});
  };
  user({.name = "version",
        .bits = 24,
        .doc = "of the program that generated the design",
        .reset = kVersion.to_register(),
        .constant = true,
        .fields = {{"patch", 0, 8, "patch"}, {"minor", 8, 8, "minor"}, {"major", 16, 8, "major"}}});
  user({.name = "configuration",
        .bits = 32,
        .doc = "first 32 bits of the SHA-256 of everything that decides the design",
        .reset = configuration,
        .constant = true});
  const auto early = [&](int e) {
    const bool known = network != nullptr && static_cast<std::size_t>(e) < network->exits.size();
    return known ? network->exits[static_cast<std::size_t>(e)] : quant::QExit{};
  };
  if (exits > 1) {
    Register criterion{.name = "criterion",
                       .bits = fixed::kCriterionBits * (exits - 1),
                       .writable = true,
                       .doc = "what the early exits' confidence is measured by"};
    for (int e = 0; e + 1 < exits; ++e) {
      if (network != nullptr && static_cast<std::size_t>(e) + 1 < network->exits.size())
        criterion.reset |= static_cast<std::uint64_t>(early(e).criterion) << (fixed::kCriterionBits * e);
      criterion.fields.push_back(
          {fmt::format("exit_{}", e), fixed::kCriterionBits * e, fixed::kCriterionBits,
           "0 max softmax, 1 entropy, 2 margin, 3 base-2 softmax, 4 patience; others never exit"});
    }
    user(std::move(criterion));
  }
  for (int e = 0; e + 1 < exits; ++e) {
    user({.name = fmt::format("threshold_{}", e),
          .bits = fixed::DecisionTables::kThresholdBits,
          .writable = true,
          .doc = fmt::format(
              "threshold of exit {}: floor(2^24 / probability), nats * 2^16, steps of a logit, or exits "
              "that agree",
              e),
          .reset = early(e).threshold});
  }
  for (int e = 0; prunes && e + 1 < exits; ++e) {
    user({.name = fmt::format("skip_{}", e),
          .bits = 32,
          .writable = true,
          .doc = fmt::format("when exit {}'s branch is skipped; 0: never", e),
          .reset = early(e).skip.to_register(),
          .fields = {{"level", 0, fixed::SkipRule::kLevelBits,
                      "where the magnitudes of the map that it reads add up to less"},
                     {"above", fixed::SkipRule::kLevelBits, 1, "where they add up to more instead"}}});
  }
  for (int e = 0; e < exits; ++e)
    shown(fmt::format("exit_count_{}", e), 32, fmt::format("samples that left at exit {}", e));
  shown("cycles", 64, "clock cycles since reset; read the low word first, it holds the high word still");
  shown("samples", 32, "results delivered");
  shown("status", kStatusBits, "what went wrong, and whether the weights are there").fields = {
      {"tlast_error", 0, 1,
       "TLAST of an input sample was early or missing (until reset): images and pixels no longer agree"},
      {"weights_refused", 1, 1, "the weight image was refused, samples are answered with an error"},
      {"weights_read_failed", 2, 1,
       "a read of weights failed in a sample, whose result says so (until reset)"},
      {"weights_ready", 3, 1, "the weights are ready; 1 where they do not stream"},
      {"weights_response", 4, 2,
       "of the memory to the last read of weights that failed since weights_address was written: 0 none "
       "did, 2 SLVERR, 3 DECERR"}};
  if (streams) {
    user({.name = "weights_address",
          .bits = 32,
          .writable = true,
          .doc = "of the weight image (mem/weights.bin) in memory, a multiple of the port's width; writing "
                 "it makes the hardware read and check the image",
          .announced = true});
  }
  user({.name = "load_data",
        .bits = 32,
        .writable = true,
        .doc = "another 32 bits of the table word that is put together, the most significant first",
        .announced = true});
  user({.name = "load_address",
        .bits = 32,
        .writable = true,
        .doc = "writes the word; only while ap_start is 0 and ap_idle is 1",
        .announced = true,
        .fields = {{"word", 0, 24, "its number in the table"},
                   {"table", 24, 4,
                    "0 program, 1 tiles, 2 scales, 3 weights; of engine 15: 0 numbers, 1 exponentials"},
                   {"engine", 28, 4, "0 the backbone; 15, of designs for several networks, the network"}}});
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
  std::vector<Register> map = register_map(hardware_exits(accelerator), &accelerator.network,
                                           accelerator.engines.front().beat_bits > 0,
                                           accelerator.options.prune, configuration_hash(accelerator));
  // Behind the others, so that these lie where they do without.
  for (Register& r : watch_registers(accelerator, map.back().offset + 8)) map.push_back(std::move(r));
  return map;
}

}  // namespace offramp::accel

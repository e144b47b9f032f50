#pragma once
// The register map: one table for the AXI4-Lite decoder, the verification harness, drivers and docs.
#include <vector>

#include "accel/accelerator.h"
#include "blocks/control_registers.h"

namespace offramp::accel {

using Register = blocks::RegisterSpec;

/// Of the status register.
inline constexpr int kStatusBits = 6;

/// ap_ctrl at 0x00..0x0C, user registers from 0x10 in steps of 8 bytes:
///   version at 0x10 and configuration at 0x18 in every design, so that a driver can tell what it talks to;
///   criterion (kCriterionBits for each early exit; absent in a static design), then for each early exit e
///   its threshold_<e> (DecisionTables::kThresholdBits in two words), then for every exit e exit_count_<e>
///   (32 bits, samples that left there), then cycles (64 bits since reset) and samples (32 bits, results
///   delivered).
/// ap_ctrl: bit 0 ap_start (write 1: accept samples; stays set, the engine is streaming), bit 2 ap_idle, bit
/// 7 auto_restart; out of reset the accelerator accepts samples at once with the thresholds of the quantized
/// network.
///   Reset values are the quantized network's criterion and thresholds where one is given.
[[nodiscard]] std::vector<Register> register_map(int exits, const quant::QNetwork* network = nullptr,
                                                 bool streams = false, bool prunes = false,
                                                 std::uint32_t configuration = 0);
/// Bits of the AXI4-Lite port's byte address: at least 8.
[[nodiscard]] int address_bits(const std::vector<Register>& map);

/// Exits that the hardware has: all of the network's (of the network with the most), or the last alone in a
/// static design.
[[nodiscard]] int hardware_exits(const Accelerator& accelerator);
[[nodiscard]] std::vector<Register> register_map(const Accelerator& accelerator);

}  // namespace offramp::accel

#pragma once
// Several networks on one hardware: what is as large as the largest of them needs, and what each needs of it.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "accel/accelerator.h"

namespace offramp::accel {

/// One hardware for networks that were planned with the same options. The first is there out of reset, the
/// others are loaded (accel/load_script.h). Throws offramp::Error for what cannot be shared: exit classifiers
/// beside the backbone, weights in external memory, two networks of one name.
[[nodiscard]] Accelerator share_hardware(std::vector<Accelerator> networks);

/// The accelerator's own network, then those in `also`.
[[nodiscard]] std::vector<const Accelerator*> networks_of(const Accelerator& accelerator);
/// The same hardware with its n-th network as its own.
[[nodiscard]] Accelerator seen_from(const Accelerator& accelerator, std::size_t n);

/// A network's name as file names and Verilog identifiers have it.
[[nodiscard]] std::string identifier(const quant::QNetwork& network);

/// Of the network with the most.
[[nodiscard]] int most_exits(const Accelerator& accelerator);
[[nodiscard]] int most_classes(const Accelerator& accelerator);

/// Gives the design that loads `network`, which it was not generated for, as `network` sees it. Throws
/// offramp::Error with what is asked and what there is where the hardware is too small.
[[nodiscard]] Accelerator load_onto(const Accelerator& design, const Accelerator& network);

}  // namespace offramp::accel

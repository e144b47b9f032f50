#pragma once
// Runs the C driver of a design folder, as it stands, on the Verilated design: what a person's program would
// do with it, images by DMA, and what goes wrong on boards. Every result is held against the golden
// reference.
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "accel/accelerator.h"
#include "net/dataset.h"

namespace offramp::verif {

struct DriverRunOptions {
  std::size_t samples = 100;
  std::uint64_t seed = 1;                  // of the random stalls and of the choice of images
  bool stalls = true;                      // on every bus
  bool random_start = false;               // registers and memories without reset start with random bits
  std::filesystem::path model_cache = {};  // empty: default_model_cache()
};

/// Something that the driver did, in words; `difference` is empty where everything was as it has to be.
struct DriverStep {
  std::string what;
  std::string difference;
};

struct DriverReport {
  bool passed = false;
  std::vector<DriverStep> steps;  // the last is the one that failed, if one did
  std::size_t images = 0;         // of the long run
  std::size_t results_compared = 0;
  /// Of the long run, for an image: register transfers over AXI4-Lite, accesses of the DMA engine's
  /// registers, descriptors, cycles.
  double transfers = 0, dma_transfers = 0, descriptors = 0, cycles = 0;
};

/// Throws offramp::Error for what is not the driver's or the design's fault: no compiler, no images.
[[nodiscard]] DriverReport run_driver(const accel::Accelerator& accelerator, const accel::Emitted& emitted,
                                      const std::filesystem::path& design_dir, const net::Split& data,
                                      const DriverRunOptions& options);

}  // namespace offramp::verif

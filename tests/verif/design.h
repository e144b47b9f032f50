#pragma once
// Real designs for tests: a random network planned, emitted and written to a folder, with random images.
#include <fmt/format.h>

#include <memory>

#include "fixture.h"
#include "quant/random_network.h"
#include "verif/verify.h"

namespace offramp::verif::testing {

struct TestDesign {
  accel::Accelerator accelerator;
  accel::Emitted emitted;
  net::Split data;
  std::unique_ptr<ScratchDirectory> folder;

  [[nodiscard]] std::filesystem::path directory() const { return folder->path(); }
  [[nodiscard]] VerifyResult verify(const VerifyOptions& options) const {
    return verif::verify(accelerator, emitted, directory(), data, options);
  }
};

inline net::Split random_images(const quant::QNetwork& network, std::size_t count, std::uint64_t seed) {
  net::Split data;
  data.shape = network.tensors.front().shape;
  for (std::size_t i = 0; i < count; ++i) {
    const std::vector<std::uint8_t> image = quant::random_image(network, seed + i);
    data.pixels.insert(data.pixels.end(), image.begin(), image.end());
    data.labels.push_back(0);
  }
  return data;
}

inline void write_design(const accel::Emitted& emitted, const std::filesystem::path& folder) {
  for (const auto& [name, text] : emitted.files) write_text(folder / name, text);
}

inline TestDesign make_design(const quant::QNetwork& network, accel::Strategy strategy,
                              accel::ArrayShape shape, std::size_t images = 30) {
  TestDesign design;
  design.accelerator =
      accel::plan_accelerator(network, {.strategy = strategy, .backbone = shape, .exit_classifier = shape});
  design.emitted = accel::emit(design.accelerator);
  design.data = random_images(network, images, 1000);
  design.folder = std::make_unique<ScratchDirectory>();
  write_design(design.emitted, design.directory());
  return design;
}

/// Models of tests are small and run for a moment: building them is what takes time.
inline VerifyOptions quick_verify(std::size_t samples) {
  return {.samples = samples, .model_cache = test_cache(), .quick_build = true, .random_start = true};
}

inline std::string describe(const VerifyResult& result) {
  if (!result.first_mismatch) return "bit exact";
  const Mismatch& m = *result.first_mismatch;
  return fmt::format("sample {}: {} at {}: expected {}, got {}", m.sample, m.layer, m.position, m.expected,
                     m.got);
}

}  // namespace offramp::verif::testing

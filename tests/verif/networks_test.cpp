// One design that runs three networks, loaded over its control bus one after the other.
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <utility>

#include "accel/load_script.h"
#include "accel/registers.h"
#include "accel/share.h"
#include "base/error.h"
#include "design.h"
#include "model/estimate.h"
#include "verif/sample_run.h"

namespace offramp::verif {
namespace {

using namespace testing;

constexpr accel::ArrayShape kShape{.rows = 4, .columns = 2, .lanes = 2};
constexpr std::size_t kImages = 8;

/// The next random network from `seed` on that has so many exits and no Add of the input image, which the
/// engine refuses.
accel::Accelerator plan_with(std::size_t exits, std::uint64_t seed, accel::Strategy strategy) {
  for (;; ++seed) {
    const quant::QNetwork network = quant::random_network(seed);
    if (network.exits.size() != exits) continue;
    try {
      return accel::plan_accelerator(network, {.strategy = strategy,
                                               .backbone = kShape,
                                               .exit_classifier = {},
                                               .weights = {},
                                               .on_backbone = {}});
    } catch (const Error&) {
    }
  }
}

struct SharedDesign {
  accel::Accelerator accelerator;
  accel::Emitted emitted;
  std::vector<net::Split> data;
  ScratchDirectory folder;

  explicit SharedDesign(accel::Strategy strategy) {
    std::vector<accel::Accelerator> networks;
    constexpr std::array<std::pair<std::size_t, std::uint64_t>, 3> kExitsAndSeeds = {
        {{2, 10}, {1, 40}, {3, 70}}};
    for (const auto& [exits, seed] : kExitsAndSeeds) {
      networks.push_back(plan_with(exits, seed, strategy));
      data.push_back(random_images(networks.back().network, kImages, 1000));
    }
    accelerator = accel::share_hardware(std::move(networks));
    emitted = accel::emit(accelerator);
    write_design(emitted, folder.path());
  }
  [[nodiscard]] ModelSources sources() const {
    return {.directory = folder.path(), .verilog = emitted.rtl, .top = emitted.top, .probes = emitted.probes};
  }
  [[nodiscard]] std::vector<VerifyResult> verify() const {
    std::vector<const net::Split*> sets;
    for (const net::Split& d : data) sets.push_back(&d);
    return verify_networks(accelerator, emitted, folder.path(), sets, quick_verify(kImages));
  }
};

class SeveralNetworks : public ::testing::TestWithParam<accel::Strategy> {};

TEST_P(SeveralNetworks, AreBitExactOneAfterTheOtherInTheCyclesOfTheModel) {
  const SharedDesign design(GetParam());
  const std::vector<VerifyResult> results = design.verify();
  ASSERT_EQ(results.size(), 3u);
  // A difference in a later run leaves the earlier ones unfinished: it is what is to be shown.
  for (std::size_t n = 0; n < results.size(); ++n)
    ASSERT_FALSE(results[n].first_mismatch) << "network " << n << ": " << describe(results[n]);
  for (std::size_t n = 0; n < results.size(); ++n) {
    const VerifyResult& r = results[n];
    const accel::Accelerator network = accel::seen_from(design.accelerator, n);
    ASSERT_TRUE(r.bit_exact) << network.network.name << ": " << describe(r);
    ASSERT_EQ(r.cycles.size(), kImages);
    const model::Estimate estimate = model::estimate(network);
    const std::int64_t beats = network.network.tensors.front().shape.elements() / network.stream_bytes;
    for (std::size_t i = 1; i < kImages; ++i) {
      const std::int64_t modelled = estimate.cycles_by_exit[static_cast<std::size_t>(r.exit[i])];
      const std::int64_t before = estimate.cycles_by_exit[static_cast<std::size_t>(r.exit[i - 1])];
      // Where images come in more slowly than they are worked on, the stream sets the pace.
      if (std::min(modelled, before) < 2 * beats + 16) continue;
      EXPECT_EQ(r.cycles[i], modelled) << network.network.name << ", sample " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Strategies, SeveralNetworks,
                         ::testing::Values(accel::Strategy::static_, accel::Strategy::pipeline),
                         [](const auto& strategy) {
                           return strategy.param == accel::Strategy::static_ ? "Static" : "Pipeline";
                         });

/// What loads the second network, without clearing ap_start before and without the registers that a driver
/// may write at any time.
std::vector<accel::RegisterWrite> load_without_stop(const SharedDesign& design) {
  const accel::Accelerator other = accel::seen_from(design.accelerator, 1);
  std::vector<accel::RegisterWrite> script;
  std::vector<std::uint32_t> load_registers;
  for (const accel::Register& r : accel::register_map(other)) {
    if (r.name.starts_with("load_")) load_registers.push_back(r.offset);
  }
  for (const accel::RegisterWrite& w : accel::load_script(other)) {
    if (std::find(load_registers.begin(), load_registers.end(), w.offset) != load_registers.end())
      script.push_back(w);
  }
  return script;
}

TEST(Load, IsIgnoredWhileApStartIsSet) {
  const SharedDesign design(accel::Strategy::pipeline);
  const BuiltModel built =
      build_model(design.sources(), {.favour = ModelOptions::Favour::build, .cache = test_cache()});
  VerilatedModel model(built, design.sources(), {.directory = design.folder.path()});
  const RunResult first =
      run_samples(model, design.accelerator, design.data[0], {.images = {0, 1, 2}, .stalls = false});
  ASSERT_FALSE(first.mismatch);
  const RunResult second = run_samples(
      model, design.accelerator, design.data[0],
      {.images = {3, 4, 5}, .stalls = false, .load = load_without_stop(design), .left_before = first.left});
  EXPECT_FALSE(second.mismatch) << second.mismatch->layer << " " << second.mismatch->position;
}

TEST(Load, IsIgnoredWhileASampleIsComputed) {
  const SharedDesign design(accel::Strategy::pipeline);
  const BuiltModel built =
      build_model(design.sources(), {.favour = ModelOptions::Favour::build, .cache = test_cache()});
  VerilatedModel model(built, design.sources(), {.directory = design.folder.path()});
  // As much as fits a sample: ap_start is cleared, a few words of the program are written, ap_start is set
  // again.
  constexpr std::size_t kWrites = 48;
  std::vector<accel::RegisterWrite> few = load_without_stop(design);
  few.resize(kWrites);
  few.insert(few.begin(), accel::RegisterWrite{.offset = 0, .data = 0x80});
  few.push_back({.offset = 0, .data = 0x81});
  const RunResult run = run_samples(model, design.accelerator, design.data[0],
                                    {.images = {0, 1, 2}, .stalls = false, .meanwhile = few});
  EXPECT_FALSE(run.mismatch) << run.mismatch->layer << " " << run.mismatch->position;
}

}  // namespace
}  // namespace offramp::verif

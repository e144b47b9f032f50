// The cycle model and the RTL agree on every layer of LeNet-5, difference 0.
#include "verif/cycles.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "cli/stages.h"
#include "lenet5_build.h"
#include "verif/sample_run.h"
#include "verif/verilated_build.h"
#include "verif/verilated_model.h"

namespace offramp::testing {
namespace {

class Cycles : public OnLenet5 {};
INSTANTIATE_TEST_SUITE_P(Lenet5, Cycles, each_strategy(), strategy_name);

TEST_P(Cycles, OfEveryLayerAreThoseOfTheModel) {
  constexpr std::size_t kImages = 40;
  const cli::Design design = cli::read_design(design_folder());
  const accel::Emitted& emitted = design.plan.emitted;
  const verif::ModelSources sources{
      .directory = design_folder(), .verilog = emitted.rtl, .top = emitted.top, .probes = emitted.probes};
  // The model that the build has left in the cache.
  const verif::BuiltModel built =
      verif::build_model(sources, {.cache = fs::path(OFFRAMP_BINARY_DIR) / "test-models"});
  verif::VerilatedModel model(built, sources, {.directory = design_folder()});
  verif::LayerCycleCounter counter(model, design.plan.accelerator);
  const net::Dataset data = net::load_dataset("fashion-mnist");
  std::vector<std::size_t> images(kImages);
  std::iota(images.begin(), images.end(), std::size_t{0});
  const verif::RunResult run = verif::run_samples(
      model, design.plan.accelerator, data.test, {.images = images, .stalls = false, .watchers = {&counter}});
  ASSERT_FALSE(run.mismatch);
  ASSERT_EQ(counter.samples().size(), kImages);
  std::set<std::string> seen;
  for (const auto& sample : counter.samples()) {
    for (const auto& measured : sample.layers) {
      const auto& layers = design.plan.estimate.layers;
      const auto modelled = std::find_if(layers.begin(), layers.end(), [&](const model::LayerCycles& l) {
        return l.engine == measured.engine && l.layer == measured.layer;
      });
      ASSERT_NE(modelled, layers.end()) << measured.layer;
      EXPECT_EQ(measured.cycles - modelled->cycles, 0) << measured.engine << " " << measured.layer;
      seen.insert(measured.engine + " " + measured.layer);
    }
  }
  EXPECT_EQ(seen.size(), design.plan.estimate.layers.size());
}

}  // namespace
}  // namespace offramp::testing

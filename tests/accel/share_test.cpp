#include "accel/share.h"

#include <gmock/gmock.h>

#include "accel/load_script.h"
#include "accel/registers.h"
#include "base/error.h"
#include "quant/random_network.h"

namespace offramp::accel {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr ArrayShape kShape{.rows = 4, .columns = 2, .lanes = 1};

Accelerator plan(std::uint64_t seed, const quant::RandomNetworkOptions& options = {}) {
  return plan_accelerator(quant::random_network(seed, options), {.strategy = Strategy::pipeline,
                                                                 .backbone = kShape,
                                                                 .exit_classifier = {},
                                                                 .weights = {},
                                                                 .on_backbone = {}});
}

TEST(SharedHardware, IsAsLargeAsTheLargestNetworkNeeds) {
  const Accelerator one = plan(1);
  const Accelerator two = plan(2);
  const Accelerator shared = share_hardware({one, two});
  for (std::size_t n = 0; n < 2; ++n) {
    const EnginePlan& engine = seen_from(shared, n).engines.front();
    EXPECT_EQ(engine.words, std::max(one.engines[0].words, two.engines[0].words));
    EXPECT_EQ(engine.data_bits, std::max(one.engines[0].data_bits, two.engines[0].data_bits));
    EXPECT_EQ(engine.weight_bits, std::max(one.engines[0].weight_bits, two.engines[0].weight_bits));
    EXPECT_GE(engine.acc_bits, std::max(one.engines[0].acc_bits, two.engines[0].acc_bits));
  }
  EXPECT_EQ(seen_from(shared, 1).network.name, two.network.name);
  EXPECT_EQ(most_classes(shared), std::max(one.network.classes(), two.network.classes()));
}

TEST(SharedHardware, IsRefusedForTwoNetworksOfOneName) {
  EXPECT_THAT([] { (void)share_hardware({plan(1), plan(1)}); }, ThrowsMessage<Error>(HasSubstr("rename")));
}

TEST(SharedHardware, IsRefusedForExitClassifiersOfTheirOwn) {
  Accelerator one = plan(1);
  one.options.strategy = Strategy::parallel;
  EXPECT_THAT(
      [&] {
        (void)share_hardware({one, plan(2)});
      },
      ThrowsMessage<Error>(HasSubstr("--exits static or pipeline")));
}

TEST(SharedHardware, IsRefusedForWeightsInExternalMemory) {
  Accelerator two = plan(2);
  two.engines.front().beat_bits = 256;
  two.engines.front().resident_tiles = 17;
  EXPECT_THAT([&] { (void)share_hardware({plan(1), two}); }, ThrowsMessage<Error>(HasSubstr("17 tiles")));
}

TEST(SharedHardware, TakesANetworkThatCameLaterWhereItFits) {
  Accelerator later = plan(1);
  later.network.name = "later";
  const Accelerator design = share_hardware({plan(1), plan(2)});
  const Accelerator loaded = load_onto(design, later);
  EXPECT_EQ(loaded.network.name, "later");
  EXPECT_EQ(load_script(loaded), load_script(design));  // the same numbers under another name
}

TEST(SharedHardware, RefusesANetworkThatDoesNotFitWithFigures) {
  const quant::RandomNetworkOptions large{.max_map = 24, .max_channels = 24, .max_layers = 6};
  const Accelerator design = share_hardware({plan(1), plan(2)});
  const Accelerator big = plan(5, large);
  ASSERT_GT(big.engines[0].words, design.engines[0].words);
  EXPECT_THAT(
      [&] { (void)load_onto(design, big); },
      ThrowsMessage<Error>(AllOf(HasSubstr("does not fit the hardware"), HasSubstr("activation words a bank"),
                                 HasSubstr(std::to_string(big.engines[0].words)),
                                 HasSubstr(std::to_string(design.engines[0].words)))));
}

TEST(SharedHardware, OfOneNetworkTakesNoOther) {
  EXPECT_THAT([] { (void)load_onto(plan(1), plan(2)); }, ThrowsMessage<Error>(HasSubstr("--also")));
}

TEST(LoadScript, StopsFirstAndStartsLast) {
  const std::vector<RegisterWrite> script = load_script(seen_from(share_hardware({plan(1), plan(2)}), 1));
  ASSERT_GT(script.size(), 10u);
  EXPECT_EQ(script.front(), (RegisterWrite{.offset = 0, .data = 0x80}));
  EXPECT_EQ(script.back(), (RegisterWrite{.offset = 0, .data = 0x81}));
}

TEST(LoadScript, BringsTheNetworksThresholds) {
  Accelerator two = plan(2);
  for (std::uint64_t seed = 3; two.network.exits.size() < 2; ++seed) two = plan(seed);
  two.network.exits[0].threshold = 0x123456789;
  const Accelerator loaded = seen_from(share_hardware({plan(1), two}), 1);
  std::uint32_t offset = 0;
  for (const Register& r : register_map(loaded)) {
    if (r.name == "threshold_0") offset = r.offset;
  }
  const std::vector<RegisterWrite> script = load_script(loaded);
  EXPECT_THAT(script, ::testing::IsSupersetOf({RegisterWrite{.offset = offset, .data = 0x23456789},
                                               RegisterWrite{.offset = offset + 4, .data = 0x1}}));
}

}  // namespace
}  // namespace offramp::accel

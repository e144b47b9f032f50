#include "accel/configuration.h"

#include <gmock/gmock.h>

#include "accel/registers.h"
#include "accel/share.h"
#include "network_maker.h"

namespace offramp::accel {
namespace {

using ::testing::HasSubstr;

quant::QNetwork network(std::uint64_t seed = 1, const std::string& name = "net") {
  test::NetworkMaker maker(name, {2, 4, 4}, seed);
  const int a = maker.conv(0, 2, {});
  maker.exit(a);
  maker.exit(maker.conv(a, 2, {}));
  return maker.make();
}

Accelerator plan(const quant::QNetwork& n, Strategy strategy = Strategy::pipeline, int columns = 2) {
  return plan_accelerator(n, {.strategy = strategy,
                              .backbone = {.rows = 4, .columns = columns, .lanes = 1},
                              .exit_classifier = {.rows = 4, .columns = 2, .lanes = 1}});
}

TEST(Configuration, IsTheSameForTheSameDesign) {
  EXPECT_EQ(configuration_text(plan(network())), configuration_text(plan(network())));
  EXPECT_THAT(configuration_text(plan(network())), HasSubstr("top net_pipeline\n"));
}

TEST(Configuration, ChangesWithWhateverChangesTheHardwareOrItsTables) {
  const std::uint32_t hash = configuration_hash(plan(network()));
  EXPECT_NE(configuration_hash(plan(network(), Strategy::parallel)), hash);
  EXPECT_NE(configuration_hash(plan(network(), Strategy::pipeline, 4)), hash);
  EXPECT_NE(configuration_hash(plan(network(1, "other"))), hash);
  quant::QNetwork weight = network();
  std::get<quant::QConv>(weight.layers.front().op).weights.back() ^= 1;
  EXPECT_NE(configuration_hash(plan(weight)), hash);
  quant::QNetwork bias = network();
  std::get<quant::QConv>(bias.layers.front().op).bias.front() += 1;
  EXPECT_NE(configuration_hash(plan(bias)), hash);
  quant::QNetwork scale = network();
  scale.layers.front().requant.front().multiplier ^= 1;
  EXPECT_NE(configuration_hash(plan(scale)), hash);
  quant::QNetwork threshold = network();
  threshold.exits.front().threshold += 1;
  EXPECT_NE(configuration_hash(plan(threshold)), hash);
}

TEST(Configuration, StaysWithTheHardwareWhenAnotherNetworkIsLoaded) {
  const Accelerator shared = share_hardware({plan(network(1, "a")), plan(network(2, "b"))});
  const std::uint32_t hash = configuration_hash(shared);
  EXPECT_EQ(configuration_hash(seen_from(shared, 1)), hash);
  EXPECT_EQ(configuration_hash(load_onto(shared, plan(network(1, "later")))), hash);
  for (const Register& r : register_map(seen_from(shared, 1))) {
    if (r.name == "configuration") {
      EXPECT_EQ(r.reset, hash);
    }
  }
}

}  // namespace
}  // namespace offramp::accel

#include "attach/positions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "quant/float_networks.h"

namespace offramp::attach {
namespace {

using quant::NetBuilder;
using quant::square;
using ::testing::ElementsAre;

/// conv1 - norm - relu - pool, conv2 - relu, global pool, two dense layers.
net::Network chain() {
  NetBuilder b({3, 16, 16});
  int at = b.max_pool("pool1", b.relu("relu1", b.batch_norm("norm1", b.conv("conv1", 0, 8, square(3, 1, 1)))),
                      square(2, 2));
  at = b.relu("relu2", b.conv("conv2", at, 16, square(3, 2, 1)));
  at = b.average_pool("gap", at, square(4));
  at = b.relu("relu3", b.dense("fc1", b.flatten("flat", at), 12));
  return b.exit("out", b.dense("fc2", at, 4)).network();
}

net::Network residual() {
  NetBuilder b({3, 8, 8});
  const int first = b.relu("relu1", b.conv("conv1", 0, 8, square(3, 1, 1)));
  const int inner = b.relu("relu2", b.conv("conv2", first, 8, square(3, 1, 1)));
  const int sum = b.relu("relu3", b.sum("add", b.conv("conv3", inner, 8, square(3, 1, 1)), first));
  const int end = b.relu("relu4", b.conv("conv4", sum, 8, square(3, 2, 1)));
  return b.exit("out", b.dense("fc", b.flatten("flat", b.average_pool("gap", end, square(4))), 4)).network();
}

std::vector<std::string> names(const std::vector<Position>& positions) {
  std::vector<std::string> result;
  for (const Position& p : positions) result.push_back(p.name);
  return result;
}

TEST(Positions, EndBehindActivationNormalizationAndPool) {
  const auto positions = positions_of(chain());
  // fc1 is followed by the classifier alone, so an exit after it would be the last one again.
  ASSERT_THAT(names(positions), ElementsAre("conv1", "conv2"));
  EXPECT_THAT(positions[0].layers, ElementsAre("conv1", "norm1", "relu1", "pool1"));
  EXPECT_EQ(positions[0].shape, (net::Shape{8, 8, 8}));
  EXPECT_EQ(positions[0].parameters, 8 * 28 + 16);
  EXPECT_EQ(positions[0].macs, 16 * 16 * 8 * 27);
  EXPECT_TRUE(positions[1].through);
}

TEST(Positions, OfAResidualBlockAreItsSumAndOnlyByNameItsInside) {
  const auto positions = positions_of(residual());
  ASSERT_THAT(names(positions), ElementsAre("conv1", "conv2", "add"));
  EXPECT_TRUE(positions[0].through);
  EXPECT_FALSE(positions[1].through);
  EXPECT_TRUE(positions[2].through);
}

TEST(Positions, AreFoundByAnyLayerThatEndsThereInTheBackbonesOrder) {
  EXPECT_THAT(names(positions_at(chain(), {"relu2", "norm1"})), ElementsAre("conv1", "conv2"));
  EXPECT_THAT(names(positions_at(residual(), {"conv2"})), ElementsAre("conv2"));
}

TEST(Positions, UnknownNamesListTheCandidates) {
  test::expect_error([&] { static_cast<void>(positions_at(chain(), {"conv9"})); },
                     {"--at 'conv9'", "'net' has no layer of this name", "candidates are conv1, conv2"});
  test::expect_error([&] { static_cast<void>(positions_at(chain(), {"fc2"})); },
                     {"no position for an exit at this layer", "conv1, conv2"});
  test::expect_error(
      [&] {
        static_cast<void>(positions_at(chain(), {"conv1", "pool1"}));
      },
      {"'conv1' and 'pool1' are the same place"});
}

TEST(Positions, AreSpreadOverTheWork) {
  NetBuilder b({4, 8, 8});
  int at = 0;
  for (int i = 1; i <= 9; ++i)
    at = b.relu("relu" + std::to_string(i), b.conv("conv" + std::to_string(i), at, 4));
  const net::Network network =
      b.exit("out", b.dense("fc", b.flatten("flat", b.average_pool("gap", at, square(8))), 3)).network();
  EXPECT_THAT(names(positions_spread(network, 1)), ElementsAre("conv5"));
  EXPECT_THAT(names(positions_spread(network, 2)), ElementsAre("conv3", "conv6"));
  EXPECT_EQ(positions_spread(network, 8).size(), 8U);
  test::expect_error([&] { static_cast<void>(positions_spread(network, 9)); }, {"--exits 9", "has 8 places"});
}

TEST(Positions, BranchesAreDroppedAndTheBackboneStays) {
  NetBuilder b({3, 8, 8});
  const int first = b.relu("relu1", b.conv("conv1", 0, 8, square(3, 1, 1)));
  const int branch = b.dense("side", b.flatten("side_flat", first), 4);
  const int end = b.dense("fc", b.flatten("flat", b.conv("conv2", first, 8)), 4);
  const net::Network network = b.exit("early", branch).exit("out", end).network();
  const net::Network backbone = without_exits(network);
  ASSERT_EQ(backbone.exits.size(), 1U);
  EXPECT_EQ(backbone.exits[0].name, "out");
  std::vector<std::string> kept;
  for (const net::Node& node : backbone.nodes) kept.push_back(node.name);
  EXPECT_THAT(kept, ElementsAre("input", "conv1", "relu1", "conv2", "flat", "fc"));
  EXPECT_EQ(backbone.nodes[3].layer, network.nodes[5].layer);
}

}  // namespace
}  // namespace offramp::attach

#include "quant/fold.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "float_networks.h"
#include "net/float_run.h"

namespace offramp::quant {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

std::vector<std::string> names(const net::Network& n) {
  std::vector<std::string> all;
  for (const net::Node& node : n.nodes) all.push_back(node.name);
  return all;
}

/// That folding leaves the function as it was and only the promised kinds of layers.
void expect_same_function(const net::Network& network) {
  const net::Network folded = fold(network);
  ASSERT_EQ(folded.exits.size(), network.exits.size());
  const net::Split images = random_split(network.nodes[0].shape, 4, 9);
  for (std::size_t i = 0; i < images.size(); ++i) {
    const auto before = net::run_float(network, images.image(i));
    const auto after = net::run_float(folded, images.image(i));
    for (std::size_t e = 0; e < network.exits.size(); ++e) {
      const auto& want = before[static_cast<std::size_t>(network.exits[e].logits)];
      const auto& got = after[static_cast<std::size_t>(folded.exits[e].logits)];
      ASSERT_EQ(got.size(), want.size());
      for (std::size_t k = 0; k < want.size(); ++k)
        ASSERT_NEAR(got[k], want[k], 1e-4 * (1 + std::abs(want[k])));
    }
  }
  std::vector<int> readers(folded.nodes.size(), 0);
  for (const net::Node& node : folded.nodes) {
    for (const int k : node.inputs) ++readers[static_cast<std::size_t>(k)];
  }
  for (const net::Exit& e : folded.exits) ++readers[static_cast<std::size_t>(e.logits)];
  for (const net::Node& node : folded.nodes) {
    const auto& l = node.layer;
    EXPECT_TRUE(std::holds_alternative<net::Input>(l) || std::holds_alternative<net::Conv>(l) ||
                std::holds_alternative<net::Add>(l) || std::holds_alternative<net::MaxPool>(l) ||
                std::holds_alternative<net::Relu>(l))
        << node.name;
    if (!std::holds_alternative<net::Relu>(l)) continue;
    const auto before = static_cast<std::size_t>(node.inputs[0]);
    EXPECT_EQ(readers[before], 1) << node.name;
    EXPECT_TRUE(std::holds_alternative<net::Conv>(folded.nodes[before].layer) ||
                std::holds_alternative<net::Add>(folded.nodes[before].layer));
  }
}

TEST(Fold, KeepsTheFunctionOfANetworkWithEveryLayer) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed)
    ASSERT_NO_FATAL_FAILURE(expect_same_function(everything_network(seed)));
}

TEST(Fold, PutsEachBranchDirectlyBehindTheLayerThatItTaps) {
  EXPECT_THAT(names(fold(everything_network())),
              ElementsAre("input", "conv1", "relu1", "pool1", "exit0_avg", "exit0_fc", "conv2", "relu2",
                          "conv3", "add", "relu3", "exit1_conv", "exit1_relu", "exit1_fc", "pool2", "bn3",
                          "fc1", "relu4", "fc2"));
}

TEST(Fold, MovesAReluInFrontOfTheMaxPoolsBeforeIt) {
  NetBuilder b({1, 8, 8});
  const int x = b.max_pool("p2", b.max_pool("p1", b.conv("c", 0, 3), square(2, 2)), square(2, 1));
  b.exit("end", b.dense("fc", b.flatten("f", b.relu("r", x)), 4));
  EXPECT_THAT(names(fold(b.network())), ElementsAre("input", "c", "r", "p1", "p2", "fc"));
  expect_same_function(b.network());
}

TEST(Fold, LeavesAPooledMapAloneThatSomethingElseReadsUnrectified) {
  NetBuilder b({1, 8, 8});
  const int pool = b.max_pool("p", b.conv("c", 0, 3), square(2, 2));
  const int sum = b.sum("a", b.relu("r", pool), pool);
  b.exit("end", b.dense("fc", b.flatten("f", sum), 4));
  const net::Network folded = fold(b.network());
  EXPECT_THAT(names(folded), ElementsAre("input", "c", "p", "r", "r_max", "a", "fc"));
  expect_same_function(b.network());
}

TEST(Fold, FoldsABatchNormOnlyWhereNothingElseReadsTheConvolution) {
  NetBuilder b({2, 6, 6});
  const int c = b.conv("c", 0, 3);
  const int sum = b.sum("a", b.batch_norm("bn", c), c);
  b.exit("end", b.dense("fc", b.flatten("f", sum), 4));
  EXPECT_THAT(names(fold(b.network())), ElementsAre("input", "c", "bn", "a", "fc"));
  expect_same_function(b.network());
}

TEST(Fold, TakesABatchNormBehindAFlattenIntoTheDenseLayersThatReadIt) {
  NetBuilder b({2, 6, 6});
  const int flat = b.flatten("f", b.relu("r", b.conv("c", 0, 3)));
  b.exit("end", b.dense("fc", b.batch_norm("bn", flat), 4));
  EXPECT_THAT(names(fold(b.network())), ElementsAre("input", "c", "r", "fc"));
  expect_same_function(b.network());
}

TEST(Fold, RefusesABatchNormBehindAFlattenThatSomethingElseReads) {
  NetBuilder b({2, 6, 6});
  const int flat = b.flatten("f", b.conv("c", 0, 3));
  b.exit("end", b.dense("fc", b.relu("r", b.batch_norm("bn", flat)), 4));
  EXPECT_THAT([&] { (void)fold(b.network()); },
              ThrowsMessage<Error>(
                  testing::AllOf(HasSubstr("'bn'"), HasSubstr("'r'"), HasSubstr("before the Flatten"))));
}

TEST(Fold, AveragesWithCountedPaddingAndRefusesUncounted) {
  NetBuilder counted({2, 6, 6});
  counted.exit("end", counted.dense("fc", counted.average_pool("avg", 0, square(3, 2, 1), true), 4));
  expect_same_function(counted.network());
  NetBuilder uncounted({2, 6, 6});
  uncounted.exit("end", uncounted.dense("fc", uncounted.average_pool("avg", 0, square(3, 2, 1), false), 4));
  EXPECT_THAT([&] { (void)fold(uncounted.network()); },
              ThrowsMessage<Error>(testing::AllOf(HasSubstr("'avg'"), HasSubstr("count_include_pad=1"))));
}

TEST(Fold, MergesReluAfterReluAndDropsWhatChangesNothing) {
  NetBuilder b({1, 4, 4});
  int x = b.relu("r0", 0);  // pixels are never negative
  x = b.relu("r3", b.relu("r2", b.relu("r1", b.conv("c", x, 3)), 6.0F));
  b.exit("end", b.dense("fc", b.flatten("f", x), 4));
  const net::Network folded = fold(b.network());
  EXPECT_THAT(names(folded), ElementsAre("input", "c", "r1", "fc"));
  EXPECT_EQ(std::get<net::Relu>(folded.nodes[2].layer).limit, 6.0F);
  expect_same_function(b.network());
}

TEST(Fold, GivesAnExitAConvolutionOfItsOwnWhereItsLogitsAreUsedElsewhere) {
  NetBuilder b({1, 4, 4});
  const int shared = b.dense("fc0", 0, 4);
  b.exit("early", shared);
  b.exit("end", b.dense("fc1", b.relu("r", shared), 4));
  EXPECT_THAT(names(fold(b.network())), ElementsAre("input", "fc0", "early_logits", "r", "r_max", "fc1"));
  expect_same_function(b.network());
}

TEST(Fold, DropsNodesThatNoExitNeeds) {
  NetBuilder b({1, 4, 4});
  (void)b.conv("dead", 0, 7);
  b.exit("end", b.dense("fc", 0, 4));
  EXPECT_THAT(names(fold(b.network())), ElementsAre("input", "fc"));
}

TEST(Fold, RefusesExitsOutOfOrderAndExitsThatEndInAMap) {
  NetBuilder b({1, 6, 6});
  const int c1 = b.conv("c1", 0, 3, square(3));
  const int c2 = b.conv("c2", c1, 3, square(3));
  const int a = b.dense("fa", c1, 4);
  const int z = b.dense("fz", c2, 4);
  const int end = b.dense("fe", b.conv("c3", c2, 2), 4);
  b.exit("z", z).exit("a", a).exit("end", end);
  EXPECT_THAT([&] { (void)fold(b.network()); },
              ThrowsMessage<Error>(testing::AllOf(HasSubstr("exit 'a'"), HasSubstr("exit 'z'"))));
  NetBuilder map({1, 6, 6});
  map.exit("end", map.conv("c", 0, 3));
  EXPECT_THAT([&] { (void)fold(map.network()); }, ThrowsMessage<Error>(HasSubstr("3x6x6 map")));
}

}  // namespace
}  // namespace offramp::quant

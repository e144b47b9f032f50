#include "attach/features.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <numeric>

#include "net/float_run.h"
#include "quant/float_networks.h"

namespace offramp::attach {
namespace {

using quant::NetBuilder;
using quant::square;

net::Network backbone() {
  NetBuilder b({3, 14, 14});
  int at = b.relu("relu1", b.conv("conv1", 0, 6, square(3, 1, 1)));
  at = b.relu("relu2", b.conv("conv2", at, 5, square(3, 2, 1)));
  return b.exit("out", b.dense("fc", b.flatten("flat", at), 4)).network();
}

TEST(Features, ArePooledAsTheBranchsPoolWouldPool) {
  const net::Network network = backbone();
  const net::Split images = quant::random_split(network.nodes[0].shape, 40, 5);
  const std::vector<std::size_t> order{3, 1, 39, 20, 7};
  std::vector<FeatureRequest> requests;
  for (const int node : {2, 4}) {
    for (const auto pool : {Structure::Pool::average, Structure::Pool::maximum}) {
      for (const int grid : {1, 2, 4, 5, 32}) requests.push_back({.node = node, .pool = pool, .grid = grid});
    }
  }
  const auto features = extract_features(network, images, order, requests, 2, {});
  for (std::size_t r = 0; r < requests.size(); ++r) {
    const auto node = static_cast<std::size_t>(requests[r].node);
    const net::Shape map = network.nodes[node].shape;
    const Structure s{.pool = requests[r].pool, .grid = requests[r].grid};
    // The same pool as a layer of a network whose reference execution says what is right.
    net::Network pooled = network;
    pooled.nodes.resize(node + 1);
    if (const auto window = pool_window(s, map)) {
      net::Layer layer = net::AveragePool{.window = *window};
      if (s.pool == Structure::Pool::maximum) layer = net::MaxPool{.window = *window};
      pooled.nodes.push_back({.name = "pool",
                              .layer = layer,
                              .inputs = {static_cast<int>(node)},
                              .shape = branch_shapes(s, map).pooled});
    }
    ASSERT_EQ(features[r].rows(), order.size());
    std::vector<float> row(features[r].columns());
    for (std::size_t i = 0; i < order.size(); ++i) {
      const std::vector<float> want = net::run_float(pooled, images.image(order[i])).back();
      ASSERT_EQ(want.size(), row.size());
      features[r].get(i, 1, row.data());
      for (std::size_t k = 0; k < row.size(); ++k) {
        ASSERT_NEAR(row[k], want[k], 1e-5 + std::abs(want[k]) / 250) << "request " << r << " feature " << k;
      }
    }
  }
}

TEST(Features, AreRoundedToTheNearestOfEightBits) {
  FeatureMatrix matrix(2, 3);
  const std::vector<float> values{1.0F, 1.0F + 3.0F / 512, -2.0F + 1.0F / 100};
  matrix.set(1, values.data());
  std::vector<float> back(3);
  matrix.get(1, 1, back.data());
  EXPECT_EQ(back[0], 1.0F);
  EXPECT_EQ(back[1], 1.0F + 1.0F / 128);  // half way; the even one
  EXPECT_NEAR(back[2], values[2], 1.0 / 256);
  matrix.get(0, 1, back.data());
  EXPECT_EQ(back, std::vector<float>(3, 0.0F));
  EXPECT_EQ(matrix.bytes(), 12U);
}

TEST(Features, DoNotDependOnThreadsOrCompany) {
  const net::Network network = backbone();
  const net::Split images = quant::random_split(network.nodes[0].shape, 100, 5);
  std::vector<std::size_t> order(100);
  std::iota(order.begin(), order.end(), 0);
  const FeatureRequest first{.node = 2, .grid = 2};
  const FeatureRequest second{.node = 4, .grid = 4};
  const auto all = extract_features(network, images, order, {first, second}, 3, {});
  const auto alone = extract_features(network, images, order, {first}, 1, {});
  std::vector<float> a(all[0].columns() * 100), b(a.size());
  all[0].get(0, 100, a.data());
  alone[0].get(0, 100, b.data());
  EXPECT_EQ(a, b);
}

TEST(Features, ProgressCountsEveryImage) {
  const net::Network network = backbone();
  const net::Split images = quant::random_split(network.nodes[0].shape, 50, 5);
  std::vector<std::size_t> order(50);
  std::iota(order.begin(), order.end(), 0);
  std::size_t last = 0;
  static_cast<void>(
      extract_features(network, images, order, {{.node = 2}}, 2, [&](std::size_t done, std::size_t all) {
        EXPECT_GT(done, last);
        EXPECT_EQ(all, 50U);
        last = done;
      }));
  EXPECT_EQ(last, 50U);
}

}  // namespace
}  // namespace offramp::attach

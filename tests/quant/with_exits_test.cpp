#include "quant/with_exits.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "golden/golden.h"
#include "quant/random_network.h"

namespace offramp::quant {
namespace {

QNetwork network_with(std::size_t exits, std::uint64_t from) {
  for (std::uint64_t seed = from;; ++seed) {
    QNetwork network = random_network(seed);
    if (network.exits.size() == exits) return network;
  }
}

TEST(WithExits, LeavesEveryTensorAndDecisionOfWhatIsKeptAsItWas) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const QNetwork network = network_with(3, 100 * seed);
    for (const std::vector<int>& keep : {std::vector<int>{}, {0}, {1}, {0, 1}}) {
      const QNetwork part = with_exits(network, keep);
      ASSERT_EQ(part.exits.size(), keep.size() + 1);
      const auto pixels = random_image(network, seed);
      const golden::Trace whole = golden::run_simple(network, pixels);
      const golden::Trace less = golden::run_simple(part, pixels);
      for (std::size_t i = 0; i < keep.size(); ++i) {
        EXPECT_EQ(less.decisions[i].sum_exp, whole.decisions[static_cast<std::size_t>(keep[i])].sum_exp);
        EXPECT_EQ(less.decisions[i].activity, whole.decisions[static_cast<std::size_t>(keep[i])].activity);
        EXPECT_EQ(part.exits[i].name, network.exits[static_cast<std::size_t>(keep[i])].name);
      }
      EXPECT_EQ(less.decisions.back().top_class, whole.decisions.back().top_class);
      EXPECT_EQ(less.decisions.back().sum_exp, whole.decisions.back().sum_exp);
      for (std::size_t t = 0; t < part.tensors.size(); ++t) {
        bool found = false;
        for (std::size_t u = 0; u < network.tensors.size(); ++u)
          found = found || (network.tensors[u] == part.tensors[t] && whole.tensors[u] == less.tensors[t]);
        EXPECT_TRUE(found) << part.tensors[t].name;
      }
    }
    EXPECT_EQ(with_exits(network, {0, 1}).layers.size(), network.layers.size());
    EXPECT_LT(with_exits(network, {1}).layers.size(), network.layers.size());
  }
}

TEST(WithExits, RefusesWhatIsNoEarlyExit) {
  const QNetwork network = network_with(3, 1);
  EXPECT_THROW((void)with_exits(network, {2}), std::logic_error);
  EXPECT_THROW((void)with_exits(network, {-1}), std::logic_error);
  EXPECT_THROW((void)with_exits(network, {1, 0}), std::logic_error);
}

}  // namespace
}  // namespace offramp::quant

#include "quant/random_network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "golden/golden.h"
#include "quant/check_network.h"
#include "quant/qnetwork_json.h"

namespace offramp::quant {
namespace {

TEST(RandomNetwork, IsTheSameForTheSameSeedAndAnotherForAnother) {
  EXPECT_EQ(to_json(random_network(7)), to_json(random_network(7)));
  EXPECT_NE(to_json(random_network(7)), to_json(random_network(8)));
  EXPECT_EQ(random_image(random_network(7), 3), random_image(random_network(7), 3));
}

TEST(RandomNetwork, CoversEveryKindOfLayerAndNumberFormat) {
  std::set<std::string> kinds;
  std::set<int> exits;
  std::set<int> weight_bits;
  std::set<std::pair<int, bool>> formats;
  for (std::uint64_t seed = 0; seed < 600; ++seed) {
    const QNetwork net = random_network(seed);
    exits.insert(static_cast<int>(net.exits.size()));
    for (const QTensor& t : net.tensors) formats.insert({t.bits, t.is_signed});
    for (const QLayer& l : net.layers) {
      if (const auto* conv = std::get_if<QConv>(&l.op)) {
        const net::Window& w = conv->window;
        const int channels = net.tensors[static_cast<std::size_t>(l.inputs[0])].shape.channels;
        weight_bits.insert(conv->weight_bits);
        kinds.insert(conv->groups == 1 ? "conv" : conv->groups == channels ? "depthwise" : "grouped");
        if (w.stride_h > 1 || w.stride_w > 1) kinds.insert("strided");
        if (w.pad_top != w.pad_bottom) kinds.insert("lopsided padding");
        if (w.kernel_h != w.kernel_w) kinds.insert("oblong");
      } else if (const auto* pool = std::get_if<QMaxPool>(&l.op)) {
        const net::Window& w = pool->window;
        kinds.insert(w.kernel_h > w.stride_h ? "overlapping pool" : "pool");
        if (w.pad_top + w.pad_left > 0) kinds.insert("padded pool");
      } else {
        kinds.insert(std::get<QAdd>(l.op).weight_b == 1 ? "plain add" : "weighted add");
      }
    }
  }
  EXPECT_EQ(kinds,
            (std::set<std::string>{"conv", "depthwise", "grouped", "strided", "lopsided padding", "oblong",
                                   "overlapping pool", "pool", "padded pool", "plain add", "weighted add"}));
  EXPECT_EQ(exits, (std::set<int>{1, 2, 3}));
  EXPECT_EQ(weight_bits.size(), 15U);
  EXPECT_GE(formats.size(), 28U);
}

TEST(RandomNetwork, HasWeightsOfSymmetricRanges) {
  std::set<int> at_both_ends;  // by bits
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    for (const QLayer& l : random_network(seed).layers) {
      const auto* conv = std::get_if<QConv>(&l.op);
      if (conv == nullptr) continue;
      const auto top = static_cast<std::int32_t>(fixed::range_of(conv->weight_bits, true).hi);
      const auto [lo, hi] = std::minmax_element(conv->weights.begin(), conv->weights.end());
      EXPECT_GE(*lo, -top) << l.name << " of seed " << seed;
      EXPECT_LE(*hi, top);
      if (*lo == -top && *hi == top) at_both_ends.insert(conv->weight_bits);
    }
  }
  EXPECT_TRUE(at_both_ends.contains(2));
  EXPECT_TRUE(at_both_ends.contains(8));
}

TEST(RandomNetwork, KeepsValuesAliveToTheLogits) {
  int layers = 0;
  int constant = 0;
  int dead_logits = 0;
  int taken[3] = {};
  constexpr int kNetworks = 400;
  for (std::uint64_t seed = 0; seed < kNetworks; ++seed) {
    const QNetwork net = random_network(seed);
    const auto a = golden::run_simple(net, random_image(net, 1));
    const auto b = golden::run_simple(net, random_image(net, 2));
    for (const QLayer& l : net.layers) {
      ++layers;
      const auto t = static_cast<std::size_t>(l.output);
      constant += a.tensors[t] == b.tensors[t];
    }
    const auto last = static_cast<std::size_t>(net.exits.back().logits);
    dead_logits += a.tensors[last] == b.tensors[last];
    ++taken[a.exit];
  }
  // Two images that no layer tells apart are a test that cannot fail.
  EXPECT_LT(constant, layers / 15);
  EXPECT_LT(dead_logits, kNetworks / 8);
  EXPECT_GT(taken[0], 20);
  EXPECT_GT(taken[1], 20);
  EXPECT_GT(taken[2], 3);
}

TEST(RandomNetwork, StaysWithinItsOptions) {
  const RandomNetworkOptions options{.max_map = 5,
                                     .max_channels = 3,
                                     .max_layers = 2,
                                     .max_early_exits = 0,
                                     .max_classes = 3,
                                     .adds = false,
                                     .groups = false,
                                     .max_pools = false,
                                     .min_weight_bits = 8,
                                     .max_weight_bits = 8,
                                     .min_activation_bits = 4,
                                     .max_activation_bits = 8};
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const QNetwork net = random_network(seed, options);
    EXPECT_EQ(net.exits.size(), 1U);
    EXPECT_LE(net.classes(), 3);
    EXPECT_LE(net.layers.size(), 3U);
    for (const QLayer& l : net.layers) {
      const auto* conv = std::get_if<QConv>(&l.op);
      ASSERT_NE(conv, nullptr);
      EXPECT_EQ(conv->groups, 1);
      EXPECT_EQ(conv->weight_bits, 8);
    }
    EXPECT_LE(net.tensors[0].shape.height, 5);
    for (std::size_t t = 1; t + 1 < net.tensors.size(); ++t) {
      EXPECT_LE(net.tensors[t].shape.channels, 3);
      EXPECT_GE(net.tensors[t].bits, 4);
      EXPECT_LE(net.tensors[t].bits, 8);
    }
  }
}

}  // namespace
}  // namespace offramp::quant

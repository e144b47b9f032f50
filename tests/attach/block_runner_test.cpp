#include "attach/block_runner.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <thread>

#include "net/float_run.h"
#include "net/shapes.h"
#include "quant/float_networks.h"

namespace offramp::attach {
namespace {

using quant::NetBuilder;
using quant::square;

/// Every kind of layer, each in the company that decides how it is run.
net::Network all_layers() {
  NetBuilder b({3, 13, 11});
  int at = b.relu("relu1", b.conv("conv1", 0, 20, square(3, 2, 1)));
  at = b.batch_norm("norm1", b.conv("conv2", at, 20, square(3, 1, 1), 20));
  at = b.relu("relu2", at, 0.75F);
  const int left = b.conv("conv3", at, 24, {3, 1, 2, 1, 1, 0, 0, 0}, 4);
  const int right = b.relu("relu3", b.max_pool("max", b.conv("conv4", at, 24), {3, 1, 2, 1, 1, 0, 0, 0}));
  at = b.sum("sum", left, right);
  at = b.average_pool("mean", at, square(2, 1, 1), true);
  at = b.average_pool("mean2", at, square(3, 2, 1), false);
  at = b.batch_norm("norm2", b.flatten("flat", at));
  at = b.relu("relu4", b.dense("fc1", at, 17), 1.5F);
  return b.exit("out", b.dense("fc2", at, 5)).network();
}

TEST(BlockRunner, GivesWhatTheFloatReferenceGives) {
  const net::Network network = all_layers();
  const net::Split images = quant::random_split(network.nodes[0].shape, 7, 3);
  std::vector<int> all;
  for (std::size_t i = 1; i < network.nodes.size(); ++i) all.push_back(static_cast<int>(i));
  // All nodes alone and together: what is fused depends on who reads what.
  std::vector<std::vector<int>> sets{all, {all.back()}};
  for (const int node : all) sets.push_back({node});
  for (const std::vector<int>& wanted : sets) {
    const BlockRunner runner(network, wanted, 4);
    BlockRunner::Worker worker(runner);
    for (const auto& [first, last] : {std::pair{0, 4}, {4, 7}}) {
      std::vector<const std::uint8_t*> pixels;
      for (int i = first; i < last; ++i) pixels.push_back(images.image(static_cast<std::size_t>(i)));
      worker.run(pixels);
      for (std::size_t i = 0; i < pixels.size(); ++i) {
        const net::FloatOutputs expected = net::run_float(network, pixels[i]);
        for (std::size_t k = 0; k < wanted.size(); ++k) {
          const auto& want = expected[static_cast<std::size_t>(wanted[k])];
          for (std::size_t e = 0; e < want.size(); ++e) {
            ASSERT_NEAR(worker.output(k, i)[e], want[e], 1e-4 * (1 + std::abs(want[e])))
                << network.nodes[static_cast<std::size_t>(wanted[k])].name << " element " << e;
          }
        }
      }
    }
  }
}

TEST(BlockRunner, ThreadsGiveTheSameBits) {
  const net::Network network = all_layers();
  const net::Split images = quant::random_split(network.nodes[0].shape, 4, 3);
  const int last = network.exits[0].logits;
  const BlockRunner runner(network, {last}, 4);
  std::vector<std::vector<float>> results(4);
  std::vector<std::thread> threads;
  for (auto& result : results) {
    threads.emplace_back([&] {
      BlockRunner::Worker worker(runner);
      worker.run({images.image(0), images.image(1), images.image(2), images.image(3)});
      result.assign(worker.output(0, 0), worker.output(0, 0) + 20);
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& result : results) EXPECT_EQ(result, results[0]);
}

TEST(BlockRunner, ComputesOnlyWhatIsWanted) {
  const net::Network network = all_layers();
  const BlockRunner runner(network, {1}, 2);
  EXPECT_EQ(runner.macs(), net::macs(network, network.nodes[1]));
  EXPECT_EQ(runner.block(), 2U);
}

}  // namespace
}  // namespace offramp::attach

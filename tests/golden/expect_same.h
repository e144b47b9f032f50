#pragma once
// The fast golden reference beside the plain one.
#include <gtest/gtest.h>

#include <vector>

#include "golden/golden.h"
#include "quant/random_network.h"

namespace offramp::golden {

/// Every tensor and decision of several images, in every way that the fast reference can go.
inline void expect_same(const quant::QNetwork& net, std::uint64_t seed, std::size_t images = 3) {
  std::vector<std::uint8_t> pixels;
  std::vector<Trace> simple;
  for (std::size_t i = 0; i < images; ++i) {
    const auto image =
        i == 1 ? std::vector<std::uint8_t>(static_cast<std::size_t>(net.tensors[0].shape.elements()), 255)
               : quant::random_image(net, seed + i);
    pixels.insert(pixels.end(), image.begin(), image.end());
    simple.push_back(run_simple(net, image));
  }
  for (const auto way : {FastGolden::Way::planes, FastGolden::Way::bytes}) {
    if (way == FastGolden::Way::bytes && !FastGolden::runs_on_bytes(net)) continue;
    const FastGolden fast(net, way);
    const auto traces = fast.run(pixels.data(), images);
    const auto decided = fast.decide(pixels.data(), images);
    ASSERT_EQ(traces.size(), images);
    for (std::size_t i = 0; i < images; ++i) {
      for (std::size_t t = 0; t < net.tensors.size(); ++t) {
        ASSERT_EQ(traces[i].tensors[t], simple[i].tensors[t])
            << net.name << " seed " << seed << " tensor " << net.tensors[t].name
            << (way == FastGolden::Way::bytes ? " on bytes" : " on planes");
      }
      for (const auto& got : {traces[i], decided[i]}) {
        ASSERT_EQ(got.decisions, simple[i].decisions) << net.name;
        ASSERT_EQ(got.exit, simple[i].exit);
        ASSERT_EQ(got.predicted, simple[i].predicted);
      }
      ASSERT_TRUE(decided[i].tensors.empty());
    }
  }
}

}  // namespace offramp::golden

#include "net/float_run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "base/expect_error.h"
#include "net/models.h"
#include "net/shapes.h"

namespace offramp::net {
namespace {

using test::ModelBuilder;

std::vector<std::uint8_t> pixels(std::size_t count) {
  std::vector<std::uint8_t> result(count);
  for (std::size_t i = 0; i < count; ++i) result[i] = static_cast<std::uint8_t>(i * 151 + i / 7);
  return result;
}

/// A layer's output straight from its definition, in double.
std::vector<double> by_definition(const Network& network, const Node& node, const FloatOutputs& outputs) {
  const Node& source = network.nodes[static_cast<std::size_t>(node.inputs[0])];
  const std::vector<float>& in = outputs[static_cast<std::size_t>(node.inputs[0])];
  const Shape is = source.shape;
  const auto at = [&](int c, int y, int x) -> double {
    return in[static_cast<std::size_t>((c * is.height + y) * is.width + x)];
  };
  std::vector<double> result;
  for (int n = 0; n < node.shape.channels; ++n) {
    for (int y = 0; y < node.shape.height; ++y) {
      for (int x = 0; x < node.shape.width; ++x) {
        if (const auto* dense = std::get_if<Dense>(&node.layer)) {
          double sum = dense->bias[static_cast<std::size_t>(n)];
          for (std::size_t k = 0; k < in.size(); ++k)
            sum += double{dense->weights[static_cast<std::size_t>(n) * in.size() + k]} * in[k];
          result.push_back(sum);
          continue;
        }
        const auto* conv = std::get_if<Conv>(&node.layer);
        const auto* max = std::get_if<MaxPool>(&node.layer);
        const auto* mean = std::get_if<AveragePool>(&node.layer);
        const Window& w = conv != nullptr ? conv->window : max != nullptr ? max->window : mean->window;
        const int per_group = conv != nullptr ? is.channels / conv->groups : 1;
        const int first = conv != nullptr ? n / (conv->out_channels / conv->groups) * per_group : n;
        double sum = conv != nullptr ? conv->bias[static_cast<std::size_t>(n)] : 0;
        double most = -std::numeric_limits<double>::infinity();
        int count = 0;
        for (int c = 0; c < per_group; ++c) {
          for (int ky = 0; ky < w.kernel_h; ++ky) {
            for (int kx = 0; kx < w.kernel_w; ++kx) {
              const int iy = y * w.stride_h - w.pad_top + ky;
              const int ix = x * w.stride_w - w.pad_left + kx;
              const bool inside = iy >= 0 && iy < is.height && ix >= 0 && ix < is.width;
              if (mean != nullptr && mean->count_include_pad) ++count;
              if (!inside) continue;
              const double value = at(first + c, iy, ix);
              most = std::max(most, value);
              if (mean != nullptr && !mean->count_include_pad) ++count;
              sum += conv != nullptr ? value * conv->weights[static_cast<std::size_t>(
                                                   ((n * per_group + c) * w.kernel_h + ky) * w.kernel_w + kx)]
                                     : value;
            }
          }
        }
        result.push_back(max != nullptr ? most : mean != nullptr ? sum / count : sum);
      }
    }
  }
  return result;
}

/// Compares node `name` with its definition.
void expect_definition(const Network& network, const std::string& name) {
  SCOPED_TRACE(name);
  const FloatOutputs outputs =
      run_float(network, pixels(static_cast<std::size_t>(network.nodes[0].shape.elements())).data());
  for (std::size_t i = 0; i < network.nodes.size(); ++i) {
    if (network.nodes[i].name != name) continue;
    const std::vector<double> expected = by_definition(network, network.nodes[i], outputs);
    ASSERT_EQ(outputs[i].size(), expected.size());
    for (std::size_t k = 0; k < expected.size(); ++k) ASSERT_NEAR(outputs[i][k], expected[k], 1e-4) << k;
    return;
  }
  FAIL() << "no such node";
}

TEST(FloatRun, ConvolutionsAgreeWithTheirDefinition) {
  // Kernel, stride, padding and output channels vary; the blocks of four outputs and of 256 positions have
  // rests.
  for (const std::int64_t outputs : {2, 4, 6}) {
    for (const std::int64_t stride : {1, 2, 3}) {
      for (const Window& w :
           {Window{3, 3, 1, 1, 0, 0, 0, 0}, Window{3, 5, 1, 1, 2, 1, 0, 4}, Window{1, 2, 1, 1, 0, 3, 3, 2}}) {
        ModelBuilder b({1, 2, 19, 17});
        b.tensor("w", {outputs, 1, w.kernel_h, w.kernel_w},
                 test::values(static_cast<std::size_t>(outputs * w.kernel_h * w.kernel_w), 8));
        b.tensor("b", {outputs}, test::values(static_cast<std::size_t>(outputs), 9));
        b.node("Conv", "conv", {"w", "b"},
               {{"group", 2},
                {"strides", {stride, stride}},
                {"pads", {w.pad_top, w.pad_left, w.pad_bottom, w.pad_right}}});
        b.node("GlobalAveragePool", "mean");
        const Network network = b.finish(outputs);
        expect_definition(network, "conv");
        expect_definition(network, "mean");
        expect_definition(network, "fc");
      }
    }
  }
}

TEST(FloatRun, PoolingAgreesWithItsDefinition) {
  for (const char* op : {"MaxPool", "AveragePool"}) {
    for (const int count : {0, 1}) {
      ModelBuilder b({1, 3, 9, 7});
      b.conv("conv", 3, 3, 1);
      std::vector<OnnxAttribute> attributes = {
          {"kernel_shape", {3, 2}}, {"strides", {2, 1}}, {"pads", {2, 1, 1, 1}}};
      if (count == 1 && op[0] == 'A') attributes.emplace_back("count_include_pad", 1);
      const Network network = b.node(op, "pool", {}, attributes).finish(3 * 5 * 8);
      expect_definition(network, "pool");
    }
  }
}

TEST(FloatRun, PixelsAreReadRowColumnChannelAndScaled) {
  ModelBuilder b({1, 2, 2, 2});
  b.conv("conv", 2, 2, 1).classifier("fc", 8).output();
  Network network = b.import();
  network.input_scale = 2;
  const std::uint8_t image[] = {0, 10, 20, 30, 40, 50, 60, 255};
  EXPECT_EQ(run_float(network, image)[0], (std::vector<float>{0, 10, 20, 30, 5, 15, 25, 127.5F}));
}

TEST(FloatRun, ElementwiseLayersAgreeWithTheirDefinition) {
  ModelBuilder b({1, 2, 2, 1});
  b.tensor("c", {2, 1, 1}, std::vector<float>{-3, 2});
  b.node("Relu", "start").node("Mul", "scale", {"c"}).node("Relu", "relu");
  b.from("scale_out")
      .node("Clip", "clip", {}, {{"min", 0.0F}, {"max", 1.0F}})
      .node("Add", "sum", {"scale_out"});
  const Network network = b.finish(4);
  const std::uint8_t image[] = {51, 0, 255, 255};
  const FloatOutputs out = run_float(network, image);
  const auto of = [&](const std::string& name) {
    for (std::size_t i = 0; i < network.nodes.size(); ++i) {
      if (network.nodes[i].name == name) return out[i];
    }
    return std::vector<float>();
  };
  const float fifth = static_cast<float>(51 / 255.0);
  EXPECT_EQ(of("scale"), (std::vector<float>{fifth * -3, -3, 0, 2}));
  EXPECT_EQ(of("clip"), (std::vector<float>{0, 0, 0, 1}));
  EXPECT_EQ(of("sum"), (std::vector<float>{fifth * -3, -3, 0, 3}));
  EXPECT_EQ(of("fc_flatten"), of("sum"));
}

TEST(FloatRun, ABatchGivesWhatSingleImagesGive) {
  const Network network = test::two_exits().import();
  const auto images = pixels(5 * 128);
  std::size_t next = 0;
  run_float_batch(network, images.data(), 5, [&](std::size_t i, const FloatOutputs& outputs) {
    EXPECT_EQ(i, next++);
    EXPECT_EQ(outputs, run_float(network, images.data() + i * 128));
  });
  EXPECT_EQ(next, 5U);
}

TEST(FloatRun, RefusesANetworkThatDoesNotHoldTogether) {
  Network network = test::two_exits().import();
  network.nodes[1].shape.height = 5;
  test::expect_error([&] { return run_float(network, pixels(128).data()); },
                     {"layer 'conv1' (Conv)", "shape"});
  network = test::two_exits().import();
  network.nodes[1].inputs[0] = 2;
  test::expect_error([&] { return run_float(network, pixels(128).data()); }, {"'conv1'", "not before it"});
}

}  // namespace
}  // namespace offramp::net

#include "quant/qdq_export.h"

#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <set>

#include "float_networks.h"
#include "quant/quantize.h"

namespace offramp::quant {
namespace {

struct Parsed {
  onnx::ModelProto model;
  std::map<std::string, const onnx::TensorProto*> tensors;
  std::multiset<std::string> ops;

  explicit Parsed(const std::string& bytes) {
    EXPECT_TRUE(model.ParseFromString(bytes));
    std::set<std::string> known;
    for (const auto& in : model.graph().input()) known.insert(in.name());
    for (const auto& t : model.graph().initializer()) {
      tensors[t.name()] = &t;
      EXPECT_TRUE(known.insert(t.name()).second) << t.name() << " is there twice";
    }
    for (const auto& n : model.graph().node()) {
      ops.insert(n.op_type());
      for (const auto& in : n.input())
        EXPECT_TRUE(known.count(in)) << n.name() << " reads " << in << ", which nothing before makes";
      for (const auto& out : n.output()) EXPECT_TRUE(known.insert(out).second) << out << " is made twice";
    }
    for (const auto& out : model.graph().output()) EXPECT_TRUE(known.count(out.name())) << out.name();
  }
  std::string metadata(const std::string& key) const {
    for (const auto& p : model.metadata_props()) {
      if (p.key() == key) return p.value();
    }
    return "(none)";
  }
};

TEST(QdqExport, IsAConnectedGraphWithOneOutputAnExit) {
  const QNetwork q = quantize(everything_network(), nullptr, {});
  const Parsed p(export_qdq(q));
  EXPECT_EQ(p.model.opset_import(0).version(), 13);
  ASSERT_EQ(p.model.graph().input_size(), 1);
  ASSERT_EQ(p.model.graph().output_size(), 3);
  EXPECT_EQ(p.model.graph().output(0).name(), "exit0");
  EXPECT_EQ(p.model.graph().output(2).name(), "final");
  int convs = 0;
  int activations = 1;  // the input
  for (const QLayer& l : q.layers) {
    const bool conv = std::holds_alternative<QConv>(l.op);
    convs += conv;
    const bool logits =
        std::any_of(q.exits.begin(), q.exits.end(), [&](const QExit& e) { return e.logits == l.output; });
    activations += !logits && !std::holds_alternative<QMaxPool>(l.op);
  }
  EXPECT_EQ(p.ops.count("Conv"), static_cast<std::size_t>(convs));
  EXPECT_EQ(p.ops.count("QuantizeLinear"), static_cast<std::size_t>(activations));
  EXPECT_EQ(p.ops.count("DequantizeLinear"),
            static_cast<std::size_t>(activations + convs));  // and each weight
  EXPECT_EQ(p.metadata("offramp.level.exit0"), "max 0.9");
  EXPECT_EQ(p.metadata("offramp.float_weights"), "(none)");
}

TEST(QdqExport, HoldsTheNetworksOwnWeightsScalesAndRanges) {
  const QNetwork q =
      quantize(everything_network(), nullptr, {.bits = {8, 8}, .layer_bits = {{"conv2", {8, 5}}}});
  const Parsed p(export_qdq(q));
  for (const QLayer& l : q.layers) {
    const auto* conv = std::get_if<QConv>(&l.op);
    if (conv == nullptr) continue;
    const onnx::TensorProto& weights = *p.tensors.at(l.name + "_weights_int");
    ASSERT_EQ(weights.data_type(), onnx::TensorProto::INT8);
    ASSERT_EQ(weights.raw_data().size(), conv->weights.size());
    for (std::size_t i = 0; i < conv->weights.size(); ++i)
      EXPECT_EQ(static_cast<std::int8_t>(weights.raw_data()[i]), conv->weights[i]);
    // One step of the accumulator is weight scale times input scale, and requantization makes it output
    // steps.
    const auto scale = [&](std::size_t n) {
      float v = 0;
      std::memcpy(&v, p.tensors.at(l.name + "_weights_scale")->raw_data().data() + n * sizeof v, sizeof v);
      return v;
    };
    const double in = q.tensors[static_cast<std::size_t>(l.inputs[0])].scale;
    const double out = q.tensors[static_cast<std::size_t>(l.output)].scale;
    for (std::size_t n = 0; n < conv->bias.size(); ++n) {
      const double ratio = std::ldexp(static_cast<double>(l.requant[n].multiplier), -l.requant[n].shift);
      EXPECT_NEAR(scale(n) * in / out, ratio, 1e-6 * ratio);
    }
  }
  float high = 0;
  std::memcpy(&high, p.tensors.at("conv2_hi")->raw_data().data(), sizeof high);
  const QTensor& narrow =
      *std::find_if(q.tensors.begin(), q.tensors.end(), [](const QTensor& t) { return t.name == "conv2"; });
  EXPECT_NEAR(high, std::min(31.0, std::round(6 / narrow.scale)) * narrow.scale, 1e-5);
  EXPECT_EQ(p.tensors.at("conv2_zero")->data_type(), onnx::TensorProto::UINT8);
  EXPECT_EQ(p.tensors.at("conv3_zero")->data_type(), onnx::TensorProto::INT8);
}

TEST(QdqExport, WritesWideWeightsAndActivationsInFloatAndSaysSo) {
  const QNetwork q = quantize(everything_network(), nullptr,
                              {.bits = {8, 8}, .layer_bits = {{"conv2", {12, 8}}, {"fc1", {8, 10}}}});
  const Parsed p(export_qdq(q));
  EXPECT_EQ(p.tensors.at("conv2_weights")->data_type(), onnx::TensorProto::FLOAT);
  EXPECT_EQ(p.metadata("offramp.float_weights"), "conv2");
  EXPECT_NE(p.metadata("offramp.wide_activations"), "(none)");
  EXPECT_EQ(p.ops.count("Round"), 1U);
  EXPECT_EQ(p.tensors.count("fc1_zero"), 0U);
}

TEST(QdqExport, GivesTheSameBytesEveryTime) {
  const QNetwork q = quantize(everything_network(), nullptr, {});
  EXPECT_EQ(export_qdq(q), export_qdq(q));
}

}  // namespace
}  // namespace offramp::quant

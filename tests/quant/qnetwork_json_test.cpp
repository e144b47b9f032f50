#include "quant/qnetwork_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "float_networks.h"
#include "quant/quantize.h"
#include "quant/random_network.h"

namespace offramp::quant {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

void expect_equal(const QNetwork& a, const QNetwork& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.calibration, b.calibration);
  EXPECT_EQ(a.tensors, b.tensors);
  ASSERT_EQ(a.layers.size(), b.layers.size());
  for (std::size_t i = 0; i < a.layers.size(); ++i) {
    const QLayer& x = a.layers[i];
    const QLayer& y = b.layers[i];
    EXPECT_EQ(x.name, y.name);
    EXPECT_EQ(x.inputs, y.inputs);
    EXPECT_EQ(x.output, y.output);
    EXPECT_EQ(x.requant, y.requant);
    EXPECT_EQ(x.clamp, y.clamp);
    EXPECT_EQ(x.acc_bits, y.acc_bits);
    ASSERT_EQ(x.op.index(), y.op.index());
    if (const auto* conv = std::get_if<QConv>(&x.op)) {
      const auto& other = std::get<QConv>(y.op);
      EXPECT_EQ(conv->window, other.window);
      EXPECT_EQ(conv->groups, other.groups);
      EXPECT_EQ(conv->weight_bits, other.weight_bits);
      EXPECT_EQ(conv->weights, other.weights);
      EXPECT_EQ(conv->bias, other.bias);
    } else if (const auto* add = std::get_if<QAdd>(&x.op)) {
      const auto& other = std::get<QAdd>(y.op);
      EXPECT_EQ(std::tie(add->weight_bits, add->weight_a, add->weight_b),
                std::tie(other.weight_bits, other.weight_a, other.weight_b));
    } else {
      EXPECT_EQ(std::get<QMaxPool>(x.op).window, std::get<QMaxPool>(y.op).window);
    }
  }
  ASSERT_EQ(a.exits.size(), b.exits.size());
  for (std::size_t e = 0; e < a.exits.size(); ++e) {
    EXPECT_EQ(a.exits[e].name, b.exits[e].name);
    EXPECT_EQ(a.exits[e].logits, b.exits[e].logits);
    EXPECT_EQ(a.exits[e].criterion, b.exits[e].criterion);
    EXPECT_EQ(a.exits[e].threshold, b.exits[e].threshold);
    EXPECT_EQ(a.exits[e].level, b.exits[e].level);
    EXPECT_EQ(a.exits[e].skip, b.exits[e].skip);
  }
  EXPECT_EQ(a.decision.classes, b.decision.classes);
  EXPECT_EQ(a.decision.logit_bits, b.decision.logit_bits);
  EXPECT_EQ(a.decision.logit_step, b.decision.logit_step);
  EXPECT_EQ(a.decision.exp_table, b.decision.exp_table);
  EXPECT_EQ(a.decision.wexp_table, b.decision.wexp_table);
  EXPECT_EQ(a.decision.line_base, b.decision.line_base);
}

TEST(QNetworkJson, GivesBackEveryBit) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    QNetwork network = random_network(seed);
    network.exits[0].skip = {.above = seed % 2 == 0, .level = static_cast<std::uint32_t>(seed * 1000)};
    const std::string text = to_json(network);
    ASSERT_NO_FATAL_FAILURE(expect_equal(from_json(text, "net.json"), network));
    EXPECT_EQ(to_json(from_json(text, "net.json")), text);
  }
  const QNetwork quantized = quantize(everything_network(), nullptr, {});
  expect_equal(from_json(to_json(quantized), "net.json"), quantized);
}

/// The message for a file in which `edit` changed something.
template <typename Edit>
std::string message(Edit edit) {
  auto json = nlohmann::ordered_json::parse(to_json(quantize(everything_network(), nullptr, {})));
  edit(json);
  try {
    (void)from_json(json.dump(), "dir/net.json");
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

TEST(QNetworkJson, NamesFileAndKeyOfWhatIsWrong) {
  using Json = nlohmann::ordered_json;
  EXPECT_THAT(message([](Json& j) { j.erase("layers"); }),
              AllOf(HasSubstr("dir/net.json"), HasSubstr("no key 'layers'")));
  EXPECT_THAT(message([](Json& j) { j["layers"][2]["weights"][5] = 1.5; }),
              HasSubstr("'layers[2].weights[5]' must be an integer"));
  EXPECT_THAT(message([](Json& j) { j["layers"][2]["weights"][5] = 1'000; }),
              AllOf(HasSubstr("dir/net.json"), HasSubstr("weight 1000 does not fit 8 bits")));
  EXPECT_THAT(message([](Json& j) { j["layers"][2]["weights"][5] = 5'000'000'000; }),
              HasSubstr("integer of 32 bits, not 5000000000"));
  EXPECT_THAT(message([](Json& j) { j["layers"][0]["op"] = "gemm"; }),
              HasSubstr("'layers[0].op' must be conv, add or max_pool, not 'gemm'"));
  EXPECT_THAT(message([](Json& j) { j["layers"][0]["acc_bits"] = 3; }), HasSubstr("accumulator needs"));
  EXPECT_THAT(message([](Json& j) { j["layers"][0]["inputs"][0] = 7; }), HasSubstr("no earlier layer makes"));
  EXPECT_THAT(message([](Json& j) { j["layers"][0]["inputs"][0] = -1; }),
              HasSubstr("no earlier layer makes"));
  EXPECT_THAT(message([](Json& j) { j["layers"][0]["bias"][0] = std::int64_t{1} << 60; }),
              HasSubstr("too large"));
  EXPECT_THAT(message([](Json& j) {
                j["layers"][0]["window"]["stride"] = {0, 1};
              }),
              HasSubstr("must be positive"));
  EXPECT_THAT(message([](Json& j) { j["layers"][0]["groups"] = 0; }), HasSubstr("groups"));
  EXPECT_THAT(message([](Json& j) { j["layers"][0]["bias"] = Json::array(); }), HasSubstr("0 biases"));
  EXPECT_THAT(message([](Json& j) { std::swap(j["layers"][2], j["layers"][6]); }),
              HasSubstr("no earlier layer makes"));
  EXPECT_THAT(message([](Json& j) {
                j["tensors"][1]["shape"] = {1, 2};
              }),
              HasSubstr("'tensors[1].shape' must be an array of 3"));
  EXPECT_THAT(message([](Json& j) { j["tensors"][1]["scale"] = "x"; }),
              HasSubstr("'tensors[1].scale' must be a number"));
  EXPECT_THAT(message([](Json& j) { j["exits"][0]["criterion"] = "softness"; }),
              HasSubstr("'exits[0].criterion' must be max, entropy, margin, base2 or patience"));
  EXPECT_THAT(message([](Json& j) { j["exits"][0]["skip"]["side"] = "left"; }),
              HasSubstr("'exits[0].skip.side' must be above or below"));
  EXPECT_THAT(message([](Json& j) { j["exits"][0]["skip"]["level"] = 0x80000000U; }),
              HasSubstr("does not fit the skip register"));
  EXPECT_THAT(message([](Json& j) { j["exits"][0]["logits"] = 1; }),
              HasSubstr("logits are not a vector of 5"));
  EXPECT_THAT(message([](Json& j) { j["decision"]["classes"] = 1; }),
              AllOf(HasSubstr("dir/net.json"), HasSubstr("1 classes")));
  EXPECT_THAT(message([](Json& j) { j["version"] = 1; }), HasSubstr("is 1, this program reads 2"));
  EXPECT_THAT(message([](Json& j) { j = Json::array(); }), HasSubstr("the document must be an object"));
  EXPECT_THAT([] { (void)from_json("{\"format\":", "net.json"); },
              ThrowsMessage<Error>(HasSubstr("net.json: not JSON")));
  EXPECT_EQ(message([](Json&) {}), "");
}

}  // namespace
}  // namespace offramp::quant

#include "net/float_multiply.h"

#include <gtest/gtest.h>

#include <bit>

#include "net/models.h"

namespace offramp::net {
namespace {

/// One sum after the other, each product and each sum rounded to float.
std::vector<float> plain(const FloatProduct& m) {
  std::vector<float> result;
  for (std::size_t n = 0; n < m.outputs; ++n) {
    for (std::size_t p = 0; p < m.positions; ++p) {
      volatile float sum = m.bias[n];
      for (std::size_t k = 0; k < m.depth; ++k) {
        const volatile float product = m.weights[n * m.depth + k] * m.columns[k * m.positions + p];
        sum = sum + product;
      }
      result.push_back(static_cast<float>(sum));
    }
  }
  return result;
}

std::vector<std::uint32_t> bits_of(const std::vector<float>& values) {
  std::vector<std::uint32_t> bits;
  for (const float v : values) bits.push_back(std::bit_cast<std::uint32_t>(v));
  return bits;
}

void expect_same_bits(FloatProduct m) {
  const std::vector<std::uint32_t> expected = bits_of(plain(m));
  for (const auto function : {static_cast<void (*)(const FloatProduct&)>(multiply), multiply_by_fours}) {
    std::vector<float> result(m.outputs * m.positions + 1, 7.0F);
    m.result = result.data();
    function(m);
    EXPECT_EQ(result.back(), 7.0F) << "it writes beyond the end";
    result.pop_back();
    ASSERT_EQ(bits_of(result), expected) << m.outputs << "x" << m.depth << "x" << m.positions;
  }
}

TEST(FloatMultiply, GivesTheBitsOfThePlainSumForAnySize) {
  for (const std::size_t outputs : {1U, 2U, 5U, 6U, 7U, 16U, 20U}) {
    for (const std::size_t depth : {1U, 9U, 27U, 400U}) {
      for (const std::size_t positions : {1U, 3U, 15U, 16U, 17U, 49U, 64U}) {
        const std::vector<float> weights = test::values(outputs * depth, 1);
        const std::vector<float> bias = test::values(outputs, 2);
        const std::vector<float> columns = test::values(depth * positions, 3);
        ASSERT_NO_FATAL_FAILURE(expect_same_bits({.weights = weights.data(),
                                                  .bias = bias.data(),
                                                  .columns = columns.data(),
                                                  .outputs = outputs,
                                                  .depth = depth,
                                                  .positions = positions}));
      }
    }
  }
}

TEST(FloatMultiply, KeepsTheSignOfZero) {
  const std::vector<float> weights{0.0F, 0.0F};
  const std::vector<float> bias{-0.0F, 0.0F};
  const std::vector<float> columns{-1.0F, 1.0F};
  expect_same_bits({.weights = weights.data(),
                    .bias = bias.data(),
                    .columns = columns.data(),
                    .outputs = 2,
                    .depth = 1,
                    .positions = 2});
}

}  // namespace
}  // namespace offramp::net

#include <gtest/gtest.h>

#include "base/error.h"
#include "net/models.h"

namespace offramp::net {
namespace {

/// Deterministic noise for the damage.
class Noise {
 public:
  std::uint32_t below(std::uint32_t limit) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 17;
    state_ ^= state_ << 5;
    return state_ % limit;
  }

 private:
  std::uint32_t state_ = 2463534242U;
};

/// Imports damaged bytes: a network or an offramp::Error, nothing else and never a crash.
bool survives(const std::string& bytes) {
  try {
    const Network network = import_onnx_bytes(bytes, "model");
    return !network.exits.empty();
  } catch (const Error& error) {
    return std::string(error.what()).starts_with("'model'");
  }
}

TEST(ImportHostile, DamagedModelsGiveAMessageOrANetwork) {
  Noise noise;
  std::size_t accepted = 0;
  for (const std::string& whole : {serialize(test::two_exits().model), serialize(test::two_exits_by_if())}) {
    for (int round = 0; round < 3000; ++round) {
      std::string bytes = whole;
      // Most of a model is weights; damage the structure at its ends as often as everything.
      const auto size = static_cast<std::uint32_t>(bytes.size());
      for (std::uint32_t flips = 1 + noise.below(4); flips > 0; --flips) {
        const std::uint32_t at = round % 2 == 0 ? noise.below(size) : noise.below(std::min(size, 900U));
        bytes[at] = static_cast<char>(noise.below(256));
      }
      if (round % 5 == 0) bytes.erase(noise.below(size - 64), noise.below(64));
      if (round % 7 == 0)
        bytes.insert(noise.below(size - 64), bytes.substr(noise.below(size - 64), noise.below(64)));
      ASSERT_TRUE(survives(bytes)) << "round " << round;
      try {
        static_cast<void>(import_onnx_bytes(bytes, "model"));
        ++accepted;
      } catch (const Error&) {
      }
    }
  }
  EXPECT_GT(accepted, 100U) << "the damage is so large that nothing past the parser is tested";
}

TEST(ImportHostile, AHundredThousandNodesAreImportedInReasonableTime) {
  test::ModelBuilder b({1, 3});
  for (int i = 0; i < 100000; ++i) b.node("Relu", "r" + std::to_string(i));
  const Network network = b.output().import();
  EXPECT_EQ(network.nodes.size(), 100001U);
}

TEST(ImportHostile, ALongChainOfArithmeticBehindTheInputIsImportedInReasonableTime) {
  test::ModelBuilder b({1, 3});
  b.tensor("one", {}, std::vector<float>{1});
  for (int i = 0; i < 50000; ++i) b.node("Mul", "m" + std::to_string(i), {"one"});
  const Network network = b.classifier("fc", 3).output().import();
  EXPECT_EQ(network.nodes.size(), 2U);
}

TEST(ImportHostile, ManyUsesOfOneLargeTensorDoNotTakeMemoryWithoutLimit) {
  test::ModelBuilder b({1, 1000});
  b.tensor("w", {1000, 1000}, std::vector<float>(1000000, 0.5F));
  for (int i = 0; i < 300; ++i) b.node("Gemm", "g" + std::to_string(i), {"w"});
  test::expect_refused(b.output().model, {"(Gemm)", "'w'", "more than 268435456 weights"});
}

}  // namespace
}  // namespace offramp::net

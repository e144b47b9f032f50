#include "attach/attach.h"

#include <gtest/gtest.h>

#include <random>

#include "attach/report.h"
#include "base/expect_error.h"
#include "net/export_onnx.h"
#include "net/import.h"
#include "quant/float_networks.h"

namespace offramp::attach {
namespace {

using quant::NetBuilder;
using quant::square;

/// Images of one bright quarter, and the class is which one. The backbone's weights are random: its features
/// tell the quarters apart, its own classifier does not.
net::Dataset quarters(std::size_t train, std::size_t test) {
  std::mt19937_64 random(11);
  net::Dataset data{.name = "quarters", .train = {}, .test = {}};
  for (const auto& [split, images] : {std::pair{&data.train, train}, {&data.test, test}}) {
    split->shape = {1, 8, 8};
    for (std::size_t i = 0; i < images; ++i) {
      const auto label = static_cast<std::uint16_t>(i % 4);
      split->labels.push_back(label);
      for (int p = 0; p < 64; ++p) {
        const int quarter = p / 32 * 2 + p % 8 / 4;
        split->pixels.push_back(static_cast<std::uint8_t>(random() % 90 + (quarter == label ? 60 : 0)));
      }
    }
  }
  return data;
}

net::Network backbone() {
  NetBuilder b({1, 8, 8}, 3);
  int at = b.relu("relu1", b.conv("conv1", 0, 6, square(3, 1, 1)));
  at = b.relu("relu2", b.max_pool("pool2", b.conv("conv2", at, 8, square(3, 1, 1)), square(2, 2)));
  at = b.relu("relu3", b.conv("conv3", at, 8, square(3, 1, 1)));
  return b.exit("out", b.dense("fc", b.flatten("flat", at), 4)).network();
}

AttachOptions quick() {
  AttachOptions options;
  options.images = 800;
  options.structures = {parse_structure("avg1"), parse_structure("avg2"), parse_structure("max4-conv4s2")};
  return options;
}

TEST(Attach, MakesExitsThatAreRightAndLeavesTheBackboneAlone) {
  const net::Network plain = backbone();
  const AttachResult result = attach_exits(plain, quarters(1000, 200), quick());
  ASSERT_EQ(result.exits.size(), 2U);
  EXPECT_EQ(result.trained.size(), 6U);
  EXPECT_EQ(without_exits(result.network), plain);
  for (const AttachedExit& exit : result.exits) {
    EXPECT_GT(exit.test_accuracy, 0.95) << exit.name;
    EXPECT_NE(to_string(exit.structure), "avg1");  // which cannot tell quarters apart
  }
  // Nearly all leave at once, as the backbone itself guesses; so the costs are those of the first exit.
  EXPECT_GT(result.exits[0].test_share, 0.9);
  EXPECT_GT(result.test.accuracy, 0.95);
  EXPECT_LT(result.test.backbone_accuracy, 0.6);
  EXPECT_LT(result.test.macs, 0.7 * static_cast<double>(result.backbone_macs));
  EXPECT_EQ(result.training_images, 640U);
  EXPECT_EQ(net::import_onnx_bytes(net::export_onnx(result.network), "net"), result.network);
}

TEST(Attach, IsTheSameForAnyNumberOfThreadsAndAnyMemory) {
  const net::Network plain = backbone();
  const net::Dataset data = quarters(1000, 100);
  AttachOptions options = quick();
  const AttachResult first = attach_exits(plain, data, options);
  options.threads = 3;
  options.memory = 1;
  const AttachResult second = attach_exits(plain, data, options);
  EXPECT_EQ(first.network, second.network);
  EXPECT_EQ(describe(first, options).dump(), describe(second, options).dump());
  EXPECT_EQ(first.passes, 1U);
  EXPECT_EQ(second.passes, 2U);
  options.seed = 2;
  EXPECT_NE(attach_exits(plain, data, options).network, first.network);
}

TEST(Attach, SearchKeepsOnlyExitsThatPay) {
  AttachOptions options = quick();
  options.search = true;
  options.minimize = Minimize::macs;
  const AttachResult result = attach_exits(backbone(), quarters(1000, 200), options);
  // The first exit answers all there is to answer; a second could only cost.
  ASSERT_EQ(result.exits.size(), 1U);
  EXPECT_EQ(result.exits[0].position.name, "conv1");
  EXPECT_GE(result.held.accuracy, result.held.backbone_accuracy - options.max_drop);
}

TEST(Attach, HoldsOutOtherImagesThanItReportsOn) {
  AttachOptions options = quick();
  options.held_from_test = true;
  const net::Dataset data = quarters(1000, 402);
  const AttachResult r = attach_exits(backbone(), data, options);
  EXPECT_EQ(r.training_images, 800U);
  EXPECT_EQ(r.held.images, 201U);
  EXPECT_EQ(r.test.images, 201U);
  // Nothing that the test images hold gets into the training: with other pixels the branches are the same.
  net::Dataset other = data;
  for (auto& p : other.test.pixels) p = static_cast<std::uint8_t>(255 - p);
  AttachOptions one = options;
  one.structures = {parse_structure("avg2-pw4")};
  const net::Network a = attach_exits(backbone(), data, one).network;
  const net::Network b = attach_exits(backbone(), other, one).network;
  for (std::size_t i = 0; i < a.nodes.size(); ++i) {
    if (const auto* conv = std::get_if<net::Conv>(&a.nodes[i].layer)) {
      EXPECT_EQ(*conv, std::get<net::Conv>(b.nodes[i].layer)) << a.nodes[i].name;
    }
  }
}

TEST(Attach, ReportsWhatAnImageCostsOnTheWay) {
  const AttachResult r = attach_exits(backbone(), quarters(1000, 200), quick());
  double parameters = 0;
  double reach = 1;
  double branches = 0;
  for (const AttachedExit& exit : r.exits) {
    EXPECT_DOUBLE_EQ(exit.reach, reach);
    EXPECT_DOUBLE_EQ(exit.traffic, reach * static_cast<double>(exit.cost.parameters));
    branches += static_cast<double>(exit.cost.parameters);
    parameters += exit.test_share * (static_cast<double>(exit.position.parameters) + branches);
    reach -= exit.test_share;
  }
  parameters += r.test.final_share * (static_cast<double>(r.backbone_parameters) + branches);
  EXPECT_NEAR(r.test.parameters, parameters, 1e-6);
  EXPECT_NEAR(r.test.final_share, reach, 1e-9);
}

TEST(Attach, RefusesAModelThatHasExits) {
  const AttachResult once = attach_exits(backbone(), quarters(1000, 100), quick());
  test::expect_error([&] { static_cast<void>(attach_exits(once.network, quarters(1000, 100), quick())); },
                     {"'net' has 3 exits already", "--replace"});
}

TEST(Attach, RefusesDataThatDoesNotFit) {
  const auto refused = [](net::Dataset data, std::initializer_list<std::string> parts,
                          AttachOptions options = quick()) {
    test::expect_error([&] { static_cast<void>(attach_exits(backbone(), data, options)); }, parts);
  };
  net::Dataset data = quarters(1000, 100);
  data.train.labels[7] = 4;
  refused(data, {"training image 7 has the label 4", "classes 0 to 3"});

  data = quarters(1000, 100);
  for (auto& label : data.train.labels) label = label == 2 ? 3 : label;
  refused(data, {"no training image has the label 2", "'quarters'"});

  data = quarters(1000, 100);
  for (std::size_t i = 0, seen = 0; i < 1000; ++i) {
    if (data.train.labels[i] == 1 && seen++ > 0) data.train.labels[i] = 0;
  }
  refused(data, {"of class 1", "--images"});

  data = quarters(1000, 100);
  data.train.shape = data.test.shape = {1, 4, 16};
  refused(data, {"images of 1x4x16", "takes 1x8x8"});

  refused(quarters(300, 100), {"300 images leave 60 to hold out", "at least 100", "--held-out"});
  AttachOptions few = quick();
  few.images = 104;
  few.held_share = 0.97;
  refused(quarters(1000, 100), {"104 images leave 100 to hold out and 4 to train on"}, few);
}

TEST(Attach, RefusesANetworkWithoutPlaces) {
  NetBuilder b({1, 8, 8});
  const net::Network network = b.exit("out", b.dense("fc", b.flatten("flat", 0), 4)).network();
  test::expect_error([&] { static_cast<void>(attach_exits(network, quarters(1000, 100), quick())); },
                     {"'net' has no place for an early exit"});
}

}  // namespace
}  // namespace offramp::attach

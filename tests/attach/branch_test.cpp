#include "attach/branch.h"

#include <gtest/gtest.h>

#include "attach/positions.h"
#include "base/expect_error.h"
#include "net/export_onnx.h"
#include "net/float_run.h"
#include "net/import.h"
#include "net/shapes.h"
#include "quant/float_networks.h"

namespace offramp::attach {
namespace {

using quant::NetBuilder;
using quant::square;

net::Network backbone() {
  NetBuilder b({3, 12, 12});
  int at = b.relu("relu1", b.conv("conv1", 0, 8, square(3, 1, 1)));
  at = b.relu("relu2", b.conv("conv2", at, 6, square(3, 2, 1)));
  at = b.relu("relu3", b.dense("fc1", b.flatten("flat", at), 10));
  at = b.relu("relu4", b.dense("fc2", at, 10));
  return b.exit("final", b.dense("fc3", at, 5)).network();
}

/// A branch with weights that are all different.
Branch some_branch(const Structure& s, const net::Shape& map, int classes) {
  const BranchShapes shapes = branch_shapes(s, map);
  Branch branch{.structure = s};
  EXPECT_EQ(fitted(s, map), s);
  float next = 0.01F;
  const auto fill = [&](std::vector<float>& values, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) values.push_back(next = -next * 1.01F);
  };
  const BranchCost cost = branch_cost(s, map, classes);
  const std::int64_t dense = (shapes.mixed.elements() + 1) * classes;
  if (s.mixer != Structure::Mixer::none) {
    fill(branch.mixer_weights, cost.parameters - dense - shapes.mixed.channels);
    fill(branch.mixer_bias, shapes.mixed.channels);
  }
  fill(branch.dense_weights, dense - classes);
  fill(branch.dense_bias, classes);
  return branch;
}

TEST(Structure, WordsAreReadAndWritten) {
  for (const char* word : {"avg1", "max1", "avg4", "max32", "avg4-pw32", "max2-pw1", "avg4-dw", "avg8-dws2",
                           "avg8-conv32", "avg8-conv1024s2"}) {
    EXPECT_EQ(to_string(parse_structure(word)), word);
  }
}

TEST(Structure, WrongWordsAreRefusedWithTheForms) {
  for (const char* word : {"", "mean1", "avg", "avg0", "avg33", "avg4-", "avg4-pw", "avg4-pw0", "avg4-pw8s2",
                           "avg4x", "avg4-conv8s3", "avg99999999999"}) {
    test::expect_error([&] { static_cast<void>(parse_structure(word)); },
                       {std::string("branch '") + word + "'", "avg8-conv32s2"});
  }
}

TEST(Structure, WindowsCoverEveryMapExactly) {
  for (int size = 1; size <= 33; ++size) {
    for (int grid = 1; grid <= 9; ++grid) {
      const Structure s{.grid = grid};
      const net::Shape map{2, size, size};
      const auto window = pool_window(s, map);
      if (grid >= size) {
        EXPECT_FALSE(window.has_value());
        continue;
      }
      EXPECT_EQ(window->stride_h * (grid - 1) + window->kernel_h, size);
      EXPECT_EQ(net::output_size(size, window->kernel_h, window->stride_h, 0, 0), grid);
      EXPECT_GE(window->kernel_h, window->stride_h);  // no row is left out between two windows
    }
  }
}

TEST(Branch, CostsWhatItsLayersCost) {
  const net::Network plain = backbone();
  for (const Position& place : positions_of(plain)) {
    for (const Structure& usual : usual_structures(place.shape, 5)) {
      const Structure s = fitted(usual, place.shape);
      const net::Network network =
          with_branches(plain, {{.tap = place.node, .branch = some_branch(s, place.shape, 5)}});
      std::int64_t parameters = 0;
      std::int64_t macs = 0;
      for (const net::Node& node : network.nodes) {
        if (!node.name.starts_with("exit0")) continue;
        parameters += parameters_of(node);
        macs += net::macs(network, node);
        if (const auto* pool = std::get_if<net::AveragePool>(&node.layer))
          macs += node.shape.elements() * pool->window.kernel_h * pool->window.kernel_w;
      }
      const BranchCost cost = branch_cost(s, place.shape, 5);
      EXPECT_EQ(cost.parameters, parameters) << to_string(s);
      EXPECT_EQ(cost.macs, macs) << to_string(s);
    }
  }
}

TEST(Branch, LeavesTheBackbonesBitsAndLogitsAlone) {
  const net::Network plain = backbone();
  std::vector<AttachedBranch> branches;
  for (const Position& place : positions_of(plain))
    branches.push_back(
        {.tap = place.node, .branch = some_branch(fitted({.grid = 2}, place.shape), place.shape, 5)});
  ASSERT_EQ(branches.size(), 3U);
  const net::Network network = with_branches(plain, branches);
  const net::Network again = without_exits(network);
  EXPECT_EQ(again, plain);

  const net::Split images = quant::random_split(plain.nodes[0].shape, 4, 7);
  for (std::size_t i = 0; i < images.size(); ++i) {
    EXPECT_EQ(net::run_float(network, images.image(i)).back(), net::run_float(plain, images.image(i)).back());
  }
}

TEST(Branch, IsWhereAnImportWouldPutIt) {
  const net::Network plain = backbone();
  const auto places = positions_of(plain);
  for (const Structure& s :
       {Structure{}, parse_structure("max2"), parse_structure("avg4-pw3"), parse_structure("avg4-dws2"),
        parse_structure("avg6-conv4s2"), parse_structure("avg32-conv2")}) {
    std::vector<AttachedBranch> branches;
    for (const Position& place : places)
      branches.push_back(
          {.tap = place.node, .branch = some_branch(fitted(s, place.shape), place.shape, 5), .level = 0.75});
    const net::Network network = with_branches(plain, branches);
    EXPECT_EQ(net::import_onnx_bytes(net::export_onnx(network), network.name), network) << to_string(s);
  }
}

TEST(Branch, NamesStayApartFromTheBackbones) {
  net::Network plain = backbone();
  plain.nodes[1].name = "exit0_fc";
  plain.exits[0].name = "exit0";
  const net::Network network =
      with_branches(plain, {{.tap = 2, .branch = some_branch({}, plain.nodes[2].shape, 5)}});
  EXPECT_EQ(network.exits[0].name, "exit0_");
  EXPECT_EQ(net::import_onnx_bytes(net::export_onnx(network), network.name), network);
}

TEST(Branch, UsualStructuresAreCheapestFirstAndFitTheMap) {
  for (const net::Shape map : {net::Shape{64, 32, 32}, {512, 2, 2}, {16, 5, 5}, {120, 1, 1}, {3, 9, 4}}) {
    const auto structures = usual_structures(map, 10);
    ASSERT_FALSE(structures.empty());
    EXPECT_EQ(structures.front(), Structure{});
    for (std::size_t i = 1; i < structures.size(); ++i) {
      EXPECT_LE(branch_cost(structures[i - 1], map, 10).parameters,
                branch_cost(structures[i], map, 10).parameters);
    }
  }
}

}  // namespace
}  // namespace offramp::attach

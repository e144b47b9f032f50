// Plans of random networks hold what the hardware relies on, whatever the array's shape.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "accel/accelerator.h"
#include "accel/layout.h"
#include "base/error.h"
#include "quant/random_network.h"

namespace offramp::accel {
namespace {

constexpr Strategy kStrategies[] = {Strategy::static_, Strategy::pipeline, Strategy::parallel};
constexpr ArrayShape kShapes[] = {{4, 2, 1}, {5, 3, 2}, {30, 2, 1}, {1, 1, 1}, {16, 4, 3}};

/// Plans of many random networks. Some are refused with a reason: an Add or a branch that reads the image
/// itself.
void for_each_plan(const std::function<void(const Accelerator&)>& look) {
  int refused = 0;
  int planned = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const quant::QNetwork network = quant::random_network(seed, {});
    const ArrayShape shape = kShapes[seed % std::size(kShapes)];
    for (const Strategy s : kStrategies) {
      try {
        const Accelerator a =
            plan_accelerator(network, {.strategy = s, .backbone = shape, .exit_classifier = shape});
        SCOPED_TRACE(network.name + " " + to_string(s));
        look(a);
        ++planned;
      } catch (const Error& e) {
        EXPECT_NE(std::string(e.what()).find(network.name), std::string::npos) << e.what();
        ++refused;
      }
    }
  }
  EXPECT_GT(planned, 2 * refused);
}

TEST(Plan, EveryProductOfALayerIsInExactlyOneTileRow) {
  for_each_plan([](const Accelerator& a) {
    for (const EnginePlan& engine : a.engines) {
      for (const LayerPlan& l : engine.layers) {
        for (int ct = 0; ct < l.channel_tiles; ++ct) {
          std::map<std::tuple<int, int, int, int>, int> seen;
          for (int k = 0; k < l.k_tiles; ++k) {
            const Tile& t = l.tiles[static_cast<std::size_t>(l.tile_first[static_cast<std::size_t>(ct)] + k)];
            for (const TileRow& r : t.rows) {
              if (r.used) ++seen[{r.source, r.channel, r.dy, r.dx}];
            }
          }
          const auto& layer = a.network.layers[static_cast<std::size_t>(l.qlayer)];
          const auto wanted = reduction(a.network, layer, ct, engine.shape.columns, l.in, 0);
          EXPECT_EQ(seen.size(), wanted.size()) << l.name;
          for (const auto& [element, times] : seen) EXPECT_EQ(times, 1) << l.name;
        }
      }
    }
  });
}

TEST(Plan, TensorsThatLiveAtOnceLieApartAndInsideTheMemory) {
  for_each_plan([](const Accelerator& a) {
    for (const EnginePlan& engine : a.engines) {
      std::map<int, TensorLayout> where;
      for (const TensorLayout& t : engine.tensors) where[t.tensor] = t;
      auto last_element = [&](const TensorLayout& t) {
        const int size = extent(a.network.tensors[static_cast<std::size_t>(t.tensor)].shape, t);
        return t.base + size + (t.tensor == 0 ? engine.input_second_place : 0);
      };
      for (const TensorLayout& t : engine.tensors) EXPECT_LE(last_element(t), engine.words * engine.banks);
      for (const LayerPlan& l : engine.layers) {
        if (l.exit >= 0) continue;
        for (const int in : a.network.layers[static_cast<std::size_t>(l.qlayer)].inputs) {
          const TensorLayout& from = where.at(in);
          EXPECT_TRUE(last_element(from) <= l.out.base || last_element(l.out) <= from.base)
              << l.name << " would overwrite what it reads";
        }
      }
    }
  });
}

TEST(Plan, WritesOfOneCycleMeetInNoBank) {
  for_each_plan([](const Accelerator& a) {
    const EnginePlan& engine = a.engines.front();
    for (const LayerPlan& l : engine.layers) {
      if (l.exit >= 0 || l.out_w == 1) continue;
      std::vector<int> banks;
      for (int lane = 0; lane < engine.shape.lanes; ++lane) {
        for (int c = 0; c < engine.shape.columns; ++c)
          banks.push_back((lane * l.out.pixel_pitch + c) % engine.banks);
      }
      std::sort(banks.begin(), banks.end());
      EXPECT_EQ(std::adjacent_find(banks.begin(), banks.end()), banks.end()) << l.name;
    }
  });
}

TEST(Plan, ATappedMapHasTheSamePitchesInTheExitEngine) {
  int taps = 0;
  for_each_plan([&](const Accelerator& a) {
    for (std::size_t e = 1; e < a.engines.size(); ++e) {
      const TensorLayout& copy = a.engines[e].tensors.front();
      for (const TensorLayout& t : a.engines.front().tensors) {
        if (t.tensor != copy.tensor) continue;
        EXPECT_EQ(copy.pixel_pitch, t.pixel_pitch);
        EXPECT_EQ(copy.row_pitch, t.row_pitch);
        ++taps;
      }
    }
  });
  EXPECT_GT(taps, 5);
}

TEST(Plan, ShapesOutOfRangeAreRefusedWithTheValues) {
  const quant::QNetwork network = quant::random_network(1, {});
  for (const ArrayShape shape :
       {ArrayShape{0, 2, 1}, ArrayShape{4, 33, 1}, ArrayShape{4, 2, 17}, ArrayShape{257, 1, 1}}) {
    try {
      (void)plan_accelerator(network,
                             {.strategy = Strategy::static_, .backbone = shape, .exit_classifier = {}});
      FAIL() << "accepted";
    } catch (const Error& e) {
      EXPECT_NE(std::string(e.what()).find("rows must be 1..256"), std::string::npos) << e.what();
    }
  }
}

TEST(Strategy, WordsReadBackAndOthersAreRefused) {
  for (const Strategy s : kStrategies) EXPECT_EQ(strategy_from(to_string(s)), s);
  EXPECT_THROW((void)strategy_from("dynamic"), Error);
}

}  // namespace
}  // namespace offramp::accel

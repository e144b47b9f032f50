#include "explore/shapes.h"

#include <gmock/gmock.h>

namespace offramp::explore {
namespace {

TEST(Shapes, PassesFollowTheClosedForm) {
  // 400 x 120 dense on 30 x 2: 14 tiles of rows, 60 of columns, one pixel.
  EXPECT_DOUBLE_EQ(passes({{.reduction = 400, .channels = 120}}, {.rows = 30, .columns = 2, .lanes = 1}),
                   14 * 60);
  // Pixels share a pass by lanes; groups do not share rows; half of the samples need it.
  EXPECT_DOUBLE_EQ(passes({{.reduction = 9, .channels = 1, .pixels = 10, .groups = 8, .weight = 0.5}},
                          {.rows = 16, .columns = 4, .lanes = 4}),
                   0.5 * 8 * 3);
}

TEST(Shapes, NoneHasMoreMultipliersThanAllowed) {
  for (const accel::ArrayShape& s :
       best_shapes({{.reduction = 25, .channels = 6, .pixels = 784}}, 64, 1000)) {
    EXPECT_LE(s.multipliers(), 64);
  }
}

TEST(Shapes, TheBestHasTheFewestPassesOfAllShapes) {
  const std::vector<Work> work{{.reduction = 25, .channels = 6, .pixels = 784},
                               {.reduction = 150, .channels = 16, .pixels = 100},
                               {.reduction = 400, .channels = 120}};
  double fewest = 1e18;
  for (int r = 1; r <= 48; ++r) {
    for (int c = 1; r * c <= 48; ++c) {
      for (int p = 1; r * c * p <= 48; ++p) {
        fewest = std::min(fewest, passes(work, {.rows = r, .columns = c, .lanes = p}));
      }
    }
  }
  EXPECT_DOUBLE_EQ(passes(work, best_shapes(work, 48, 1).front()), fewest);
}

TEST(Shapes, OneMultiplierIsOneShape) {
  const auto shapes = best_shapes({{.reduction = 25, .channels = 6, .pixels = 784}}, 1, 10);
  ASSERT_EQ(shapes.size(), 1U);
  EXPECT_EQ(shapes.front(), (accel::ArrayShape{.rows = 1, .columns = 1, .lanes = 1}));
}

}  // namespace
}  // namespace offramp::explore

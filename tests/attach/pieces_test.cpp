#include "attach/pieces.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

namespace offramp::attach {
namespace {

TEST(Pieces, AreEachWorkedOnOnce) {
  for (const int threads : {1, 2, 5}) {
    std::vector<std::atomic<int>> calls(40);
    each_piece(calls.size(), threads, [&](std::size_t piece, std::size_t worker) {
      EXPECT_LT(worker, static_cast<std::size_t>(threads));
      ++calls[piece];
    });
    for (const auto& count : calls) EXPECT_EQ(count, 1);
  }
  each_piece(0, 3, [](std::size_t, std::size_t) { FAIL(); });
}

TEST(Pieces, AnExceptionOfOneEndsTheRestAndIsThrown) {
  for (const int threads : {1, 4}) {
    std::atomic<std::size_t> begun{0};
    EXPECT_THROW(each_piece(100000, threads,
                            [&](std::size_t piece, std::size_t) {
                              ++begun;
                              if (piece == 3) throw std::runtime_error("piece 3");
                            }),
                 std::runtime_error);
    EXPECT_LT(begun, 100000U);
  }
}

TEST(Pieces, CutAllItems) {
  EXPECT_EQ(pieces_of(10, 4), 3U);
  EXPECT_EQ(piece_of(2, 10, 4).first, 8U);
  EXPECT_EQ(piece_of(2, 10, 4).size(), 2U);
}

}  // namespace
}  // namespace offramp::attach

// The weight ring against a model that thinks in tiles: random beats, tiles taken as fast as they can be,
// rings that are forgotten at any time, tiles that stay.
#include "blocks/weight_ring.h"

#include <gmock/gmock.h>

#include <deque>
#include <map>
#include <random>

#include "blocks/lint.h"
#include "blocks/simulated_block.h"

namespace offramp::blocks {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::SimulatedBlock;
using verif::Signal;

using Word = std::uint64_t;  // of a row
struct Tile {
  std::vector<Word> rows;
  bool wrong = false;
};

/// How often what happens, in percent.
struct Pace {
  unsigned beat, take, resident, restart, error;
};

class Rig {
 public:
  Rig(const WeightRing& ring, unsigned seed)
      : ring_(ring), block_(ring), random_(seed), stay_(static_cast<std::size_t>(ring.resident)) {
    for (const char* name :
         {"beat_i", "data_i", "error_i", "restart_i", "loading_resident_i", "load_i", "address_i",
          "streamed_i", "direct_write_i", "direct_address_i", "direct_row_i", "direct_data_i", "room_o",
          "available_o", "weight_load_o", "weight_o", "tile_error_o"}) {
      signals_[name] = block_.port(name);
    }
    for (const char* name : {"beat_i", "restart_i", "load_i", "direct_write_i"}) at(name).set(0);
    // Loads have no reset: what was under way leaves behind the last row.
    for (int i = 0; i < ring.rows + 4; ++i) block_.clock();
    for (auto& tile : stay_) tile.rows.resize(static_cast<std::size_t>(ring.rows));
  }

  [[nodiscard]] bool chance(unsigned percent) { return random_() % 100 < percent; }
  [[nodiscard]] std::uint64_t taken() const { return taken_; }
  [[nodiscard]] std::uint64_t cycles() const { return cycle_; }

  Tile random_tile(unsigned error) {
    Tile tile;
    for (int r = 0; r < ring_.rows; ++r) tile.rows.push_back(random_word());
    tile.wrong = chance(error);
    return tile;
  }

  /// A pulse of restart_i; a beat in the same cycle means nothing.
  void restart(bool resident, bool take_too = false) {
    at("restart_i").set(1);
    at("loading_resident_i").set(resident ? 1 : 0);
    at("beat_i").set(random_() % 2);
    if (take_too) take();
    cycle();
    if (resident) resident_wrong_ = false;
  }

  /// The tiles that stay, over beats with gaps.
  void load_resident(unsigned error) {
    restart(true);
    for (auto& tile : stay_) {
      tile = random_tile(0);
      const bool wrong = chance(error);
      const auto bad = random_() % static_cast<unsigned>(ring_.beats_per_tile());
      for (int b = 0; b < ring_.beats_per_tile(); ++b) {
        while (chance(30)) cycle();
        offer(tile, b, wrong && static_cast<unsigned>(b) == bad);
        cycle();
      }
      resident_wrong_ |= wrong;
    }
    // The next beat would be one too many.
    EXPECT_EQ(at("room_o").get(), 0U);
  }

  /// The tiles that stay, word by word in any order.
  void write_directly() {
    for (std::size_t n = 0; n < stay_.size(); ++n) {
      for (int r = ring_.rows; r-- > 0;) {
        Word& word = stay_[n].rows[static_cast<std::size_t>(r)];
        word = random_word();
        at("direct_write_i").set(1);
        at("direct_address_i").set(n);
        at("direct_row_i").set(static_cast<std::uint64_t>(r));
        at("direct_data_i").set(word);
        cycle();
        at("direct_write_i").set(0);
        at("direct_data_i").set(random_());
      }
    }
  }

  /// One cycle of beats and loads at random.
  void play(const Pace& pace) {
    settle();
    if (chance(pace.restart)) {
      restart(false, !whole_.empty() && chance(pace.take));
      return;
    }
    if (room() > 0 && chance(pace.beat)) {
      if (parts_ == 0) filling_ = random_tile(0);
      const bool wrong = chance(pace.error);
      offer(filling_, parts_, wrong);
      filling_.wrong |= wrong;
      beat_now_ = true;
    }
    if (!whole_.empty() && chance(pace.take)) {
      take();
    } else if (ring_.resident > 0 && chance(pace.resident)) {
      const auto n = random_() % stay_.size();
      expect_load({stay_[n].rows, resident_wrong_});
      at("address_i").set(n);
      at("streamed_i").set(0);
    }
    cycle();
  }

 private:
  Signal& at(const std::string& name) { return signals_.at(name); }
  void settle() { block_.settle(); }
  Word random_word() {
    const int bits = ring_.columns * ring_.weight_bits;
    const Word word = (Word{random_()} << 32) | random_();
    return bits == 64 ? word : word & ((Word{1} << bits) - 1);
  }

  /// Room by the model, in beats.
  [[nodiscard]] std::int64_t room() const {
    const std::int64_t tile = ring_.beats_per_tile();
    if (to_resident_) return -1;
    std::int64_t held = 0;
    for (const std::uint64_t until : held_until_) held += until > cycle_ ? 1 : 0;
    return (ring_.tiles - ring_.resident - held - static_cast<std::int64_t>(whole_.size())) * tile - parts_;
  }

  void offer(const Tile& tile, int beat, bool wrong) {
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(ring_.data_bits) / 8);
    const int word = ring_.columns * ring_.weight_bits;
    for (int k = 0; k < ring_.rows_per_beat() * word; ++k) {
      const int row = beat * ring_.rows_per_beat() + k / word;
      // What lies behind the last row means nothing.
      const bool set = row < ring_.rows ? (tile.rows[static_cast<std::size_t>(row)] >> (k % word) & 1) != 0
                                        : random_() % 2 != 0;
      bytes[static_cast<std::size_t>(k / 8)] |= static_cast<std::uint8_t>((set ? 1 : 0) << (k % 8));
    }
    at("data_i").set_bytes(bytes.data(), bytes.size());
    at("error_i").set(wrong ? 1 : 0);
    at("beat_i").set(1);
  }

  void take() {
    at("streamed_i").set(1);
    at("address_i").set(random_());
    expect_load(whole_.front());
    whole_.pop_front();
    // Row r is read in the cycle r after this one, and the slot is free after the last.
    held_until_.push_back(cycle_ + static_cast<std::uint64_t>(ring_.rows) + 1);
    ++taken_;
  }

  void expect_load(const Tile& tile) {
    at("load_i").set(1);
    for (int r = 0; r < ring_.rows; ++r) {
      expected_[cycle_ + static_cast<std::uint64_t>(r) + 1][r] = tile.rows[static_cast<std::size_t>(r)];
    }
    if (tile.wrong) errors_[cycle_ + 1] = true;
  }

  /// Compares the outputs, then a clock edge.
  void cycle() {
    settle();
    const int word = ring_.columns * ring_.weight_bits;
    const auto& rows = expected_[cycle_];
    for (int r = 0; r < ring_.rows; ++r) {
      const auto it = rows.find(r);
      ASSERT_EQ(at("weight_load_o").part(r, 1) != 0, it != rows.end()) << "row " << r << " cycle " << cycle_;
      if (it != rows.end()) {
        ASSERT_EQ(at("weight_o").part(r * word, word), it->second) << "row " << r << " cycle " << cycle_;
      }
    }
    ASSERT_EQ(at("tile_error_o").get() != 0, errors_.count(cycle_) != 0) << "cycle " << cycle_;
    ASSERT_EQ(at("available_o").get() != 0, available_) << "cycle " << cycle_;
    if (!to_resident_ && cycle_ > 0) {
      const auto most = (std::uint64_t{1} << ring_.beats_bits) - 1;
      ASSERT_EQ(at("room_o").get(), std::min(most, static_cast<std::uint64_t>(expected_room_)))
          << "cycle " << cycle_;
    }
    expected_.erase(cycle_);
    block_.clock();
    ++cycle_;
    if (beat_now_ && ++parts_ == ring_.beats_per_tile()) {
      whole_.push_back(filling_);
      parts_ = 0;
    }
    beat_now_ = false;
    while (!held_until_.empty() && held_until_.front() <= cycle_) held_until_.pop_front();
    if (at("restart_i").get() != 0) {
      whole_.clear();
      parts_ = 0;
      to_resident_ = at("loading_resident_i").get() != 0;
    }
    available_ = !whole_.empty();
    expected_room_ = room();
    for (const char* name : {"beat_i", "restart_i", "load_i"}) at(name).set(0);
    at("error_i").set(random_());
    at("streamed_i").set(random_());
  }

  WeightRing ring_;
  SimulatedBlock block_;
  std::mt19937 random_;
  std::map<std::string, Signal> signals_;
  std::vector<Tile> stay_;
  std::deque<Tile> whole_;
  Tile filling_;
  int parts_ = 0;  // beats of the tile that is being filled
  bool beat_now_ = false;
  bool to_resident_ = false;
  bool resident_wrong_ = false;
  std::deque<std::uint64_t> held_until_;
  std::map<std::uint64_t, std::map<int, Word>> expected_;
  std::map<std::uint64_t, bool> errors_;
  // As they stand before what happens in this cycle.
  bool available_ = false;
  std::int64_t expected_room_ = 0;
  std::uint64_t taken_ = 0;
  std::uint64_t cycle_ = 0;
};

class EveryRing : public ::testing::TestWithParam<WeightRing> {};

TEST_P(EveryRing, GivesTheTilesOfItsBeatsInOrderAndThoseThatStay) {
  const WeightRing ring = GetParam();
  const bool streams = ring.resident < ring.tiles;
  for (const Pace pace : {Pace{100, 100, 0, 0, 0}, Pace{100, 100, 100, 1, 5}, Pace{50, 50, 50, 2, 5},
                          Pace{100, 10, 50, 0, 0}, Pace{20, 100, 10, 1, 20}}) {
    Rig rig(ring, pace.beat + pace.take);
    for (int round = 0; round < 6; ++round) {
      SCOPED_TRACE(::testing::Message()
                   << "beats " << pace.beat << " takes " << pace.take << " round " << round);
      if (ring.resident > 0) {
        if (round % 3 == 2) {
          rig.write_directly();
        } else {
          rig.load_resident(round == 1 ? 30 : 0);
        }
      }
      if (streams) rig.restart(false);
      for (int i = 0; i < 1500 && !HasFatalFailure(); ++i) {
        rig.play(streams ? pace : Pace{0, 0, 70, 0, 0});
      }
      // Until loads of tiles that stay have passed the rows, so that the next round may write over what they
      // read; those of the ring are still on their way when it begins.
      for (int i = 0; i < ring.rows; ++i) rig.play({streams ? 100U : 0U, 100, 0, 0, 0});
      if (HasFatalFailure()) return;
    }
    if (streams) {
      EXPECT_GT(rig.taken(), 100U);
    }
  }
}

TEST_P(EveryRing, IsCleanInAllTools) {
  EXPECT_EQ(testing::lint(GetParam()), "");
}

INSTANTIATE_TEST_SUITE_P(
    WeightRing, EveryRing,
    ::testing::Values(
        WeightRing{.engine = "fast", .rows = 4, .columns = 2, .weight_bits = 8, .tiles = 13, .resident = 3},
        WeightRing{
            .engine = "ragged", .rows = 7, .columns = 3, .weight_bits = 5, .tiles = 5, .data_bits = 32},
        WeightRing{.engine = "deep",
                   .rows = 16,
                   .columns = 2,
                   .weight_bits = 4,
                   .tiles = 19,
                   .resident = 16,
                   .data_bits = 32,
                   .beats_bits = 3},
        WeightRing{.engine = "resident",
                   .rows = 5,
                   .columns = 4,
                   .weight_bits = 8,
                   .tiles = 6,
                   .resident = 6,
                   .data_bits = 128},
        WeightRing{.engine = "wide",
                   .rows = 3,
                   .columns = 8,
                   .weight_bits = 8,
                   .tiles = 2,
                   .resident = 1,
                   .data_bits = 512},
        WeightRing{.engine = "thin", .rows = 1, .columns = 1, .weight_bits = 2, .tiles = 4, .data_bits = 32}),
    [](const auto& tested) { return tested.param.engine; });

TEST(WeightRing, TakesABeatAndGivesATileInEveryCycle) {
  // A slot is held for as many cycles as there are rows, filled in one and whole in one.
  const WeightRing ring{
      .engine = "fast", .rows = 4, .columns = 2, .weight_bits = 8, .tiles = 13, .resident = 3};
  ASSERT_EQ(ring.beats_per_tile(), 1);
  Rig rig(ring, 1);
  rig.restart(false);
  const std::uint64_t before = rig.cycles();
  for (int i = 0; i < 1000; ++i) rig.play({100, 100, 0, 0, 0});
  EXPECT_EQ(rig.taken(), rig.cycles() - before - 1);
}

TEST(WeightRing, ReadsAnImageARowWhereItHasThem) {
  const auto text = [](const std::string& prefix) {
    hw::Design design;
    const WeightRing ring{.engine = "filed", .file_prefix = prefix, .rows = 2, .tiles = 3, .resident = 3};
    design.add(ring);
    design.require_clean();
    return hw::print_verilog(design.module_of(ring));
  };
  EXPECT_THAT(text("mem/w"), HasSubstr("\"mem/w_00.hex\""));
  EXPECT_THAT(text("mem/w"), HasSubstr("\"mem/w_01.hex\""));
  EXPECT_THAT(text(""), Not(HasSubstr("INIT_FILE")));
}

TEST(WeightRing, RefusesRowsThatDoNotFitABeatAndTilesThatItDoesNotHold) {
  const auto message = [](const WeightRing& ring) -> std::string {
    hw::Design design;
    try {
      design.add(ring);
    } catch (const std::invalid_argument& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_EQ(message({.engine = "backbone"}), "");
  EXPECT_THAT(message({.engine = "backbone", .columns = 9, .weight_bits = 8, .data_bits = 64}),
              HasSubstr("the backbone weight ring needs a row of 9 x 8 bits in a beat of 64 bits"));
  EXPECT_THAT(message({.engine = "backbone", .tiles = 4, .resident = 5}), HasSubstr("keep 5 of 4 tiles"));
}

}  // namespace
}  // namespace offramp::blocks

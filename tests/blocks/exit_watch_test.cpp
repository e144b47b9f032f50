// The watch in Verilator against golden::ExitWatch on random samples: histogram, flags, thresholds.
#include "blocks/exit_watch.h"

#include <algorithm>
#include <array>
#include <random>

#include "golden/exit_watch.h"
#include "golden/exits.h"
#include "lint.h"
#include "simulated_block.h"

namespace offramp::blocks {
namespace {

using fixed::Criterion;
using testing::SimulatedBlock;

constexpr std::uint64_t kMostThreshold = (std::uint64_t{1} << fixed::DecisionTables::kThresholdBits) - 1;

/// A network of exits alone.
quant::QNetwork network_of(int exits) {
  quant::QNetwork network;
  network.decision = fixed::make_decision_tables(10, 12, 0.05);
  constexpr Criterion kDrawn[] = {Criterion::max_softmax, Criterion::margin, Criterion::entropy,
                                  Criterion::base2, Criterion::patience};
  for (int e = 0; e < exits; ++e) {
    quant::QExit exit;
    exit.criterion = kDrawn[e % 5];
    switch (exit.criterion) {
      case Criterion::margin:
        exit.threshold = 40;
        break;
      case Criterion::entropy:
        exit.threshold = 1 << 15;
        break;
      case Criterion::patience:
        exit.threshold = 1;
        break;
      default:
        exit.threshold = 1 << 25;
    }
    network.exits.push_back(exit);
  }
  return network;
}

/// Bits [lsb, lsb + width) of a port that may be wider than 64.
class Bits {
 public:
  explicit Bits(int width) : words_((static_cast<std::size_t>(width) + 63) / 64) {}
  void put(int lsb, int width, std::uint64_t value) {
    for (int i = 0; i < width; ++i) {
      const auto at = static_cast<std::size_t>(lsb + i);
      words_[at / 64] |= (value >> i & 1) << (at % 64);
    }
  }
  void to(verif::Signal port) const {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      const int lsb = static_cast<int>(i) * 64;
      port.set_part(lsb, std::min(64, port.bits() - lsb), words_[i]);
    }
  }

 private:
  std::vector<std::uint64_t> words_;
};

/// Plays the rest of the accelerator.
class Player {
 public:
  Player(const ExitWatch& watch, quant::QNetwork network, unsigned seed)
      : watch_(watch), network_(std::move(network)), random_(seed), block_(watch) {
    for (const char* input : {"active_i", "result_i", "exit_i", "clear_i"}) block_.port(input).set(0);
    if (watch.histogram) {
      decide(0);
      for (const char* input : {"select_i", "select_written_i"}) block_.port(input).set(0);
      if (watch.parks) block_.port("park_i").set(0);
    }
    if (watch.monitor) block_.port("drift_clear_i").set(0);
    block_.port("rst_ni").set(0);
    for (int i = 0; i < 4; ++i) block_.clock();
    block_.port("rst_ni").set(1);
  }
  void program(const golden::WatchSettings& s) {
    constexpr int kW = fixed::DecisionTables::kThresholdBits;
    const int early = watch_.early_exits();
    if (watch_.windows()) block_.port("window_i").set(static_cast<std::uint64_t>(s.window_log2));
    if (watch_.monitor) {
      Bits bands(32 * watch_.exits);
      for (int e = 0; e < watch_.exits; ++e)
        bands.put(32 * e, 32, s.bands[static_cast<std::size_t>(e)].to_register());
      bands.to(block_.port("bands_i"));
    }
    if (!watch_.hold) return;
    block_.port("target_i").set(s.target);
    block_.port("slack_i").set(s.slack);
    Bits upwards(early), thresholds(kW * early), steps(32 * early), lows(kW * early), highs(kW * early);
    for (int e = 0; e < early; ++e) {
      const auto i = static_cast<std::size_t>(e);
      upwards.put(e, 1, fixed::laxer_upwards(network_.exits[i].criterion) ? 1 : 0);
      thresholds.put(kW * e, kW, network_.exits[i].threshold);
      steps.put(32 * e, 32, s.steps[i].step);
      lows.put(kW * e, kW, s.steps[i].low);
      highs.put(kW * e, kW, s.steps[i].high);
    }
    upwards.to(block_.port("upwards_i"));
    thresholds.to(block_.port("thresholds_i"));
    steps.to(block_.port("steps_i"));
    lows.to(block_.port("lows_i"));
    highs.to(block_.port("highs_i"));
    for (int i = 0; i < 3; ++i) block_.clock();  // between samples: what was written holds from here on
  }
  void aim(std::uint32_t target) {
    wait("start_wait_o");
    block_.port("target_i").set(target);
    for (int i = 0; i < 3; ++i) block_.clock();
  }
  [[nodiscard]] std::vector<std::uint64_t> thresholds() {
    block_.settle();
    std::vector<std::uint64_t> now;
    constexpr int kW = fixed::DecisionTables::kThresholdBits;
    for (int e = 0; e < watch_.early_exits(); ++e)
      now.push_back(block_.port("thresholds_o").part(e * kW, kW));
    return now;
  }
  /// A sample whose exits say `decisions` in a random order, several at a time, some behind the one taken.
  /// Its latency in cycles.
  int sample(const std::vector<fixed::Decision>& decisions, int exit, int busy_cycles) {
    wait("start_wait_o");
    block_.clock();  // the start
    block_.port("active_i").set(1);
    std::vector<int> order;
    const int early = watch_.early_exits();
    for (int e = 0; e < early; ++e) {
      if (decisions[static_cast<std::size_t>(e)].skipped) continue;
      if (e <= exit || random_() % 2 == 0) order.push_back(e);
    }
    std::shuffle(order.begin(), order.end(), random_);
    int latency = 0;
    std::uint32_t said = 0;
    const auto cycle = [&](std::uint32_t now = 0) {
      if (watch_.histogram) {
        decide(now);
        show_bins(said, decisions);
      }
      said = now;
      block_.clock();
      ++latency;
    };
    while (!order.empty() && watch_.histogram) {
      std::uint32_t now = 0;
      for (unsigned n = 1 + random_() % 2; n > 0 && !order.empty(); --n) {
        now |= 1U << order.back();
        order.pop_back();
      }
      cycle(now);
      for (unsigned gap = random_() % 3; gap > 0; --gap) cycle();
    }
    for (int i = 0; i < busy_cycles; ++i) cycle();
    if (watch_.parks && exit == early && random_() % 2 == 0) {
      block_.port("park_i").set(1);
      cycle();
      block_.port("park_i").set(0);
    }
    block_.settle();
    while (watch_.histogram && block_.port("result_wait_o").get() != 0) {
      cycle();
      block_.settle();
    }
    block_.port("exit_i").set(static_cast<std::uint64_t>(exit));
    block_.port("result_i").set(1);
    // What the exit beyond says with the result counts for this sample no more, and not for the next.
    cycle(exit < early && random_() % 2 == 0 ? 1U << exit : 0);
    block_.port("result_i").set(0);
    block_.port("active_i").set(0);
    if (watch_.histogram) {
      decide(0);
      show_bins(0, {});
    }
    return latency;
  }
  [[nodiscard]] std::uint32_t count(int exit, int bin) {
    block_.port("select_i").set(static_cast<std::uint64_t>(16 * exit + bin));
    block_.port("select_written_i").set(1);
    block_.clock();
    block_.port("select_written_i").set(0);
    block_.port("select_i").set(random_() % 16);
    block_.settle();
    return static_cast<std::uint32_t>(block_.port("count_o").get());
  }
  void clear(unsigned bits) {
    block_.port("clear_i").set(bits);
    block_.clock();
    block_.port("clear_i").set(0);
  }
  void wait(const char* port) {
    block_.settle();
    for (int i = 0; block_.port(port).get() != 0; ++i) {
      ASSERT_LT(i, 1000) << port;
      block_.clock();
      block_.settle();
    }
  }
  void rest(int cycles) {
    for (int i = 0; i < cycles; ++i) block_.clock();
  }
  [[nodiscard]] std::uint64_t get(const char* port) {
    block_.settle();
    return block_.port(port).get();
  }
  void set(const char* port, std::uint64_t value) { block_.port(port).set(value); }
  std::mt19937& random() { return random_; }
  quant::QNetwork& network() { return network_; }

 private:
  void decide(std::uint32_t now) { block_.port("decided_i").set(now); }
  /// Of the exits that decided a cycle ago; one that did not shows anything.
  void show_bins(std::uint32_t decided, const std::vector<fixed::Decision>& decisions) {
    Bits bins(4 * watch_.early_exits());
    for (int e = 0; e < watch_.early_exits(); ++e) {
      std::uint64_t bin = random_() % 16;
      const auto i = static_cast<std::size_t>(e);
      if ((decided >> e & 1) != 0) {
        bin = static_cast<std::uint64_t>(
            fixed::confidence_bin(decisions[i], network_.decision, network_.exits[i].criterion));
      }
      bins.put(4 * e, 4, bin);
    }
    bins.to(block_.port("bins_i"));
  }

  ExitWatch watch_;
  quant::QNetwork network_;
  std::mt19937 random_;
  SimulatedBlock block_;
};

std::vector<fixed::Decision> random_decisions(Player& player, const std::vector<std::uint64_t>& thresholds) {
  std::mt19937& random = player.random();
  const quant::QNetwork& network = player.network();
  std::vector<fixed::Decision> decisions;
  for (std::size_t e = 0; e < network.exits.size(); ++e) {
    std::vector<std::int32_t> logits;
    const int spread = 1 << (2 + random() % 8);
    for (int i = 0; i < network.decision.classes; ++i)
      logits.push_back(static_cast<std::int32_t>(random() % static_cast<unsigned>(spread)));
    if (random() % 2 == 0) logits[3] = spread;  // so that exits agree now and then
    const bool early = e + 1 < network.exits.size();
    fixed::Decision d = fixed::decide(logits, network.decision, network.exits[e].criterion,
                                      early ? thresholds[e] : network.exits[e].threshold);
    d.agreements = fixed::agreements_after(e == 0 ? nullptr : &decisions.back(), d.top_class);
    d.skipped = early && random() % 8 == 0;
    d.confident = !d.skipped && early &&
                  fixed::confident(d, network.decision, network.exits[e].criterion, thresholds[e]);
    decisions.push_back(d);
  }
  return decisions;
}

/// Settings under which everything happens: bands that some windows leave, limits that are met.
golden::WatchSettings random_settings(Player& player, int window_log2) {
  std::mt19937& random = player.random();
  golden::WatchSettings s{.window_log2 = window_log2,
                          .target = 8 + static_cast<std::uint32_t>(random() % 12),
                          .slack = static_cast<std::uint32_t>(random() % 4)};
  const quant::QNetwork& network = player.network();
  for (std::size_t e = 0; e < network.exits.size(); ++e) {
    const unsigned most = 1U << window_log2;
    const unsigned low = random() % (most / 4 + 1);
    s.bands.push_back({.low = static_cast<std::uint16_t>(low),
                       .high = static_cast<std::uint16_t>(low + random() % (most + 1))});
    if (e + 1 == network.exits.size()) continue;
    const std::uint64_t threshold = network.exits[e].threshold;
    const auto step = static_cast<std::uint32_t>(1 + random() % std::max<std::uint64_t>(1, threshold / 4));
    // Some limits leave no room, or lie at the ends of what a register holds.
    s.steps.push_back({.step = random() % 6 == 0 ? 0xFFFFFFFFU : step,
                       .low = random() % 3 == 0
                                  ? 0
                                  : threshold - std::min<std::uint64_t>(threshold, random() % (6ULL * step)),
                       .high = random() % 3 == 0 ? kMostThreshold : threshold + random() % (6ULL * step)});
  }
  return s;
}

struct Case {
  ExitWatch watch;
  int window_log2;
};

class EachWatch : public ::testing::TestWithParam<Case> {};

TEST_P(EachWatch, CountsFlagsAndMovesLikeTheReference) {
  const Case c = GetParam();
  Player player(c.watch, network_of(c.watch.exits), static_cast<unsigned>(c.watch.exits));
  const golden::WatchSettings settings = random_settings(player, c.window_log2);
  player.program(settings);
  golden::ExitWatch golden(player.network(), settings);
  std::vector<std::uint64_t> thresholds = golden.thresholds();
  int moves = 0;
  constexpr int kSamples = 600;
  for (int n = 0; n < kSamples; ++n) {
    if (c.watch.hold && n % 64 == 32) {
      // Out of reach on either side in turn, and for a while at rest.
      const std::uint32_t target =
          std::array<std::uint32_t, 4>{1, 1000, 0, 12}[static_cast<std::size_t>(n / 64 % 4)];
      player.aim(target);
      golden.aim(target);
      thresholds = golden.thresholds();
      ASSERT_EQ(player.thresholds(), thresholds);
    }
    const std::vector<fixed::Decision> decisions = random_decisions(player, thresholds);
    const int exit = golden::exit_taken(decisions);
    const int latency = player.sample(decisions, exit, 2 * exit + static_cast<int>(player.random()() % 3));
    golden.result(exit, decisions, static_cast<std::uint64_t>(latency));
    if (c.watch.hold) {
      player.wait("start_wait_o");
      ASSERT_EQ(player.thresholds(), golden.thresholds()) << "after sample " << n;
      moves += golden.thresholds() != thresholds ? 1 : 0;
      thresholds = golden.thresholds();
    }
    if (c.watch.monitor) {
      player.rest(2);
      std::uint64_t expected = 0;
      for (std::size_t e = 0; e < golden.drift().size(); ++e)
        expected |= std::uint64_t{golden.drift()[e]} << e;
      ASSERT_EQ(player.get("drift_o"), expected) << "after sample " << n;
    }
    if (c.watch.histogram && player.random()() % 16 == 0) {
      // In the middle of things: this one count as it is now or will be in a moment.
      const int e = static_cast<int>(player.random()() % static_cast<unsigned>(c.watch.early_exits()));
      player.wait("result_wait_o");
      const int bin = static_cast<int>(player.random()() % 16);
      ASSERT_EQ(player.count(e, bin),
                golden.histogram()[static_cast<std::size_t>(e)][static_cast<std::size_t>(bin)]);
    }
  }
  if (c.watch.windows()) {
    EXPECT_EQ(player.get("windows_o"), golden.windows());
    EXPECT_EQ(golden.windows(), static_cast<std::uint32_t>(kSamples >> c.window_log2));
  }
  if (c.watch.hold) {
    EXPECT_EQ(player.get("latency_o"), golden.window_latency());
    EXPECT_GT(moves, 5) << "the test means something only where thresholds move";
  }
  if (c.watch.histogram) {
    player.wait("result_wait_o");
    int used = 0;
    for (int e = 0; e < c.watch.early_exits(); ++e) {
      for (int bin = 0; bin < fixed::kConfidenceBins; ++bin) {
        const std::uint32_t expected =
            golden.histogram()[static_cast<std::size_t>(e)][static_cast<std::size_t>(bin)];
        EXPECT_EQ(player.count(e, bin), expected) << "exit " << e << " bin " << bin;
        used += expected > 0 ? 1 : 0;
      }
    }
    EXPECT_GT(used, 4);
  }
}

TEST_P(EachWatch, NoToolHasAWordToSay) {
  EXPECT_EQ(testing::lint(GetParam().watch), "");
}

INSTANTIATE_TEST_SUITE_P(
    ExitWatch, EachWatch,
    ::testing::Values(Case{{.exits = 3}, 2}, Case{{.exits = 2}, 0}, Case{{.exits = 15}, 3},
                      Case{{.exits = 4, .monitor = false, .hold = false, .parks = true}, 0},
                      Case{{.exits = 3, .histogram = false, .hold = false}, 4},
                      Case{{.exits = 5, .histogram = false, .monitor = false}, 1}));

TEST(ExitWatch, ClearsTheHistogramWhileASampleRunsAndLosesNothing) {
  Player player({.exits = 3, .monitor = false, .hold = false}, network_of(3), 7);
  player.program({});
  golden::ExitWatch golden(player.network(), {});
  const std::vector<std::uint64_t> thresholds = golden.thresholds();
  for (int n = 0; n < 40; ++n) {
    const std::vector<fixed::Decision> decisions = random_decisions(player, thresholds);
    const int exit = golden::exit_taken(decisions);
    player.sample(decisions, exit, 3);
    if (n == 19) {
      // Right behind a result: its decisions are counted when the rest has gone.
      golden.clear_histogram();
      player.clear(1U << ExitWatch::kClearHistogram);
      EXPECT_EQ(player.count(0, 0), 0U);
    }
    golden.result(exit, decisions, 1);
  }
  player.wait("result_wait_o");
  for (int e = 0; e < 2; ++e) {
    for (int bin = 0; bin < fixed::kConfidenceBins; ++bin)
      EXPECT_EQ(player.count(e, bin),
                golden.histogram()[static_cast<std::size_t>(e)][static_cast<std::size_t>(bin)]);
  }
}

TEST(ExitWatch, ForgetsTheWindowThatHasBegunWhenItIsTold) {
  Player player({.exits = 3, .histogram = false}, network_of(3), 11);
  golden::WatchSettings settings = random_settings(player, 2);
  settings.target = 20;
  player.program(settings);
  golden::ExitWatch golden(player.network(), settings);
  const auto run = [&](int samples) {
    for (int n = 0; n < samples; ++n) {
      const std::vector<fixed::Decision> decisions = random_decisions(player, golden.thresholds());
      const int exit = golden::exit_taken(decisions);
      const int latency = player.sample(decisions, exit, 1 + 20 * exit);
      golden.result(exit, decisions, static_cast<std::uint64_t>(latency));
    }
  };
  run(8);
  run(3);
  golden.restart_window();
  player.clear(1U << ExitWatch::kClearWindow);
  run(20);
  player.wait("start_wait_o");
  EXPECT_EQ(player.get("windows_o"), 7U);
  EXPECT_EQ(player.thresholds(), golden.thresholds());
  player.rest(20);
  EXPECT_EQ(player.get("latency_o"), golden.window_latency());
}

TEST(ExitWatch, RestsAtTheThresholdsOfTheRegistersWhileTheTargetIsZero) {
  Player player({.exits = 3, .histogram = false, .monitor = false}, network_of(3), 13);
  golden::WatchSettings settings = random_settings(player, 0);
  settings.target = 1;
  player.program(settings);
  const std::vector<fixed::Decision> decisions = random_decisions(player, {0, 0});
  player.sample(decisions, 2, 10);
  player.wait("start_wait_o");
  golden::ExitWatch golden(player.network(), settings);
  golden.result(2, decisions, 10);
  EXPECT_EQ(player.thresholds(), golden.thresholds());
  EXPECT_NE(golden.thresholds()[0], player.network().exits[0].threshold);
  player.network().exits[0].threshold += 5;
  settings.target = 0;
  player.program(settings);
  player.sample(decisions, 2, 10);
  player.rest(20);
  EXPECT_EQ(player.thresholds()[0], player.network().exits[0].threshold);
  EXPECT_EQ(player.thresholds()[1], player.network().exits[1].threshold);
}

TEST(ExitWatch, DriftFlagsStayUntilTheyAreCleared) {
  Player player({.exits = 2, .histogram = false, .hold = false}, network_of(2), 17);
  golden::WatchSettings settings{.bands = {{.low = 1, .high = 1}, {.low = 0, .high = 0}}};
  player.program(settings);
  player.sample({{}, {}}, 1, 3);
  player.sample({{}, {}}, 0, 3);
  player.rest(2);
  EXPECT_EQ(player.get("drift_o"), 3U);
  player.set("drift_clear_i", 1);
  player.rest(1);
  player.set("drift_clear_i", 0);
  player.rest(2);
  EXPECT_EQ(player.get("drift_o"), 2U);
}

}  // namespace
}  // namespace offramp::blocks

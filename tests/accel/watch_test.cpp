#include "accel/watch.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>

#include "accel/registers.h"
#include "accel/share.h"
#include "base/error.h"
#include "network_maker.h"

namespace offramp::accel {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::ThrowsMessage;

quant::QNetwork network(int exits, const std::string& name = "chain") {
  test::NetworkMaker maker(name, {2, 4, 4});
  int at = 0;
  for (int e = 0; e < exits; ++e) {
    at = maker.conv(at, 2, {});
    maker.exit(at);
  }
  return maker.make();
}

Accelerator plan(const quant::QNetwork& n, const Watch& watch, Strategy strategy = Strategy::pipeline) {
  return plan_accelerator(n, {.strategy = strategy,
                              .backbone = {.rows = 4, .columns = 2, .lanes = 1},
                              .exit_classifier = {.rows = 4, .columns = 2, .lanes = 1},
                              .watch = watch});
}

TEST(Watch, ItsRegistersLieBehindThoseThatADesignHasWithoutIt) {
  const Accelerator plain = plan(network(3), {});
  const Accelerator with = plan(network(3), {.histogram = true, .monitor = true, .hold = true});
  const auto before = register_map(plain);
  const auto after = register_map(with);
  ASSERT_LT(before.size(), after.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    Register there = after[i];
    if (there.name == "configuration") there.reset = before[i].reset;  // it is another design
    EXPECT_EQ(there, before[i]) << there.name;
  }
}

TEST(Watch, SixteenExitsHaveRegistersOfTheirOwn) {
  const auto map = register_map(plan(network(16), {.histogram = true, .monitor = true, .hold = true}));
  std::set<std::uint32_t> words;
  std::set<std::string> names;
  for (const Register& r : map) {
    for (int lsb = 0; lsb < r.bits; lsb += 32) {
      const std::uint32_t offset = r.offset + static_cast<std::uint32_t>(lsb) / 8;
      EXPECT_TRUE(words.insert(offset).second) << r.name;
      EXPECT_LT(offset, 1U << address_bits(map)) << r.name;
    }
    EXPECT_TRUE(names.insert(r.name).second) << r.name;
    EXPECT_FALSE(r.doc.empty()) << r.name;
  }
  for (const char* name :
       {"histogram_count", "band_15", "drift", "step_14", "limit_high_14", "threshold_now_14"})
    EXPECT_TRUE(names.contains(name)) << name;
}

TEST(Watch, ComesUpWithItsBandsAndWithALoopThatRests) {
  const quant::QNetwork n = network(2);
  const Accelerator a = plan(
      n, {.monitor = true, .hold = true, .window_log2 = 6, .bands = {{.low = 3, .high = 50}, {.low = 14}}});
  std::map<std::string, std::uint64_t> reset;
  for (const Register& r : register_map(a)) reset[r.name] = r.reset;
  EXPECT_EQ(reset.at("watch_window"), 6U);
  EXPECT_EQ(reset.at("band_0"), 50U << 16 | 3);
  EXPECT_EQ(reset.at("band_1"), 0xFFFFU << 16 | 14);
  EXPECT_EQ(reset.at("latency_target"), 0U);
  EXPECT_EQ(reset.at("limit_low_0"), n.exits[0].threshold);
  EXPECT_EQ(reset.at("limit_high_0"), n.exits[0].threshold);
}

TEST(Watch, IsNoHardwareWhereItIsNotAskedFor) {
  for (const auto& [file, text] : emit(plan(network(2), {})).files)
    EXPECT_THAT(text, Not(HasSubstr("watch"))) << file;
}

TEST(Watch, IsRefusedWhereThereIsNothingToWatch) {
  EXPECT_THAT(
      [] { (void)plan(network(2), {.monitor = true}, Strategy::static_); },
      ThrowsMessage<Error>(HasSubstr("no early exit to watch in a static design; leave out --watch")));
  EXPECT_THAT([] { (void)plan(network(1), {.hold = true}); },
              ThrowsMessage<Error>(HasSubstr("of a network with a single exit")));
  EXPECT_THAT([] { (void)plan(network(2), {.hold = true, .window_log2 = 16}); },
              ThrowsMessage<Error>(HasSubstr("2^0 to 2^15")));
  EXPECT_THAT(
      [] {
        (void)plan(network(3), {.monitor = true, .bands = {{}, {}}});
      },
      ThrowsMessage<Error>(HasSubstr("2 bands of exit rates for 3 exits")));
}

TEST(Watch, IsOfOneNetwork) {
  EXPECT_THAT(
      [] {
        (void)share_hardware(
            {plan(network(2, "a"), {.monitor = true}), plan(network(2, "b"), {.monitor = true})});
      },
      ThrowsMessage<Error>(HasSubstr("leave out --watch or --also")));
}

}  // namespace
}  // namespace offramp::accel

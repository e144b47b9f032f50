// Drivers and monitors against a design whose faults can be switched on: each rule is broken once and must be
// seen.
#include <gmock/gmock.h>

#include "base/error.h"
#include "fixture.h"
#include "verif/axi_lite_master.h"
#include "verif/axis_monitor.h"
#include "verif/result_sink.h"

namespace offramp::verif {
namespace {

using namespace testing;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Outcome {
  ViolationLog log;
  std::vector<Result> results;
  std::uint64_t wrong_classes = 0;
  std::uint64_t cycles = 0;
  std::string hang;
  std::vector<std::uint32_t> registers;  // as read at the end

  [[nodiscard]] std::string rules() const {
    std::string text;
    for (const Violation& v : log.all()) text += v.rule + " (" + v.detail + ")\n";
    return text;
  }
};

/// Sends 20 samples of 1 to 7 beats through the fixture with a fault, IDs wrapping over 65535.
Outcome run_fixture(int bug, StallProfile stalls, std::uint64_t seed = 1) {
  constexpr std::uint64_t kSamples = 20;
  Outcome outcome;
  const auto model = fixture_model();
  model->port("bug_i").set(static_cast<std::uint64_t>(bug));
  Random random(seed);
  std::vector<std::vector<std::uint8_t>> samples(kSamples);
  for (auto& sample : samples) {
    sample.resize(2 * (1 + random.below(7)));
    for (auto& byte : sample) byte = static_cast<std::uint8_t>(random.next());
  }
  const auto id = [](std::uint64_t n) { return static_cast<std::uint16_t>(65530 + n); };

  Bench bench(*model, {.watchdog = 5000});
  AxisSource source(*model, {.beat_bytes = 2, .stalls = stalls, .seed = seed});
  AxisMonitor input_monitor(*model, "s_axis", outcome.log);
  AxisMonitor output_monitor(*model, "m_axis", outcome.log, 1);
  AxiLiteMaster master(*model, outcome.log, {.seed = seed});
  ResultSink sink(
      *model, source, outcome.log,
      {.stalls = stalls, .seed = seed, .id = id, .on_result = [&](std::uint64_t n, const Result& r) {
         outcome.results.push_back(r);
         int sum = 7;
         for (const int byte : samples[n]) sum += byte;
         const int beats = static_cast<int>(samples[n].size() / 2);
         if (r.predicted != sum || r.exit != beats % 4) ++outcome.wrong_classes;
       }});
  for (Agent* agent :
       std::initializer_list<Agent*>{&source, &input_monitor, &sink, &output_monitor, &master}) {
    bench.attach(*agent);
  }
  for (std::uint64_t n = 0; n < kSamples; ++n) source.send(samples[n], id(n), mix_seed(seed, n));
  master.write(0x0, 0x12345678);
  master.write(0x4, 0xFFFFFFFF, 0x3);
  for (int i = 0; i < 8; ++i) master.read(0x0);
  master.read(0x4);
  bench.reset();
  try {
    bench.run_until([&] { return source.idle() && sink.received() >= kSamples && master.idle(); });
    master.read(0xC);
    bench.run_until([&] { return master.idle(); });
    for (int i = 0; i < 50; ++i) bench.cycle();  // for what should not come any more
  } catch (const Error& e) {
    outcome.hang = e.what();
  }
  sink.check_finished(bench.cycles());
  for (const auto& access : master.done()) outcome.registers.push_back(access.data);
  outcome.cycles = bench.cycles();
  return outcome;
}

TEST(Drivers, ACorrectDesignPassesUnderEveryStallProfile) {
  for (const auto profile : {StallProfile::none, StallProfile::light, StallProfile::heavy,
                             StallProfile::bursty, StallProfile::mixed}) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      const Outcome outcome = run_fixture(0, profile, seed);
      EXPECT_EQ(outcome.rules(), "");
      EXPECT_THAT(outcome.hang, IsEmpty());
      EXPECT_EQ(outcome.results.size(), 20u);
      EXPECT_EQ(outcome.wrong_classes, 0u);
      ASSERT_EQ(outcome.registers.size(), 12u);
      for (std::size_t i = 2; i < 10; ++i) EXPECT_EQ(outcome.registers[i], 0x12345678u);
      EXPECT_EQ(outcome.registers[10], 0xFFFFu);
      EXPECT_EQ(outcome.registers[11], 20u);
    }
  }
}

TEST(Drivers, StallsSlowTheStreamDownAndNoStallsDoNot) {
  // 20 samples: a cycle for each beat and one for each result.
  const Outcome fast = run_fixture(0, StallProfile::none);
  ASSERT_EQ(fast.results.size(), 20u);
  for (std::size_t i = 1; i < fast.results.size(); ++i) {
    EXPECT_LE(fast.results[i].cycle - fast.results[i - 1].cycle, 8u);
  }
  EXPECT_GT(run_fixture(0, StallProfile::heavy).cycles, 4 * fast.results.back().cycle);
}

TEST(Drivers, TheSameSeedGivesTheSameRun) {
  EXPECT_EQ(run_fixture(0, StallProfile::mixed, 9).cycles, run_fixture(0, StallProfile::mixed, 9).cycles);
  EXPECT_NE(run_fixture(0, StallProfile::mixed, 9).cycles, run_fixture(0, StallProfile::mixed, 10).cycles);
}

struct BrokenRule {
  int bug;
  const char* rule;
};
class EachRule : public ::testing::TestWithParam<BrokenRule> {};

TEST_P(EachRule, IsReportedWhenItIsBroken) {
  const Outcome outcome = run_fixture(GetParam().bug, StallProfile::heavy);
  EXPECT_THAT(outcome.rules(), HasSubstr(GetParam().rule)) << outcome.hang;
}

INSTANTIATE_TEST_SUITE_P(
    OfAStream, EachRule,
    ::testing::Values(BrokenRule{1, "m_axis: valid must stay until ready"},
                      BrokenRule{2, "m_axis: tdata must hold still while stalled"},
                      BrokenRule{15, "m_axis: tuser must hold still while stalled"},
                      BrokenRule{3, "m_axis: tlast must be set on the last beat of a packet and on no other"},
                      BrokenRule{4, "m_axis: a result must carry its own sample's ID"},
                      BrokenRule{5, "m_axis: a result must answer a sample"},
                      BrokenRule{6, "m_axis: a result must carry its own sample's ID"},
                      BrokenRule{6, "m_axis: every sample must have a result"},
                      BrokenRule{7, "m_axis: valid must be low in reset"},
                      BrokenRule{13, "m_axis: a result must answer a sample"},
                      BrokenRule{14, "m_axis: the unused bits of tdata must be zero"}));
INSTANTIATE_TEST_SUITE_P(
    OfTheRegisters, EachRule,
    ::testing::Values(
        BrokenRule{10, "s_axi: a response must answer a request [AXI4LITE_ERRS_BRESP_ALL_DONE_EOS]"},
        BrokenRule{12, "s_axi: valid must stay until ready [AXI4LITE_ERRS_BVALID_STABLE]"},
        BrokenRule{11, "s_axi: rdata must hold still while stalled [AXI4LITE_ERRS_RDATA_STABLE]"}));

TEST(Drivers, ADesignThatTakesDataWithoutValidGivesWrongClasses) {
  EXPECT_GT(run_fixture(8, StallProfile::light).wrong_classes, 0u);
  // Without garbage between the beats nothing would show: this is what the garbage is for.
  EXPECT_EQ(run_fixture(8, StallProfile::none).wrong_classes, 0u);
}

TEST(Drivers, AHangEndsWithWhatWasWaitedFor) {
  const Outcome outcome = run_fixture(9, StallProfile::none);
  EXPECT_THAT(outcome.hang, HasSubstr("the design hangs"));
  EXPECT_THAT(outcome.hang, HasSubstr("s_axis_tready for beat 0 of the sample with ID 65530"));
}

TEST(Drivers, ALostResultHangsWithItsSample) {
  const Outcome outcome = run_fixture(6, StallProfile::none);
  EXPECT_THAT(outcome.hang, HasSubstr("m_axis_tvalid with the result of sample"));
}

}  // namespace
}  // namespace offramp::verif

// The bus monitors against signals that the test plays: a clean transfer is quiet, and each rule of the
// protocol is broken once and named.
#include <gmock/gmock.h>

#include <array>
#include <map>

#include "verif/axi_lite_monitor.h"
#include "verif/axi_read_monitor.h"
#include "verif/axis_monitor.h"

namespace offramp::verif {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Signals by name, each in storage of its own.
class Stage {
 public:
  explicit Stage(const std::map<std::string, int>& bits) {
    for (const auto& [name, width] : bits) signals_.emplace(name, Signal(name, storage_[name].data(), width));
  }
  [[nodiscard]] Ports ports() const { return Ports(signals_); }
  /// The next cycle: signals that are not named keep their values.
  template <class Monitor>
  void cycle(Monitor& monitor, const std::map<std::string, std::uint64_t>& values) {
    for (const auto& [name, value] : values) signals_.at(name).set(value);
    monitor.observe(cycle_++);
  }
  template <class Monitor>
  void reset(Monitor& monitor, const std::map<std::string, std::uint64_t>& values) {
    for (const auto& [name, value] : values) signals_.at(name).set(value);
    monitor.observe_reset();
  }

 private:
  std::map<std::string, std::array<std::uint8_t, 16>> storage_;
  std::map<std::string, Signal> signals_;
  std::uint64_t cycle_ = 0;
};

std::vector<std::string> rules(const ViolationLog& log) {
  std::vector<std::string> all;
  for (const Violation& v : log.all()) all.push_back(v.rule);
  return all;
}

// ---- AXI4-Stream ----

struct StreamRig {
  Stage stage{{{"s_tdata", 96}, {"s_tvalid", 1}, {"s_tready", 1}, {"s_tlast", 1}, {"s_tuser", 16}}};
  ViolationLog log;
  AxisMonitor monitor{stage.ports(), "s", log, 2};
};

TEST(AxisMonitor, IsQuietForPacketsOfTheirLengthUnderStalls) {
  StreamRig r;
  r.stage.reset(r.monitor, {{"s_tvalid", 0}});
  for (int packet = 0; packet < 3; ++packet) {
    r.stage.cycle(r.monitor, {{"s_tvalid", 1}, {"s_tready", 0}, {"s_tlast", 0}, {"s_tuser", 5}});
    r.stage.cycle(r.monitor, {{"s_tready", 1}});
    r.stage.cycle(r.monitor, {{"s_tlast", 1}, {"s_tready", 0}});
    r.stage.cycle(r.monitor, {{"s_tready", 1}});
    r.stage.cycle(r.monitor, {{"s_tvalid", 0}, {"s_tlast", 0}, {"s_tuser", 9}});
  }
  EXPECT_THAT(rules(r.log), IsEmpty());
}

TEST(AxisMonitor, NamesEachSignalThatMovesWhileStalled) {
  for (const std::string signal : {"tlast", "tuser"}) {
    StreamRig r;
    r.stage.cycle(r.monitor, {{"s_tvalid", 1}, {"s_tready", 0}});
    r.stage.cycle(r.monitor, {{"s_" + signal, 1}});
    EXPECT_THAT(rules(r.log), ElementsAre(HasSubstr(signal + " must hold still"))) << signal;
  }
}

TEST(AxisMonitor, SeesEveryBitOfWideData) {
  for (const int lsb : {0, 63, 64, 95}) {
    Stage stage({{"s_tdata", 96}, {"s_tvalid", 1}, {"s_tready", 1}, {"s_tlast", 1}, {"s_tuser", 16}});
    ViolationLog log;
    AxisMonitor monitor(stage.ports(), "s", log);
    stage.cycle(monitor, {{"s_tvalid", 1}, {"s_tready", 0}});
    Signal data = stage.ports().port("s_tdata");
    data.set_part(lsb, 1, 1);
    stage.cycle(monitor, {});
    EXPECT_THAT(rules(log), ElementsAre(EndsWith("[AXI4STREAM_ERRM_TDATA_STABLE]"))) << lsb;
  }
}

TEST(AxisMonitor, WantsTheLastBeatMarkedAndNoOther) {
  StreamRig r;
  r.stage.cycle(r.monitor, {{"s_tvalid", 1}, {"s_tready", 1}, {"s_tlast", 1}});  // early
  r.stage.cycle(r.monitor, {{"s_tlast", 0}});
  r.stage.cycle(r.monitor, {{"s_tlast", 0}});  // missing
  EXPECT_THAT(rules(r.log), AllOf(SizeIs(2), Each(HasSubstr("TLAST_ONCE"))));
}

TEST(AxisMonitor, ForgetsAPacketThatAResetCut) {
  StreamRig r;
  r.stage.cycle(r.monitor, {{"s_tvalid", 1}, {"s_tready", 1}, {"s_tlast", 0}});
  r.stage.reset(r.monitor, {{"s_tvalid", 0}});
  r.stage.cycle(r.monitor, {{"s_tvalid", 1}, {"s_tlast", 0}});
  r.stage.cycle(r.monitor, {{"s_tlast", 1}});
  EXPECT_THAT(rules(r.log), IsEmpty());
}

TEST(AxisMonitor, WantsValidLowInResetAndHeldUntilReady) {
  StreamRig r;
  r.stage.reset(r.monitor, {{"s_tvalid", 1}});
  r.stage.cycle(r.monitor, {{"s_tready", 0}});
  r.stage.cycle(r.monitor, {{"s_tvalid", 0}});
  EXPECT_THAT(rules(r.log), ElementsAre(EndsWith("[AXI4STREAM_ERRM_TVALID_RESET]"),
                                        EndsWith("[AXI4STREAM_ERRM_TVALID_STABLE]")));
}

// ---- AXI4-Lite ----

struct LiteRig {
  Stage stage{{{"a_awaddr", 8},
               {"a_awvalid", 1},
               {"a_awready", 1},
               {"a_wdata", 32},
               {"a_wstrb", 4},
               {"a_wvalid", 1},
               {"a_wready", 1},
               {"a_bresp", 2},
               {"a_bvalid", 1},
               {"a_bready", 1},
               {"a_araddr", 8},
               {"a_arvalid", 1},
               {"a_arready", 1},
               {"a_rdata", 32},
               {"a_rresp", 2},
               {"a_rvalid", 1},
               {"a_rready", 1}}};
  ViolationLog log;
  AxiLiteMonitor monitor{stage.ports(), "a", log};
};

TEST(AxiLiteMonitor, IsQuietForAWriteAndARead) {
  LiteRig r;
  r.stage.reset(r.monitor, {});
  r.stage.cycle(r.monitor, {{"a_wvalid", 1}, {"a_wready", 1}});  // data before its address
  r.stage.cycle(r.monitor, {{"a_wvalid", 0}, {"a_awvalid", 1}, {"a_awready", 0}});
  r.stage.cycle(r.monitor, {{"a_awready", 1}});
  r.stage.cycle(r.monitor, {{"a_awvalid", 0}, {"a_bvalid", 1}, {"a_bready", 0}, {"a_bresp", 2}});
  r.stage.cycle(r.monitor, {{"a_bready", 1}});
  r.stage.cycle(r.monitor, {{"a_bvalid", 0}, {"a_arvalid", 1}, {"a_arready", 1}});
  r.stage.cycle(r.monitor, {{"a_arvalid", 0}, {"a_rvalid", 1}, {"a_rready", 1}, {"a_rdata", 77}});
  r.stage.cycle(r.monitor, {{"a_rvalid", 0}, {"a_rdata", 0}});
  EXPECT_THAT(rules(r.log), IsEmpty());
}

TEST(AxiLiteMonitor, WantsResponsesOnlyAfterWhatTheyAnswer) {
  LiteRig r;
  // Address without data: no response yet. A response in the very cycle of the request is one too early, too.
  r.stage.cycle(r.monitor, {{"a_awvalid", 1}, {"a_awready", 1}, {"a_bready", 1}});
  r.stage.cycle(r.monitor, {{"a_awvalid", 0}, {"a_bvalid", 1}});
  r.stage.cycle(r.monitor,
                {{"a_bvalid", 0}, {"a_arvalid", 1}, {"a_arready", 1}, {"a_rvalid", 1}, {"a_rready", 1}});
  EXPECT_THAT(rules(r.log), ElementsAre(EndsWith("[AXI4LITE_ERRS_BRESP_ALL_DONE_EOS]"),
                                        EndsWith("[AXI4LITE_ERRS_RDATA_NUM]")));
}

TEST(AxiLiteMonitor, RefusesExclusiveOkay) {
  LiteRig r;
  r.stage.cycle(r.monitor, {{"a_awvalid", 1},
                            {"a_awready", 1},
                            {"a_wvalid", 1},
                            {"a_wready", 1},
                            {"a_arvalid", 1},
                            {"a_arready", 1}});
  r.stage.cycle(r.monitor, {{"a_awvalid", 0},
                            {"a_wvalid", 0},
                            {"a_arvalid", 0},
                            {"a_bvalid", 1},
                            {"a_bresp", 1},
                            {"a_rvalid", 1},
                            {"a_rresp", 1},
                            {"a_bready", 1},
                            {"a_rready", 1}});
  EXPECT_THAT(rules(r.log), ElementsAre(EndsWith("[AXI4LITE_ERRS_BRESP_EXOKAY]"),
                                        EndsWith("[AXI4LITE_ERRS_RRESP_EXOKAY]")));
}

TEST(AxiLiteMonitor, NamesEachSignalThatMovesWhileStalled) {
  const std::vector<std::array<const char*, 3>> cases = {
      {"aw", "addr", "ERRM_AWADDR_STABLE"}, {"w", "data", "ERRM_WDATA_STABLE"},
      {"w", "strb", "ERRM_WSTRB_STABLE"},   {"b", "resp", "ERRS_BRESP_STABLE"},
      {"ar", "addr", "ERRM_ARADDR_STABLE"}, {"r", "data", "ERRS_RDATA_STABLE"},
      {"r", "resp", "ERRS_RRESP_STABLE"}};
  for (const auto& [channel, signal, rule] : cases) {
    LiteRig r;
    // Requests for the responses to answer.
    r.stage.cycle(r.monitor, {{"a_awvalid", 1},
                              {"a_awready", 1},
                              {"a_wvalid", 1},
                              {"a_wready", 1},
                              {"a_arvalid", 1},
                              {"a_arready", 1}});
    r.stage.cycle(r.monitor, {{"a_awvalid", 0},
                              {"a_wvalid", 0},
                              {"a_arvalid", 0},
                              {"a_awready", 0},
                              {"a_wready", 0},
                              {"a_arready", 0}});
    const std::string prefix = std::string("a_") + channel;
    r.stage.cycle(r.monitor, {{prefix + "valid", 1}, {prefix + "ready", 0}});
    r.stage.cycle(r.monitor, {{prefix + signal, 2}});
    EXPECT_THAT(rules(r.log), ElementsAre(HasSubstr(rule)));
  }
}

TEST(AxiLiteMonitor, WantsEveryValidLowInReset) {
  for (const std::string channel : {"aw", "w", "b", "ar", "r"}) {
    LiteRig r;
    r.stage.reset(r.monitor, {{"a_" + channel + "valid", 1}});
    EXPECT_THAT(rules(r.log), ElementsAre(HasSubstr("valid must be low in reset"))) << channel;
  }
}

// ---- AXI4, read channels ----

struct ReadRig {
  Stage stage{{{"m_araddr", 32},
               {"m_arlen", 8},
               {"m_arsize", 3},
               {"m_arburst", 2},
               {"m_arcache", 4},
               {"m_arprot", 3},
               {"m_arvalid", 1},
               {"m_arready", 1},
               {"m_rdata", 128},
               {"m_rresp", 2},
               {"m_rlast", 1},
               {"m_rvalid", 1},
               {"m_rready", 1}}};
  ViolationLog log;
  AxiReadMonitor monitor{stage.ports(), "m", log};

  void ask(std::uint64_t address, std::uint64_t beats, std::uint64_t size = 4, std::uint64_t burst = 1,
           std::uint64_t cache = 3) {
    stage.cycle(monitor, {{"m_arvalid", 1},
                          {"m_arready", 1},
                          {"m_araddr", address},
                          {"m_arlen", beats - 1},
                          {"m_arsize", size},
                          {"m_arburst", burst},
                          {"m_arcache", cache}});
    stage.cycle(monitor, {{"m_arvalid", 0}});
  }
  void answer(bool last, std::uint64_t response = 0) {
    stage.cycle(monitor,
                {{"m_rvalid", 1}, {"m_rready", 1}, {"m_rlast", last ? 1u : 0u}, {"m_rresp", response}});
    stage.cycle(monitor, {{"m_rvalid", 0}});
  }
};

TEST(AxiReadMonitor, IsQuietForBurstsThatKeepToTheRules) {
  ReadRig r;
  r.stage.reset(r.monitor, {});
  r.ask(4096 - 32, 2);  // up to the page's end
  r.ask(3, 16, 0, 0);   // FIXED, narrow
  r.ask(64, 4, 4, 2);   // WRAP
  for (int beat = 1; beat <= 2; ++beat) r.answer(beat == 2);
  for (int beat = 1; beat <= 16; ++beat) r.answer(beat == 16, 2);
  for (int beat = 1; beat <= 4; ++beat) r.answer(beat == 4);
  EXPECT_THAT(rules(r.log), IsEmpty());
}

TEST(AxiReadMonitor, NamesEachRuleOfAnAddressThatIsBroken) {
  struct Case {
    const char* rule;
    std::uint64_t address, beats, size, burst, cache;
  };
  for (const Case& c : std::vector<Case>{{"ERRM_ARADDR_BOUNDARY", 4096 - 16, 2, 4, 1, 3},
                                         {"ERRM_ARADDR_BOUNDARY", 8192 - 8, 2, 2, 1, 3},
                                         {"ERRM_ARBURST", 0, 1, 4, 3, 3},
                                         {"ERRM_ARSIZE", 0, 1, 5, 1, 3},
                                         {"ERRM_ARLEN_FIXED", 0, 17, 4, 0, 3},
                                         {"ERRM_ARLEN_WRAP", 0, 3, 4, 2, 3},
                                         {"ERRM_ARLEN_WRAP", 0, 1, 4, 2, 3},
                                         {"ERRM_ARADDR_WRAP_ALIGN", 8, 2, 4, 2, 3},
                                         {"ERRM_ARCACHE", 0, 1, 4, 1, 0b0100}}) {
    ReadRig r;
    // 8192 - 8 with two beats of four bytes ends with the page; three would not.
    const bool ends_inside = c.address == 8192 - 8;
    r.ask(c.address, ends_inside ? c.beats + 1 : c.beats, c.size, c.burst, c.cache);
    EXPECT_THAT(rules(r.log), ElementsAre(HasSubstr(std::string(c.rule) + "]"))) << c.rule;
    if (!ends_inside) continue;
    ReadRig clean;
    clean.ask(c.address, c.beats, c.size, c.burst, c.cache);
    EXPECT_THAT(rules(clean.log), IsEmpty());
  }
}

TEST(AxiReadMonitor, WantsDataForABurstAndItsLastBeatMarked) {
  ReadRig r;
  r.answer(true);  // nobody asked
  r.ask(0, 2);
  r.answer(true);   // early
  r.answer(false);  // missing
  r.ask(0, 1);
  r.answer(true, 1);  // EXOKAY
  EXPECT_THAT(rules(r.log), ElementsAre(EndsWith("ERRS_RDATA_NUM]"), EndsWith("ERRS_RLAST]"),
                                        EndsWith("ERRS_RLAST]"), EndsWith("ERRS_RRESP_EXOKAY]")));
}

TEST(AxiReadMonitor, NamesEachSignalThatMovesWhileStalled) {
  for (const std::string signal : {"addr", "len", "size", "burst", "cache", "prot"}) {
    ReadRig r;
    r.stage.cycle(r.monitor, {{"m_arvalid", 1}, {"m_arsize", 2}, {"m_arburst", 1}, {"m_arcache", 2}});
    r.stage.cycle(r.monitor, {{"m_ar" + signal, 3}});
    EXPECT_THAT(rules(r.log), ElementsAre(HasSubstr("ar" + signal + " must hold still"))) << signal;
  }
  for (const std::string signal : {"data", "resp", "last"}) {
    ReadRig r;
    r.ask(0, 2);
    r.stage.cycle(r.monitor, {{"m_rvalid", 1}, {"m_rready", 0}});
    Signal moving = r.stage.ports().port("m_r" + signal);
    moving.set_part(0, 1, 1);
    r.stage.cycle(r.monitor, {});
    EXPECT_THAT(rules(r.log), ElementsAre(HasSubstr("r" + signal + " must hold still"))) << signal;
  }
}

}  // namespace
}  // namespace offramp::verif

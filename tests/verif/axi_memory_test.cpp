// The memory model against a master that does what it is told: what it answers and when, and that each rule
// of the master is reported when it is broken.
#include "verif/axi_memory.h"

#include <gmock/gmock.h>

#include <functional>
#include <set>

#include "fixture.h"

namespace offramp::verif {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::uint64_t kBytes = 16;  // of the puppet's beats

struct Address {
  std::uint64_t address = 0;
  std::uint64_t beats = 1;
  std::uint64_t size = 4;
  std::uint64_t burst = 1;
};
struct Beat {
  std::vector<std::uint8_t> bytes;
  std::uint64_t response = 0;
  bool last = false;
  std::uint64_t cycle = 0;
};

/// Sends addresses one after the other and keeps the beats that come.
class Master : public Agent {
 public:
  explicit Master(const VerilatedModel& model)
      : araddr_(model.port("araddr_i")),
        arlen_(model.port("arlen_i")),
        arsize_(model.port("arsize_i")),
        arburst_(model.port("arburst_i")),
        arvalid_(model.port("arvalid_i")),
        rready_(model.port("rready_i")),
        arready_(model.port("m_axi_arready")),
        rdata_(model.port("m_axi_rdata")),
        rresp_(model.port("m_axi_rresp")),
        rlast_(model.port("m_axi_rlast")),
        rvalid_(model.port("m_axi_rvalid")) {
    arvalid_.set(0);
    rready_.set(1);
  }

  std::deque<Address> queue;
  std::vector<std::uint64_t> taken;  ///< cycles in which addresses were taken
  std::vector<Beat> beats;
  std::function<bool(std::uint64_t)> ready = [](std::uint64_t) { return true; };
  std::function<void(std::uint64_t, Address&, bool&)> spoil = [](std::uint64_t, Address&, bool&) {};

  void drive() override {
    Address now = queue.empty() ? Address{} : queue.front();
    bool valid = !queue.empty();
    spoil(cycle_, now, valid);
    araddr_.set(now.address);
    arlen_.set(now.beats - 1);
    arsize_.set(now.size);
    arburst_.set(now.burst);
    arvalid_.set(valid ? 1 : 0);
    rready_.set(ready(cycle_) ? 1 : 0);
  }
  void observe(std::uint64_t cycle) override {
    cycle_ = cycle + 1;
    if (arvalid_.get() != 0 && arready_.get() != 0) {
      taken.push_back(cycle);
      queue.pop_front();
    }
    if (rvalid_.get() == 0 || rready_.get() == 0) return;
    Beat beat{.bytes = {}, .response = rresp_.get(), .last = rlast_.get() != 0, .cycle = cycle};
    for (std::uint64_t i = 0; i < kBytes; ++i) {
      beat.bytes.push_back(static_cast<std::uint8_t>(rdata_.part(static_cast<int>(8 * i), 8)));
    }
    beats.push_back(beat);
  }
  [[nodiscard]] std::uint64_t progress() const override { return taken.size() + beats.size(); }

 private:
  Signal araddr_, arlen_, arsize_, arburst_, arvalid_, rready_;
  Signal arready_, rdata_, rresp_, rlast_, rvalid_;
  std::uint64_t cycle_ = 0;
};

struct Rig {
  explicit Rig(AxiMemory::Options options, std::size_t bytes = 1 << 16)
      : image(bytes),
        model(puppet()),
        bench(*model, {.clock = "clk_i", .reset = "rst_ni", .watchdog = 5000}) {
    Random random(3);
    for (auto& byte : image) byte = static_cast<std::uint8_t>(random.next());
    memory = std::make_unique<AxiMemory>(*model, log, image, std::move(options));
    master = std::make_unique<Master>(*model);
    bench.attach(*memory);
    bench.attach(*master);
  }
  static std::unique_ptr<VerilatedModel> puppet() {
    const ModelSources sources{std::filesystem::path(OFFRAMP_SOURCE_DIR) / "tests" / "verif" / "data",
                               {"axi_puppet.v"},
                               "axi_puppet"};
    const BuiltModel built =
        build_model(sources, {.favour = ModelOptions::Favour::build, .cache = testing::test_cache()});
    return std::make_unique<VerilatedModel>(built, sources,
                                            VerilatedModel::Start{.directory = sources.directory});
  }
  void run(std::size_t beats) {
    bench.reset();
    bench.run_until([&] { return master->beats.size() >= beats && memory->idle(); });
  }
  [[nodiscard]] std::string rules() const {
    std::string text;
    for (const Violation& v : log.all()) text += v.rule + " (" + v.detail + ")\n";
    return text;
  }

  std::vector<std::uint8_t> image;
  ViolationLog log;
  std::unique_ptr<VerilatedModel> model;
  Bench bench;
  std::unique_ptr<AxiMemory> memory;
  std::unique_ptr<Master> master;
};

TEST(AxiMemory, AnswersInOrderWithTheBytesOfItsImageUnderEveryStallProfile) {
  for (const auto profile : {StallProfile::none, StallProfile::light, StallProfile::heavy,
                             StallProfile::bursty, StallProfile::mixed}) {
    Rig rig({.may_hold_up = true,
             .latency_min = 1,
             .latency_max = 40,
             .address_stalls = profile,
             .data_stalls = profile,
             .seed = 7});
    Random random(1);
    std::vector<Address> sent;
    std::size_t beats = 0;
    for (int i = 0; i < 200; ++i) {
      const std::uint64_t at = random.below((1 << 16) / kBytes);
      const std::uint64_t to_page = 256 - at % 256;
      sent.push_back({at * kBytes, 1 + random.below(std::min<std::uint64_t>(to_page, 20))});
      beats += sent.back().beats;
      rig.master->queue.push_back(sent.back());
    }
    rig.master->ready = [&](std::uint64_t) { return !random.one_in(4); };
    rig.run(beats);
    EXPECT_EQ(rig.rules(), "");
    ASSERT_EQ(rig.master->beats.size(), beats);
    auto beat = rig.master->beats.begin();
    for (const Address& a : sent) {
      for (std::uint64_t b = 0; b < a.beats; ++b, ++beat) {
        const auto from = rig.image.begin() + static_cast<std::ptrdiff_t>(a.address + b * kBytes);
        ASSERT_EQ(beat->bytes, std::vector<std::uint8_t>(from, from + kBytes));
        ASSERT_EQ(beat->last, b + 1 == a.beats);
        ASSERT_EQ(beat->response, 0U);
      }
    }
    const AxiMemory::Counts& counts = rig.memory->counts();
    EXPECT_EQ(counts.bursts, 200U);
    EXPECT_EQ(counts.beats, beats);
    EXPECT_EQ(counts.error_beats, 0U);
    EXPECT_GT(counts.data_stalls, 0U);
    if (profile != StallProfile::none) {
      EXPECT_GT(counts.address_stalls, 0U);
    }
  }
}

TEST(AxiMemory, AnswersAfterTheLatencyOfEachBurst) {
  const auto latencies = [](int low, int high) {
    std::set<std::uint64_t> found;
    Rig rig({.latency_min = low, .latency_max = high});
    rig.bench.reset();
    for (std::size_t i = 0; i < 40; ++i) {
      rig.master->queue.push_back({0, 1});
      rig.bench.run_until([&] { return rig.master->beats.size() == i + 1; });
      found.insert(rig.master->beats[i].cycle - rig.master->taken[i]);
    }
    return found;
  };
  EXPECT_EQ(latencies(1, 1), std::set<std::uint64_t>{1});
  EXPECT_EQ(latencies(200, 200), std::set<std::uint64_t>{200});
  const auto random = latencies(20, 60);
  EXPECT_GE(*random.begin(), 20U);
  EXPECT_LE(*random.rbegin(), 60U);
  EXPECT_GT(random.size(), 10U);
}

TEST(AxiMemory, KeepsToItsBandwidth) {
  for (const int rate : {1, 100, 255, 256}) {
    Rig rig({.latency_min = 5, .latency_max = 5, .beats_per_256 = rate});
    const std::uint64_t beats = rate == 1 ? 16 : 1600;
    for (std::uint64_t i = 0; i < beats / 16; ++i) rig.master->queue.push_back({i * 256, 16});
    rig.run(beats);
    const std::uint64_t cycles = rig.master->beats.back().cycle - rig.master->beats.front().cycle;
    EXPECT_NEAR(static_cast<double>(cycles), 256.0 * static_cast<double>(beats - 1) / rate,
                1.0 + 256.0 / rate)
        << rate;
  }
}

TEST(AxiMemory, TakesNoMoreBurstsThanItsQueueHolds) {
  Rig rig({.latency_min = 100, .latency_max = 100, .queue = 2});
  for (int i = 0; i < 3; ++i) rig.master->queue.push_back({0, 4});
  rig.run(12);
  EXPECT_EQ(rig.master->taken[1], 1U);
  EXPECT_GT(rig.master->taken[2], 100U);
  EXPECT_GT(rig.memory->counts().address_stalls, 90U);
  EXPECT_GT(rig.memory->counts().waiting, 90U);
}

TEST(AxiMemory, AnswersFaultsAndWhatLiesBeyondItsImageWithErrors) {
  Rig rig({.latency_min = 1,
           .latency_max = 1,
           .faults = {{.first = 35, .bytes = 2}, {64, 16, AxiMemory::Response::decode_error}}},
          100);
  rig.master->queue.push_back({0, 8});
  rig.run(8);
  std::vector<std::uint64_t> responses;
  for (const Beat& beat : rig.master->beats) responses.push_back(beat.response);
  // The seventh beat, from byte 96 on, is only half inside.
  EXPECT_THAT(responses, ::testing::ElementsAre(0, 0, 2, 0, 3, 0, 3, 3));
  EXPECT_EQ(rig.memory->counts().error_beats, 4U);
}

struct Broken {
  const char* rule;
  Address address;
  std::function<void(std::uint64_t, Address&, bool&)> spoil = [](std::uint64_t, Address&, bool&) {};
  bool ready = true;
};

TEST(AxiMemory, ReportsEachRuleThatTheMasterBreaks) {
  const std::vector<Broken> cases = {
      {"m_axi: bursts must be INCR", {0, 2, 4, 2}},
      {"m_axi: beats must be whole", {0, 2, 3, 1}},
      {"m_axi: an address must be that of a beat", {8, 1, 4, 1}},
      {"m_axi: a burst is too long", {0, 33, 4, 1}},
      {"m_axi: a burst must not cross a 4 KB page", {4096 - 16, 2, 4, 1}},
      {"m_axi: valid must stay until ready",
       {0, 2},
       [](std::uint64_t c, Address&, bool& v) { v &= c % 2 == 0; }},
      {"m_axi: araddr must hold still while stalled",
       {0, 2},
       [](std::uint64_t c, Address& a, bool&) { a.address += kBytes * (c % 2); }},
      {"m_axi: valid must be low in reset", {0, 2}, [](std::uint64_t, Address&, bool& v) { v = true; }},
      {"m_axi: a beat that was asked for must be taken",
       {0, 2},
       {[](std::uint64_t, Address&, bool&) {}},
       false},
  };
  for (const Broken& broken : cases) {
    SCOPED_TRACE(broken.rule);
    Rig rig({.burst_limit = 32, .latency_min = 1, .latency_max = 1, .address_stalls = StallProfile::heavy});
    rig.master->queue.push_back(broken.address);
    rig.master->spoil = broken.spoil;
    rig.master->ready = [&](std::uint64_t c) { return broken.ready || c > 60; };
    if (std::string(broken.rule).find("reset") != std::string::npos) rig.master->drive();
    rig.bench.reset();
    for (int i = 0; i < 100 && !rig.master->queue.empty(); ++i) rig.bench.cycle();
    rig.master->spoil = [](std::uint64_t, Address&, bool&) {};
    for (int i = 0; i < 100; ++i) rig.bench.cycle();
    EXPECT_THAT(rig.rules(), HasSubstr(broken.rule));
  }
}

TEST(AxiMemory, SaysWhatItWaitsFor) {
  Rig rig({.may_hold_up = true, .latency_min = 1, .latency_max = 1});
  rig.master->queue.push_back({32, 2});
  rig.master->ready = [](std::uint64_t) { return false; };
  EXPECT_EQ(rig.memory->waiting_for(), "");
  rig.bench.reset();
  for (int i = 0; i < 5; ++i) rig.bench.cycle();
  EXPECT_EQ(rig.memory->waiting_for(), "m_axi_rready for the beat at 0x20");
  EXPECT_EQ(rig.rules(), "");
}

}  // namespace
}  // namespace offramp::verif

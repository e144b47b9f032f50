// The AXI4 read master against a memory with all its habits: random runs given up at random, every beat
// compared; what it costs, measured; and its rules proved.
#include "blocks/axi_read_master.h"

#include <gmock/gmock.h>

#include <optional>
#include <random>

#include "base/files.h"
#include "base/process.h"
#include "base/temp_folder.h"
#include "blocks/lint.h"
#include "verif/axi_memory.h"

namespace offramp::blocks {
namespace {

using ::testing::HasSubstr;
using verif::AxiMemory;
using verif::Signal;
using verif::StallProfile;

/// A master alone, Verilated.
struct Device {
  explicit Device(const AxiReadMaster& master) {
    hw::Design design;
    design.add(master);
    design.require_clean();
    write_file(folder / "master.v", hw::print_verilog(design.module_of(master)));
    const verif::ModelSources sources{folder.path(), {"master.v"}, master.name()};
    const auto built =
        verif::build_model(sources, {.favour = verif::ModelOptions::Favour::build,
                                     .random_start = true,
                                     .cache = std::filesystem::path(OFFRAMP_BINARY_DIR) / "test-models"});
    model = std::make_unique<verif::VerilatedModel>(
        built, sources, verif::VerilatedModel::Start{.directory = folder.path(), .random = true});
  }
  test::TempFolder folder;
  std::unique_ptr<verif::VerilatedModel> model;
};

struct BeatRun {
  std::uint64_t address = 0;
  std::uint64_t beats = 0;
};

/// The engine's side: starts runs, gives them up, keeps a store of some capacity and empties it at random;
/// compares what comes.
class Consumer : public verif::Agent {
 public:
  struct Options {
    std::uint64_t capacity = 1000;
    unsigned drain = 100;  // percent of cycles in which a beat leaves the store
    std::vector<AxiMemory::Fault> faults = {};
  };
  Consumer(const verif::VerilatedModel& model, const std::vector<std::uint8_t>& image, unsigned seed,
           Options options)
      : start_(model.port("start_i")),
        address_(model.port("first_address_i")),
        beats_(model.port("beats_i")),
        flush_(model.port("flush_i")),
        room_(model.port("room_i")),
        idle_(model.port("idle_o")),
        beat_(model.port("beat_o")),
        data_(model.port("data_o")),
        last_(model.port("last_o")),
        error_(model.port("error_o")),
        image_(image),
        random_(seed),
        options_(std::move(options)) {
    start_.set(0);
    flush_.set(0);
    room_.set(options_.capacity);
  }

  /// In the next cycle.
  void start(const BeatRun& run) { next_ = run; }
  void flush() { flush_next_ = true; }
  /// What is left of the present run.
  [[nodiscard]] std::uint64_t due() const { return run_.beats; }
  [[nodiscard]] bool idle() const { return idle_now_; }
  [[nodiscard]] std::uint64_t received() const { return received_; }
  [[nodiscard]] std::uint64_t errors() const { return errors_; }
  [[nodiscard]] std::uint64_t started_at() const { return started_at_; }
  /// Cycles of the run's first and latest beat.
  [[nodiscard]] std::uint64_t first_at() const { return first_at_; }
  [[nodiscard]] std::uint64_t latest_at() const { return latest_at_; }

  void drive() override {
    if (held_ > 0 && random_() % 100 < options_.drain) --held_;
    start_.set(next_ ? 1 : 0);
    flush_.set(flush_next_ ? 1 : 0);
    // While they mean nothing, they are anything.
    address_.set(next_ ? next_->address : random_());
    beats_.set(next_ ? next_->beats : random_());
    room_.set(options_.capacity - held_);
  }

  void observe(std::uint64_t cycle) override {
    idle_now_ = idle_.get() != 0;
    if (beat_.get() != 0) take(cycle);
    if (idle_now_) {
      EXPECT_EQ(run_.beats, 0U) << "idle in the middle of a run, cycle " << cycle;
    }
    if (next_ || flush_next_) {
      run_ = next_ ? *next_ : BeatRun{};
      // The store of a run that is given up is forgotten, or goes on as it is.
      if (random_() % 2 == 0) held_ = 0;
      if (next_) {
        started_at_ = cycle;
        first_at_ = 0;
      }
    }
    next_.reset();
    flush_next_ = false;
  }
  [[nodiscard]] std::string waiting_for() const override { return run_.beats == 0 ? "" : "beats of a run"; }
  [[nodiscard]] std::uint64_t progress() const override { return received_; }

 private:
  void take(std::uint64_t cycle) {
    ASSERT_GT(run_.beats, 0U) << "a beat too many in cycle " << cycle;
    ASSERT_LT(held_, options_.capacity) << "a beat without room in cycle " << cycle;
    const auto bytes = static_cast<std::uint64_t>(data_.bits()) / 8;
    bool wrong = run_.address + bytes > image_.size();
    for (const auto& f : options_.faults) {
      wrong |= run_.address + bytes > f.first && run_.address < f.first + f.bytes;
    }
    ASSERT_EQ(error_.get() != 0, wrong) << "at " << run_.address;
    for (std::uint64_t i = 0; i < bytes && !wrong; ++i) {
      ASSERT_EQ(data_.part(static_cast<int>(8 * i), 8), image_[run_.address + i])
          << "byte " << i << " of the beat at " << run_.address << " in cycle " << cycle;
    }
    run_.address += bytes;
    --run_.beats;
    ASSERT_EQ(last_.get() != 0, run_.beats == 0) << "in cycle " << cycle;
    ++held_;
    ++received_;
    errors_ += wrong ? 1 : 0;
    if (first_at_ == 0) first_at_ = cycle;
    latest_at_ = cycle;
  }

  Signal start_, address_, beats_, flush_, room_, idle_, beat_, data_, last_, error_;
  const std::vector<std::uint8_t>& image_;
  std::mt19937 random_;
  Options options_;
  std::optional<BeatRun> next_;
  bool flush_next_ = false;
  BeatRun run_;  // what is to come
  std::uint64_t held_ = 0;
  bool idle_now_ = false;
  std::uint64_t received_ = 0;
  std::uint64_t errors_ = 0;
  std::uint64_t started_at_ = 0, first_at_ = 0, latest_at_ = 0;
};

std::vector<std::uint8_t> random_image(std::size_t bytes) {
  std::mt19937 random(5);
  std::vector<std::uint8_t> image(bytes);
  for (auto& byte : image) byte = static_cast<std::uint8_t>(random());
  return image;
}

/// A master, its memory and its consumer on a clock.
struct Rig {
  Rig(const AxiReadMaster& master, AxiMemory::Options memory_options, Consumer::Options consumer_options)
      : image(random_image(1 << 16)),
        device(master),
        bench(*device.model, {.clock = "clk_i", .reset = "rst_ni", .watchdog = 20'000}),
        memory(*device.model, log, image, memory_options),
        consumer(*device.model, image, static_cast<unsigned>(memory_options.seed), consumer_options) {
    bench.attach(memory);
    bench.attach(consumer);
    bench.reset();
  }
  [[nodiscard]] std::string rules() const {
    std::string text;
    for (const auto& v : log.all()) text += v.rule + " (" + v.detail + ")\n";
    return text;
  }
  void finish_run() {
    bench.run_until([&] { return consumer.due() == 0; });
  }

  std::vector<std::uint8_t> image;
  Device device;
  verif::ViolationLog log;
  verif::Bench bench;
  AxiMemory memory;
  Consumer consumer;
};

struct Habit {
  int latency_min, latency_max, beats_per_256, queue;
  StallProfile address_stalls, data_stalls;
  std::uint64_t capacity;  // of the consumer, in bursts
  unsigned drain;
};
const std::vector<Habit> kHabits = {
    {1, 1, 256, 64, StallProfile::none, StallProfile::none, 64, 100},
    {20, 200, 256, 64, StallProfile::light, StallProfile::light, 8, 100},
    {20, 60, 100, 2, StallProfile::bursty, StallProfile::mixed, 1, 60},
    {1, 30, 256, 64, StallProfile::heavy, StallProfile::none, 3, 30},
    {5, 40, 256, 4, StallProfile::mixed, StallProfile::bursty, 2, 90},
};

class EveryMaster : public ::testing::TestWithParam<AxiReadMaster> {};

TEST_P(EveryMaster, BringsEveryBeatOfEveryRunInOrderAndNoneOfARunThatWasGivenUp) {
  const AxiReadMaster master = GetParam();
  const auto bytes = static_cast<std::uint64_t>(master.data_bits) / 8;
  const auto longest = static_cast<std::uint64_t>(master.burst_beats);
  for (std::size_t h = 0; h < kHabits.size(); ++h) {
    SCOPED_TRACE(h);
    const Habit& habit = kHabits[h];
    const std::vector<AxiMemory::Fault> faults = {{9000, 100, AxiMemory::Response::slave_error},
                                                  {20480, 1, AxiMemory::Response::decode_error}};
    Rig rig(master,
            {.burst_limit = master.burst_beats,
             .latency_min = habit.latency_min,
             .latency_max = habit.latency_max,
             .beats_per_256 = habit.beats_per_256,
             .queue = habit.queue,
             .address_stalls = habit.address_stalls,
             .data_stalls = habit.data_stalls,
             .seed = h,
             .faults = faults},
            {.capacity = habit.capacity * longest, .drain = habit.drain, .faults = faults});
    std::mt19937 random(static_cast<unsigned>(h));
    const auto below = [&](std::uint64_t n) { return random() % n; };
    const auto any_run = [&] {
      // Around the ends of pages, anywhere, or across the end of the image.
      const std::uint64_t beats = 1 + below(below(4) == 0 ? 3 : 6 * longest);
      const std::uint64_t at = below(3) == 0   ? 4096 * (1 + below(14)) - bytes * below(8)
                               : below(8) == 0 ? (1 << 16) - bytes * below(8)
                                               : below(1 << 16);
      return BeatRun{at / bytes * bytes, beats};
    };
    std::uint64_t ended = 0;
    for (int n = 0; n < 150; ++n) {
      rig.consumer.start(any_run());
      rig.bench.cycle();
      if (below(3) != 0) {
        rig.finish_run();
        ++ended;
        rig.bench.run_until([&] { return rig.consumer.idle() || rig.memory.idle(); });
        for (auto i = below(3); i > 0; --i) rig.bench.cycle();
        continue;
      }
      // Given up at some time, by a flush or by the next start, at once or later.
      const std::uint64_t patience = below(2) == 0 ? below(8) : below(400);
      for (std::uint64_t i = 0; i < patience; ++i) rig.bench.cycle();
      if (below(4) == 0) continue;
      rig.consumer.flush();
      if (below(2) == 0) continue;
      for (auto i = 1 + below(below(2) == 0 ? 3 : 100); i > 0; --i) rig.bench.cycle();
    }
    rig.finish_run();
    rig.bench.run_until([&] { return rig.memory.idle(); });
    for (int i = 0; i < 5; ++i) rig.bench.cycle();
    EXPECT_TRUE(rig.consumer.idle());
    EXPECT_EQ(rig.rules(), "");
    EXPECT_GT(rig.memory.counts().beats, rig.consumer.received()) << "some beats must have been swallowed";
    EXPECT_GT(rig.consumer.errors(), 0U);
    EXPECT_GT(ended, 50U);
    if (HasFatalFailure() || HasFailure()) return;
  }
}

TEST_P(EveryMaster, IsCleanInAllTools) {
  EXPECT_EQ(testing::lint(GetParam()), "");
}

INSTANTIATE_TEST_SUITE_P(
    AxiReadMaster, EveryMaster,
    ::testing::Values(AxiReadMaster{},
                      AxiReadMaster{.data_bits = 32, .burst_beats = 1, .outstanding = 1, .beats_bits = 12},
                      AxiReadMaster{.data_bits = 32, .burst_beats = 256, .outstanding = 2},
                      AxiReadMaster{
                          .address_bits = 40, .data_bits = 512, .burst_beats = 64, .outstanding = 4},
                      AxiReadMaster{.data_bits = 1024, .burst_beats = 2, .outstanding = 64}),
    [](const auto& tested) { return tested.param.name(); });

/// Cycles from the first to the last beat of a run, less those of a beat a cycle.
std::uint64_t bubbles(const AxiReadMaster& master, std::uint64_t beats, int latency) {
  Rig rig(master, {.latency_min = latency, .latency_max = latency, .queue = 512}, {.capacity = 4096});
  rig.consumer.start({64, beats});
  rig.bench.cycle();
  rig.finish_run();
  EXPECT_EQ(rig.rules(), "");
  return rig.consumer.latest_at() - rig.consumer.first_at() + 1 - beats;
}

TEST(AxiReadMaster, BringsABeatACycleWhereTheBurstsInFlightCoverTheLatency) {
  EXPECT_EQ(bubbles({.data_bits = 64, .burst_beats = 16, .outstanding = 16}, 8000, 200), 0U);
  // Bursts of one beat: an address in every cycle.
  EXPECT_EQ(bubbles({.data_bits = 32, .burst_beats = 1, .outstanding = 256}, 8000, 200), 0U);
  // Half of the beats that would be needed: half of the rate.
  EXPECT_GT(bubbles({.data_bits = 64, .burst_beats = 16, .outstanding = 8}, 8000, 200), 4000U);
}

TEST(AxiReadMaster, StartsWithinThreeCyclesOfTheMemorysLatency) {
  for (const int latency : {1, 20, 200}) {
    Rig rig({.outstanding = 4}, {.latency_min = latency, .latency_max = latency}, {});
    rig.consumer.start({4096, 40});
    rig.bench.cycle();
    rig.finish_run();
    EXPECT_EQ(rig.consumer.first_at() - rig.consumer.started_at(), static_cast<std::uint64_t>(latency) + 3);
  }
}

TEST(AxiReadMaster, StartsAgainAsSoonWhileOldBeatsAreStillToCome) {
  // 64 beats in flight come before the first of the new run, which would take 200 cycles anyway.
  Rig rig({.outstanding = 4}, {.latency_min = 200, .latency_max = 200}, {});
  rig.consumer.start({4096, 4000});
  rig.bench.cycle();
  for (int i = 0; i < 100; ++i) rig.bench.cycle();
  ASSERT_EQ(rig.memory.counts().bursts, 4U);
  ASSERT_EQ(rig.consumer.received(), 0U);
  for (int i = 0; i < 90; ++i) rig.bench.cycle();
  rig.consumer.flush();
  rig.consumer.start({8192, 16});
  rig.bench.cycle();
  rig.finish_run();
  EXPECT_EQ(rig.memory.counts().beats, 4U * 16U + 16U);
  // All four bursts were in flight: the new address waits for the end of the first.
  EXPECT_LE(rig.consumer.first_at() - rig.consumer.started_at(), 200U + 3U + 32U);
  EXPECT_EQ(rig.rules(), "");
}

TEST(AxiReadMaster, RefusesSizesThatAxiDoesNotHave) {
  const auto message = [](const AxiReadMaster& master) -> std::string {
    hw::Design design;
    try {
      design.add(master);
    } catch (const std::invalid_argument& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_EQ(message({}), "");
  EXPECT_THAT(message({.data_bits = 48}), HasSubstr("not 48"));
  EXPECT_THAT(message({.data_bits = 2048}), HasSubstr("not 2048"));
  EXPECT_THAT(message({.burst_beats = 12}), HasSubstr("not 12 beats"));
  EXPECT_THAT(message({.data_bits = 512, .burst_beats = 128}), HasSubstr("4096 bytes, not 128 beats of 512"));
  EXPECT_THAT(message({.outstanding = 3}), HasSubstr("not 3"));
  EXPECT_THAT(message({.burst_beats = 16, .beats_bits = 4}), HasSubstr("more than 4 bits"));
  EXPECT_THAT(message({.address_bits = 8}), HasSubstr("not 8"));
}

// ------------------------------------------------------------------------------------------------- proofs

/// Around a small master: a memory that keeps to AXI and is otherwise free, a consumer with as little room as
/// it likes, starts and flushes at any time. Lengths of the bursts in flight are kept in a queue.
constexpr const char* kProof = R"(
module proof (
  input clk_i, input start_i, input flush_i, input [11:0] first_address_i, input [2:0] beats_i,
  input arready_i, input offer_i, input [1:0] rresp_i, input [1023:0] rdata_i,
  input [2:0] more_i, input forget_i
);
  reg rst_n = 0;
  always @(posedge clk_i) rst_n <= 1;
  wire idle, beat, last, error, arvalid, rready;
  wire [1023:0] data;
  wire [11:0] araddr;
  wire [7:0] arlen;
  wire [2:0] arsize, arprot;
  wire [1:0] arburst;
  wire [3:0] arcache;

  // The memory: two bursts at most, lengths less one, and how far the first is.
  reg [1:0] bursts = 0;
  reg [7:0] len0 = 0, len1 = 0, done = 0;
  wire rvalid = offer_i & (bursts != 0);
  wire rlast = done == len0;
  wire taken = arvalid & arready_i;
  wire ended = rvalid & rlast;
  always @(posedge clk_i) if (!rst_n) begin
    bursts <= 0; done <= 0;
  end else begin
    bursts <= bursts + {1'b0, taken} - {1'b0, ended};
    if (rvalid) done <= rlast ? 8'd0 : done + 8'd1;
    if (ended) begin
      len0 <= (bursts == 1) ? arlen : len1;
      if (taken & bursts == 2) len1 <= arlen;
    end else if (taken) begin
      if (bursts == 0) len0 <= arlen; else len1 <= arlen;
    end
  end

  // The consumer: a beat takes room, and room comes back at will.
  reg [2:0] room = 0;
  reg no_room = 0;
  wire drop = start_i | flush_i;
  wire [2:0] back = (more_i > 3'd7 - room) ? 3'd0 : more_i;
  always @(posedge clk_i) if (!rst_n) begin
    room <= more_i; no_room <= 0;
  end else begin
    if (drop & forget_i) room <= more_i;
    else if (beat) room <= (room == 0) ? 3'd0 : room - 3'd1;
    else room <= room + back;
    if (beat & (room == 0)) no_room <= 1;
  end

  // What is due of the run.
  reg [2:0] due = 0;
  reg too_many = 0, wrong_last = 0;
  always @(posedge clk_i) if (!rst_n) begin
    due <= 0; too_many <= 0; wrong_last <= 0;
  end else begin
    if (drop) due <= start_i ? beats_i : 3'd0;
    else if (beat) due <= due - 3'd1;
    if (beat & (due == 0)) too_many <= 1;
    if (beat & (last != (due == 1))) wrong_last <= 1;
  end

  // An address that waits stays.
  reg waited = 0;
  reg [19:0] was = 0;
  reg moved = 0, crossed = 0;
  always @(posedge clk_i) if (!rst_n) begin
    waited <= 0; moved <= 0; crossed <= 0;
  end else begin
    waited <= arvalid & !arready_i;
    was <= {araddr, arlen};
    if (waited & (!arvalid | was != {araddr, arlen})) moved <= 1;
    if (arvalid & ({8'b0, araddr} + ({12'b0, arlen} + 20'd1) * 20'd128 > 20'd4096)) crossed <= 1;
  end

  `BLOCK u_block (.clk_i(clk_i), .rst_ni(rst_n), .start_i(start_i), .flush_i(flush_i),
    .first_address_i({first_address_i[11:7], 7'b0}), .beats_i(beats_i), .room_i(room), .idle_o(idle),
    .beat_o(beat), .data_o(data), .last_o(last), .error_o(error), .m_axi_araddr(araddr),
    .m_axi_arlen(arlen), .m_axi_arsize(arsize), .m_axi_arburst(arburst), .m_axi_arcache(arcache),
    .m_axi_arprot(arprot), .m_axi_arvalid(arvalid), .m_axi_arready(arready_i), .m_axi_rdata(rdata_i),
    .m_axi_rresp(rresp_i), .m_axi_rlast(rlast), .m_axi_rvalid(rvalid), .m_axi_rready(rready));

  always @(posedge clk_i) if (rst_n) assert (!(no_room | too_many | wrong_last | moved | crossed) & rready
    & !(taken & bursts == 2) & !(idle & (due != 0 | bursts != 0 | arvalid)));
endmodule
)";

/// What the model checker of abc says of all five: proved for all time.
std::string prove(const std::string& verilog, const AxiReadMaster& master) {
  const test::TempFolder folder;
  write_file(folder / "block.v", verilog);
  write_file(folder / "proof.v", kProof);
  const auto read = run_process(
      {"yosys", "-q", "-p",
       "read_verilog block.v; read_verilog -formal -DBLOCK=" + master.name() +
           " proof.v; prep -flatten -top proof; memory_map; async2sync; dffunmap; setundef -anyseq; "
           "delete -output; opt_clean; techmap; opt -full -nodffe -nosdff; abc -g AND -fast; opt_clean; "
           "write_aiger -zinit top.aig"},
      {.directory = folder.path()});
  EXPECT_EQ(read.exit_code, 0) << read.output;
  return run_process({"yosys-abc", "-c", "read_aiger top.aig; strash; scorr; dc2; pdr -T 200"},
                     {.directory = folder.path(), .time_limit = std::chrono::seconds(250)})
      .output;
}

const AxiReadMaster kSmall{
    .address_bits = 12, .data_bits = 1024, .burst_beats = 4, .outstanding = 2, .beats_bits = 3};

std::string printed(const AxiReadMaster& master) {
  hw::Design design;
  design.add(master);
  design.require_clean();
  return hw::print_verilog(design.module_of(master));
}

TEST(AxiReadMasterProof, AddressesStayAndCrossNoPageAndNoBeatComesWithoutRoomOrAfterItsRun) {
  if (!find_tool("yosys") || !find_tool("yosys-abc")) GTEST_SKIP() << "skipped: yosys not found";
  EXPECT_THAT(prove(printed(kSmall), kSmall), HasSubstr("Property proved"));
}

/// A proof that cannot fail says nothing.
TEST(AxiReadMasterProof, FailsWhereOneOfTheRulesIsBroken) {
  if (!find_tool("yosys") || !find_tool("yosys-abc")) GTEST_SKIP() << "skipped: yosys not found";
  const std::string good = printed(kSmall);
  const std::vector<std::pair<std::string, std::string>> faults = {
      {"wire has_room = ", "wire has_room = 1'b1 | "},
      {"end else if (m_axi_arready) begin", "end else begin"},
      {"3'd4 - {1'b0, address_q[1:0]}", "3'd4"},
      {"m_axi_rvalid & ~stale & ~drop", "m_axi_rvalid & ~drop"},
      {"due_q == 3'd1", "due_q == 3'd2"},
  };
  for (const auto& [from, to] : faults) {
    SCOPED_TRACE(from);
    std::string text = good;
    const auto at = text.find(from);
    ASSERT_NE(at, std::string::npos) << text;
    EXPECT_THAT(prove(text.replace(at, from.size(), to), kSmall), HasSubstr("was asserted in frame"));
  }
}

}  // namespace
}  // namespace offramp::blocks

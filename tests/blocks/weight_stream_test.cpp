// Master, ring and memory together, connected as an accelerator does it: programs of tiles that stay and
// tiles that stream, sample after sample, some given up in the middle. Every tile that the engine takes is
// compared.
#include <gmock/gmock.h>

#include <random>

#include "base/error.h"
#include "base/files.h"
#include "base/temp_folder.h"
#include "blocks/axi_read_master.h"
#include "blocks/weight_ring.h"
#include "verif/axi_memory.h"

namespace offramp::blocks {
namespace {

using verif::AxiMemory;
using verif::Signal;
using verif::StallProfile;

const AxiReadMaster kMaster{.data_bits = 64, .burst_beats = 16, .outstanding = 16};
const WeightRing kRing{.engine = "test",
                       .rows = 16,
                       .columns = 2,
                       .weight_bits = 8,
                       .tiles = 70,
                       .resident = 6,
                       .data_bits = 64};
constexpr int kProgram = 200;  // tiles

/// One pulse (go_i) forgets the ring, gives the old run up and starts the next.
void weight_stream(hw::ModuleBuilder& m, const WeightRing& ring) {
  m.doc("A read master and the ring that it fills.");
  const auto ck = m.clocking();
  const auto go = m.input("go_i", hw::bit());
  const auto resident = m.input("resident_i", hw::bit());
  const auto address = m.input("first_address_i", hw::uint(kMaster.address_bits));
  const auto beats = m.input("beats_i", hw::uint(kMaster.beats_bits));
  auto u_master = m.instance("u_master", kMaster, {.ck = ck});
  auto u_ring = m.instance("u_ring", ring, {.ck = ck});
  const auto name_of = [](const hw::Value& port) {
    return port.module()->decls[hw::target_decl(*port.module(), port.id())].name;
  };
  const auto& a = u_master.ports;
  const auto& r = u_ring.ports;
  u_master.in(a.start, go);
  u_master.in(a.flush, go);
  u_master.in(a.first_address, address);
  u_master.in(a.beats, beats);
  u_ring.in(r.restart, go);
  u_ring.in(r.loading_resident, resident);
  u_ring.in(r.beat, u_master.out(a.beat, "beat"));
  u_ring.in(r.data, u_master.out(a.data, "data"));
  u_ring.in(r.error, u_master.out(a.error, "error"));
  m.unused(u_master.out(a.last, "last"));
  u_master.in(a.room, u_ring.out(r.room, "room"));
  m.drive(m.output("idle_o", hw::bit()), u_master.out(a.idle, "idle"));
  for (const auto& port :
       {a.araddr, a.arlen, a.arsize, a.arburst, a.arcache, a.arprot, a.arvalid, a.rready}) {
    const std::string name = name_of(port);
    m.drive(m.output(name, port.type()), u_master.out(port, name.substr(6)));
  }
  for (const auto& port : {a.arready, a.rdata, a.rresp, a.rlast, a.rvalid}) {
    const std::string name = name_of(port);
    u_master.in(port, m.input(name, port.type()));
  }
  u_ring.in(r.load, m.input("load_i", hw::bit()));
  u_ring.in(r.address, m.input("address_i", r.address.type()));
  u_ring.in(r.streamed, m.input("streamed_i", hw::bit()));
  m.drive(m.output("available_o", hw::bit()), u_ring.out(r.available, "available"));
  m.drive(m.output("weight_load_o", r.weight_load.type()), u_ring.out(r.weight_load, "weight_load"));
  m.drive(m.output("weight_o", r.weight.type()), u_ring.out(r.weight, "weight"));
  m.drive(m.output("tile_error_o", hw::bit()), u_ring.out(r.tile_error, "tile_error"));
  u_ring.in(r.direct_write, 0);
  u_ring.in(r.direct_address, 0);
  u_ring.in(r.direct_row, 0);
  u_ring.in(r.direct_data, 0);
}

/// Takes the tiles of the program in order, each as soon as it may, at most one in `period` cycles.
class Engine : public verif::Agent {
 public:
  Engine(const verif::VerilatedModel& model, const std::vector<std::uint8_t>& image, std::uint64_t period,
         const WeightRing& ring)
      : ring_(ring), image_(image), period_(period) {
    for (const char* name :
         {"go_i", "resident_i", "first_address_i", "beats_i", "idle_o", "load_i", "address_i", "streamed_i",
          "available_o", "weight_load_o", "weight_o", "tile_error_o"}) {
      signals_[name] = model.port(name);
    }
    at("load_i").set(0);
    at("go_i").set(0);
  }

  void load_resident() { go(true, 0, ring_.resident); }
  /// A new sample: the program from its first tile.
  void begin() {
    go(false, ring_.resident, kProgram - ring_.resident);
    next_ = 0;
  }
  [[nodiscard]] bool done() const { return next_ >= kProgram; }
  [[nodiscard]] bool idle() { return at("idle_o").get() != 0; }
  [[nodiscard]] std::uint64_t compared() const { return compared_; }

  void drive() override {
    at("go_i").set(go_ ? 1 : 0);
    const bool resident = next_ < ring_.resident;
    const bool load = !go_ && !done() && cycle_ >= not_before_ && (resident || at("available_o").get() != 0);
    at("load_i").set(load ? 1 : 0);
    at("streamed_i").set(resident ? 0 : 1);
    at("address_i").set(static_cast<std::uint64_t>(next_ % ring_.resident));
    if (!load) return;
    for (int r = 0; r < ring_.rows; ++r) {
      expected_[cycle_ + static_cast<std::uint64_t>(r) + 1].push_back({r, next_});
    }
    ++next_;
    not_before_ = cycle_ + period_;
  }
  void observe(std::uint64_t cycle) override {
    cycle_ = cycle + 1;
    go_ = false;
    EXPECT_EQ(at("tile_error_o").get(), 0U);
    std::uint64_t loads = 0;
    for (const auto& [row, tile] : expected_[cycle]) {
      loads |= std::uint64_t{1} << row;
      const auto from = static_cast<std::size_t>(tile) * tile_bytes_ + static_cast<std::size_t>(row) * 2;
      const std::uint64_t word = image_[from] | std::uint64_t{image_[from + 1]} << 8;
      ASSERT_EQ(at("weight_o").part(row * 16, 16), word)
          << "row " << row << " of tile " << tile << " in cycle " << cycle;
      ++compared_;
    }
    ASSERT_EQ(at("weight_load_o").get(), loads) << "in cycle " << cycle;
    expected_.erase(cycle);
  }
  [[nodiscard]] std::uint64_t progress() const override { return compared_; }

 private:
  Signal& at(const std::string& name) { return signals_.at(name); }
  void go(bool resident, int first, int tiles) {
    go_ = true;
    at("resident_i").set(resident ? 1 : 0);
    at("first_address_i").set(static_cast<std::uint64_t>(first) * tile_bytes_);
    at("beats_i").set(static_cast<std::uint64_t>(tiles * ring_.beats_per_tile()));
  }

  WeightRing ring_;
  // The rows of these rings fill their beats.
  std::size_t tile_bytes_ = static_cast<std::size_t>(ring_.beats_per_tile()) * 8;
  const std::vector<std::uint8_t>& image_;
  std::uint64_t period_;
  std::map<std::string, Signal> signals_;
  bool go_ = false;
  int next_ = kProgram;
  std::uint64_t cycle_ = 0;
  std::uint64_t not_before_ = 0;
  std::uint64_t compared_ = 0;
  std::map<std::uint64_t, std::vector<std::pair<int, int>>> expected_;  // rows and their tiles, by cycle
};

struct Rig {
  Rig(AxiMemory::Options options, std::uint64_t period, const WeightRing& ring = kRing) {
    hw::Design design;
    design.add_module("weight_stream", [&](hw::ModuleBuilder& m) { weight_stream(m, ring); });
    design.require_clean();
    verif::ModelSources sources{folder.path(), {}, "weight_stream"};
    for (const hw::Module* module : design.modules()) {
      sources.verilog.push_back(module->name + ".v");
      write_file(folder / sources.verilog.back(), hw::print_verilog(*module));
    }
    const auto built =
        verif::build_model(sources, {.favour = verif::ModelOptions::Favour::build,
                                     .random_start = true,
                                     .cache = std::filesystem::path(OFFRAMP_BINARY_DIR) / "test-models"});
    model = std::make_unique<verif::VerilatedModel>(
        built, sources, verif::VerilatedModel::Start{.directory = folder.path(), .random = true});
    image.resize(static_cast<std::size_t>(kProgram * ring.beats_per_tile()) * 8);
    std::mt19937 random(8);
    for (auto& byte : image) byte = static_cast<std::uint8_t>(random());
    bench = std::make_unique<verif::Bench>(
        *model,
        // Loads pass from row to row, and what was under way before the reset has left behind the last.
        verif::Bench::Options{.clock = "clk_i", .reset = "rst_ni", .reset_cycles = 40, .watchdog = 5000});
    options.burst_limit = kMaster.burst_beats;
    memory = std::make_unique<AxiMemory>(*model, log, image, options);
    engine = std::make_unique<Engine>(*model, image, period, ring);
    bench->attach(*memory);
    bench->attach(*engine);
    bench->reset();
    engine->load_resident();
    bench->cycle();
    bench->run_until([&] { return engine->idle(); });
  }
  /// Cycles of one sample whose program runs to its end.
  std::uint64_t sample() {
    const std::uint64_t before = bench->cycles();
    engine->begin();
    bench->cycle();
    bench->run_until([&] { return engine->done(); });
    return bench->cycles() - before;
  }

  test::TempFolder folder;
  std::unique_ptr<verif::VerilatedModel> model;
  std::vector<std::uint8_t> image;
  verif::ViolationLog log;
  std::unique_ptr<verif::Bench> bench;
  std::unique_ptr<AxiMemory> memory;
  std::unique_ptr<Engine> engine;
};

TEST(WeightStream, GivesEveryTileOfEverySampleHoweverManyAreGivenUp) {
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    SCOPED_TRACE(seed);
    Rig rig({.latency_min = seed % 2 == 0 ? 1 : 20,
             .latency_max = seed % 2 == 0 ? 3 : 200,
             .address_stalls = seed == 0 ? StallProfile::none : StallProfile::mixed,
             .data_stalls = seed < 2 ? StallProfile::none : StallProfile::mixed,
             .seed = seed},
            seed == 3 ? 7 : 1);
    std::mt19937 random(static_cast<unsigned>(seed));
    for (int n = 0; n < 60; ++n) {
      if (random() % 3 == 0) {
        rig.sample();
      } else {
        rig.engine->begin();
        for (auto i = random() % 600; i > 0; --i) rig.bench->cycle();
      }
      if (HasFatalFailure()) return;
    }
    rig.sample();
    for (int i = 0; i < kRing.rows; ++i) rig.bench->cycle();
    EXPECT_EQ(rig.log.count(), 0U) << rig.log.all().front().rule;
    EXPECT_GT(rig.engine->compared(), 20U * kProgram * static_cast<unsigned>(kRing.rows));
  }
}

TEST(WeightStream, TakesThePartOfTheMemorysTimeThatItsTilesNeed) {
  // 194 tiles of 4 beats, and the latency before the first.
  Rig rig({.latency_min = 200, .latency_max = 200}, 1);
  rig.sample();
  const std::uint64_t beats = static_cast<std::uint64_t>(kProgram - kRing.resident) * 4;
  EXPECT_LE(rig.sample(), beats + 200 + 8);
  EXPECT_GE(rig.sample(), beats + 200);
}

TEST(WeightStream, RunsInTheSmallestRingForItsBurstsAndInNoSmaller) {
  WeightRing ring{.engine = "test", .rows = 12, .columns = 2, .weight_bits = 8, .resident = 2};
  ASSERT_EQ(ring.beats_per_tile(), 3);
  const int least = ring.least_slots(kMaster.burst_beats);
  EXPECT_EQ(least, 6);
  ring.tiles = ring.resident + least;
  for (int seed = 0; seed < 3; ++seed) {
    Rig rig({.latency_min = 1, .latency_max = 30, .seed = static_cast<std::uint64_t>(seed)}, 1, ring);
    rig.sample();
    rig.sample();
    EXPECT_EQ(rig.log.count(), 0U);
  }
  --ring.tiles;
  Rig rig({.latency_min = 1, .latency_max = 30}, 1, ring);
  EXPECT_THROW(rig.sample(), Error);
}

}  // namespace
}  // namespace offramp::blocks

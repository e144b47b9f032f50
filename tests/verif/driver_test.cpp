// The C driver of a design folder, compiled as it stands, on the Verilated design.
#include <gmock/gmock.h>

#include <numeric>

#include "accel/load_script.h"
#include "accel/share.h"
#include "base/error.h"
#include "base/files.h"
#include "base/process.h"
#include "design/driver_files.h"
#include "stream_bench.h"
#include "verif/driver_calls.h"
#include "verif/driver_host.h"
#include "verif/driver_run.h"

namespace offramp::verif {
namespace {

using namespace testing;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

constexpr accel::ArrayShape kSmall{.rows = 8, .columns = 4, .lanes = 1};

void add_driver(const TestDesign& design) {
  for (const auto& [name, text] : design::driver_files(design.accelerator, design.emitted.top))
    write_text(design.directory() / name, text);
}

/// A design on the chip with two early exits, or one whose weights stream, for `images` at a time.
TestDesign on_chip(accel::Strategy strategy, bool prune = false, const accel::Watch& watch = {}) {
  TestDesign design = make_design(streamed_network(),
                                  accel::Options{.strategy = strategy,
                                                 .backbone = kSmall,
                                                 .exit_classifier = {.rows = 4, .columns = 2, .lanes = 1},
                                                 .prune = prune,
                                                 .watch = watch},
                                  24);
  add_driver(design);
  return design;
}
TestDesign streamed(int images) {
  const quant::QNetwork network = streamed_network();
  accel::Options options{.strategy = accel::Strategy::pipeline,
                         .backbone = kSmall,
                         .weights = {.beat_bits = 256, .beats_per_256 = 64, .images = images}};
  options = with_smallest_store(network, options);
  options.weights.store_bits *= images > 1 ? 2 : 1;
  TestDesign design = make_design(network, options, 24);
  add_driver(design);
  return design;
}

DriverReport run(const TestDesign& design, std::size_t samples = 24) {
  return run_driver(design.accelerator, design.emitted, design.directory(), design.data,
                    {.samples = samples, .random_start = true, .model_cache = test_cache()});
}

std::string describe(const DriverReport& report) {
  return report.steps.back().what + ": " + report.steps.back().difference;
}

bool did(const DriverReport& report, const std::string& what) {
  return std::any_of(report.steps.begin(), report.steps.end(),
                     [&](const DriverStep& s) { return s.what.find(what) != std::string::npos; });
}

/// Changes one place of a driver's file.
void edit(const fs::path& file, const std::string& was, const std::string& is) {
  std::string text = read_file(file);
  const std::size_t at = text.find(was);
  ASSERT_NE(at, std::string::npos) << was << " is not in " << file;
  write_text(file, text.replace(at, was.size(), is));
}

TEST(Driver, DoesAllThatItHasToOnADesignOfEachStrategy) {
  for (const auto strategy :
       {accel::Strategy::static_, accel::Strategy::pipeline, accel::Strategy::parallel}) {
    const DriverReport report = run(on_chip(strategy));
    EXPECT_TRUE(report.passed) << accel::to_string(strategy) << ": " << describe(report);
    EXPECT_TRUE(did(report, "tables are loaded"));
    EXPECT_EQ(did(report, "thresholds"), strategy != accel::Strategy::static_);
    EXPECT_EQ(report.images, 24U);
    EXPECT_GE(report.results_compared, 24U + 5 + 5 + 1);
    EXPECT_EQ(report.descriptors, 2);
  }
}

TEST(Driver, LoadsWeightsThatStreamAndTellsWhatIsWrongWithThem) {
  const DriverReport report = run(streamed(1));
  EXPECT_TRUE(report.passed) << describe(report);
  EXPECT_TRUE(did(report, "wrong weights are refused"));
}

TEST(Driver, GivesEachImageItsOwnResultWhereResultsOvertakeOthers) {
  const TestDesign design = streamed(4);
  ASSERT_EQ(design.accelerator.engines.front().images, 4);
  const DriverReport report = run(design);
  EXPECT_TRUE(report.passed) << describe(report);
  // They do overtake: a driver that takes them in the order of the images finds out.
  edit(design.directory() / "driver" / (design.emitted.top + ".c"), ".in_order = 0u", ".in_order = 1u");
  const DriverReport ordered = run(design);
  EXPECT_FALSE(ordered.passed);
  EXPECT_THAT(ordered.steps.back().difference, HasSubstr("does not answer an image that is under way"));
}

TEST(Driver, LoadsOneNetworkAfterTheOther) {
  TestDesign design;
  std::vector<accel::Accelerator> networks;
  for (const std::uint64_t seed : {1, 2}) {
    quant::QNetwork network = streamed_network(8, seed);
    network.name += std::to_string(seed);
    networks.push_back(
        accel::plan_accelerator(network, {.strategy = accel::Strategy::pipeline, .backbone = kSmall}));
  }
  design.data = random_images(networks.front().network, 24, 1000);
  design.accelerator = accel::share_hardware(std::move(networks));
  design.emitted = accel::emit(design.accelerator);
  design.folder = std::make_unique<ScratchDirectory>();
  write_design(design.emitted, design.directory());
  add_driver(design);
  const DriverReport report = run(design, 12);
  EXPECT_TRUE(report.passed) << describe(report);
}

TEST(Driver, IsFoundOutWhereItIsWrong) {
  struct Fault {
    const char* file;
    const char* was;
    const char* is;
    const char* step;
  };
  const Fault faults[] = {
      {"offramp.c", "value != device->design->version", "value == 0u", "knows its design"},
      {"offramp.c", "offset + 4u, (uint32_t)(value", "offset, (uint32_t)(value", "thresholds and criteria"},
      {"offramp.c", "offramp_read(device, offset + 4u, &high)", "offramp_read(device, offset, &high)",
       "thresholds and criteria"},
      {"offramp.c", "word >> 16 & 0xFFu", "word >> 16 & 0xFEu", "24 images"},
      {"offramp_dma.c", "dma->device->image_bytes", "dma->device->image_bytes - 4u", "24 images"},
      {"offramp_dma.c", "#define CURDESC 0x08u", "#define CURDESC 0x10u", "24 images"},
      {"offramp_dma.c", "(status & DMASR_HALTED) == 0u", "1", "24 images"},
      {"offramp_dma.c", "(uint64_t)stride * i", "(uint64_t)stride * 0u", "24 images"},
      {"offramp_dma.c", "error = offramp_reset(dma->device)", "error = OFFRAMP_OK", "where no memory is"},
      {"offramp.c", "return OFFRAMP_ERROR_TLAST;", "return OFFRAMP_OK;", "too short"},
  };
  for (const Fault& f : faults) {
    const TestDesign design = on_chip(accel::Strategy::pipeline);
    edit(design.directory() / "driver" / f.file, f.was, f.is);
    const DriverReport report =
        run_driver(design.accelerator, design.emitted, design.directory(), design.data,
                   {.samples = 24, .random_start = true, .model_cache = test_cache()});
    EXPECT_FALSE(report.passed) << f.was;
    EXPECT_THAT(report.steps.back().what, HasSubstr(f.step)) << f.was << ": " << describe(report);
    EXPECT_NE(report.steps.back().difference, "");
  }
}

TEST(Driver, OfAnotherDesignIsRefusedByTheHardware) {
  const TestDesign design = on_chip(accel::Strategy::pipeline);
  accel::Accelerator other = design.accelerator;
  other.network.exits[0].threshold += 1;
  for (const auto& [name, text] : design::driver_files(other, design.emitted.top))
    write_text(design.directory() / name, text);
  const DriverReport report = run(design);
  EXPECT_FALSE(report.passed);
  EXPECT_THAT(report.steps.back().difference, HasSubstr("another design answers"));
}

/// A driver on a design, call by call.
class Bare {
 public:
  Bare(const TestDesign& design, DriverHost::Options options)
      : model_(model_of(design)),
        library_(design.directory(), design.emitted.top),
        call(library_),
        host(*model_, design.accelerator, std::move(options)) {
    const offramp_bus bus = host.bus();
    const offramp_platform platform = host.platform();
    EXPECT_EQ(call.open(&device, &library_.design(), &bus, &platform), OFFRAMP_OK);
  }
  /// Puts the design's images behind the first `ring` bytes of the memory, 64 bytes apart.
  void put_images(const TestDesign& design, std::size_t ring) {
    for (std::size_t i = 0; i < design.data.size(); ++i) {
      std::copy_n(design.data.image(i), kStride, host.memory().find(address(ring, i), kStride));
    }
  }
  [[nodiscard]] static std::uint64_t address(std::size_t ring, std::size_t image) {
    return DriverHost::kMemoryAddress + ring + image * kStride;
  }
  static constexpr std::uint32_t kStride = 64;  // 8 x 8 x 1

 private:
  std::unique_ptr<VerilatedModel> model_;
  DriverLibrary library_;

 public:
  DriverCalls call;
  DriverHost host;
  offramp_device device{};
  offramp_dma dma{};
};

constexpr std::size_t kRing = 4 * OFFRAMP_DMA_BYTES_PER_IMAGE;
constexpr std::size_t kRoom = 24;  // images

TEST(Driver, WorksThroughARingThatIsFullAgainAndAgain) {
  const TestDesign design = on_chip(accel::Strategy::pipeline);
  for (const bool wide : {false, true}) {
    Bare bare(design, {.memory_bytes = kRing + kRoom * Bare::kStride, .stalls = true, .wide = wide});
    bare.put_images(design, kRing);
    const offramp_dma_config config = bare.host.dma(kRing);
    ASSERT_EQ(bare.call.dma_open(&bare.dma, &bare.device, &config), OFFRAMP_OK);
    EXPECT_EQ(bare.dma.count, 4U);
    EXPECT_EQ(bare.call.dma_send(&bare.dma, Bare::address(kRing, 0), Bare::kStride, 5U), OFFRAMP_ERROR_FULL);
    offramp_result none;
    EXPECT_EQ(bare.call.dma_receive(&bare.dma, &none), OFFRAMP_ERROR_EMPTY);
    // Over the end of the numbers that results carry.
    for (int round = 0; round < 7; ++round) {
      std::vector<offramp_result> results(kRoom);
      ASSERT_EQ(bare.call.dma_run(&bare.dma, Bare::address(kRing, 0), Bare::kStride,
                                  static_cast<std::uint32_t>(kRoom), results.data()),
                OFFRAMP_OK);
      for (std::size_t i = 0; i < kRoom; ++i) {
        const golden::Trace golden =
            golden::run_simple(design.accelerator.network, {design.data.image(i), Bare::kStride});
        EXPECT_EQ(results[i].exit, static_cast<std::uint32_t>(golden.exit));
        EXPECT_EQ(results[i].top_class, static_cast<std::uint32_t>(golden.predicted));
      }
    }
    EXPECT_TRUE(bare.host.log().all().empty()) << bare.host.log().all().front().rule;
  }
}

TEST(Driver, TellsWhatStoppedTheDmaEngine) {
  const TestDesign design = on_chip(accel::Strategy::pipeline);
  Bare bare(design, {.memory_bytes = kRing + kRoom * Bare::kStride});
  bare.put_images(design, kRing);
  const offramp_dma_config config = bare.host.dma(kRing);
  ASSERT_EQ(bare.call.dma_open(&bare.dma, &bare.device, &config), OFFRAMP_OK);
  const auto send = [&] { return bare.call.dma_send(&bare.dma, Bare::address(kRing, 0), Bare::kStride, 1U); };
  offramp_result result;
  using Response = AxiDma::Response;
  struct Case {
    AxiDma::Fault fault;
    int error;
  };
  const std::uint64_t memory = DriverHost::kMemoryAddress;
  const std::uint64_t result_slot = memory + 8 * OFFRAMP_DMA_ALIGNMENT;
  for (const Case& c : {Case{{Bare::address(kRing, 0) + 40, 4}, OFFRAMP_ERROR_DMA_SLAVE},
                        Case{{result_slot, 4}, OFFRAMP_ERROR_DMA_SLAVE},
                        Case{{result_slot, 4, Response::decode_error}, OFFRAMP_ERROR_DMA_DECODE},
                        Case{{memory, 4}, OFFRAMP_ERROR_DMA_DESCRIPTOR}}) {
    ASSERT_EQ(bare.call.dma_recover(&bare.dma), OFFRAMP_OK);
    bare.host.engine().set_faults({c.fault});
    ASSERT_EQ(send(), OFFRAMP_OK);
    EXPECT_EQ(bare.call.dma_receive(&bare.dma, &result), c.error);
    EXPECT_EQ(bare.call.dma_errors(&bare.dma), c.error);
    bare.host.engine().set_faults({});
    ASSERT_EQ(bare.call.dma_recover(&bare.dma), OFFRAMP_OK);
    ASSERT_EQ(send(), OFFRAMP_OK);
    ASSERT_EQ(bare.call.dma_receive(&bare.dma, &result), OFFRAMP_OK);
    EXPECT_EQ(result.image, 0U);
  }
}

TEST(Driver, GivesUpWhenItsPatienceIsOver) {
  const TestDesign design = on_chip(accel::Strategy::pipeline);
  Bare bare(design, {.memory_bytes = kRing + kRoom * Bare::kStride, .patience = 50});
  bare.put_images(design, kRing);
  const offramp_dma_config config = bare.host.dma(kRing);
  ASSERT_EQ(bare.call.dma_open(&bare.dma, &bare.device, &config), OFFRAMP_OK);
  ASSERT_EQ(bare.call.stop(&bare.device), OFFRAMP_OK);
  offramp_result result;
  ASSERT_EQ(bare.call.dma_send(&bare.dma, Bare::address(kRing, 0), Bare::kStride, 1U), OFFRAMP_OK);
  EXPECT_EQ(bare.call.dma_receive(&bare.dma, &result), OFFRAMP_ERROR_TIMEOUT);
  ASSERT_EQ(bare.call.start(&bare.device), OFFRAMP_OK);
  EXPECT_EQ(bare.call.dma_receive(&bare.dma, &result), OFFRAMP_OK);
}

TEST(Driver, SetsAndReadsTheRegistersThatOnlySomeDesignsHave) {
  const TestDesign design =
      on_chip(accel::Strategy::pipeline, true, {.histogram = true, .monitor = true, .hold = true});
  Bare bare(design, {.memory_bytes = kRing + kRoom * Bare::kStride});
  bare.put_images(design, kRing);
  auto& call = bare.call;
  auto* device = &bare.device;
  std::uint32_t value = 0;
  int above = 0;
  ASSERT_EQ(call.set_skip(device, 1U, 77U, 1), OFFRAMP_OK);
  ASSERT_EQ(call.get_skip(device, 1U, &value, &above), OFFRAMP_OK);
  EXPECT_EQ(value, 77U);
  EXPECT_EQ(above, 1);
  ASSERT_EQ(call.set_skip(device, 1U, 0U, 0), OFFRAMP_OK);
  ASSERT_EQ(call.set_window(device, 2U), OFFRAMP_OK);
  ASSERT_EQ(call.set_band(device, 2U, 4U, 4U), OFFRAMP_OK);
  ASSERT_EQ(call.set_band(device, 0U, 0U, 0U), OFFRAMP_OK);
  ASSERT_EQ(call.set_steps(device, 0U, 1U, std::uint64_t{5}, std::uint64_t{1} << 33), OFFRAMP_OK);
  for (std::uint32_t e = 0; e < 2; ++e) {
    ASSERT_EQ(call.set_criterion(device, e, std::uint32_t{OFFRAMP_MAX_SOFTMAX}), OFFRAMP_OK);
    ASSERT_EQ(call.set_threshold(device, e, std::uint64_t{e == 0 ? 0xFFFFFFFFU : 0U}), OFFRAMP_OK);
  }
  const offramp_dma_config config = bare.host.dma(kRing);
  ASSERT_EQ(call.dma_open(&bare.dma, device, &config), OFFRAMP_OK);
  std::vector<offramp_result> results(8);
  ASSERT_EQ(call.dma_run(&bare.dma, Bare::address(kRing, 0), Bare::kStride, 8U, results.data()), OFFRAMP_OK);
  for (const offramp_result& r : results) EXPECT_EQ(r.exit, 0U);
  ASSERT_EQ(call.windows(device, &value), OFFRAMP_OK);
  EXPECT_EQ(value, 2U);
  std::uint32_t total = 0;
  for (std::uint32_t bin = 0; bin < 16; ++bin) {
    ASSERT_EQ(call.histogram(device, 0U, bin, &value), OFFRAMP_OK);
    total += value;
  }
  EXPECT_EQ(total, 8U);
  ASSERT_EQ(call.drift(device, 1U, &value), OFFRAMP_OK);
  EXPECT_EQ(value, 5U) << "all leave at exit 0 and none at exit 2";
  ASSERT_EQ(call.drift(device, 0U, &value), OFFRAMP_OK);
  EXPECT_EQ(value, 4U);
  ASSERT_EQ(call.window_latency(device, &value), OFFRAMP_OK);
  EXPECT_GT(value, 10U);
  std::uint64_t threshold = 0;
  ASSERT_EQ(call.threshold_now(device, 0U, &threshold), OFFRAMP_OK);
  EXPECT_EQ(threshold, 0xFFFFFFFFU);
  ASSERT_EQ(call.set_hold(device, 1000U, 10U), OFFRAMP_OK);
  ASSERT_EQ(call.watch_clear(device, 1, 1), OFFRAMP_OK);
  bare.host.run(200);
  ASSERT_EQ(call.histogram(device, 0U, 0U, &value), OFFRAMP_OK);
  EXPECT_EQ(value, 0U);

  const TestDesign plain = on_chip(accel::Strategy::pipeline);
  Bare without(plain, {});
  EXPECT_EQ(without.call.set_skip(&without.device, 0U, 1U, 0), OFFRAMP_ERROR_ABSENT);
  EXPECT_EQ(without.call.windows(&without.device, &value), OFFRAMP_ERROR_ABSENT);
  EXPECT_EQ(without.call.set_weights(&without.device, std::uint64_t{0}), OFFRAMP_ERROR_ABSENT);
}

TEST(Driver, InterruptsWhenResultsStopBeforeTheirNumberIsReached) {
  const TestDesign design = on_chip(accel::Strategy::pipeline);
  Bare bare(design, {.memory_bytes = kRing + kRoom * Bare::kStride});
  bare.put_images(design, kRing);
  const offramp_dma_config config = bare.host.dma(kRing);
  ASSERT_EQ(bare.call.dma_open(&bare.dma, &bare.device, &config), OFFRAMP_OK);
  ASSERT_EQ(bare.call.dma_enable_interrupts(&bare.dma, 4U, 100U), OFFRAMP_OK);
  std::vector<offramp_result> results(3);
  int happened = 0;
  ASSERT_EQ(bare.call.dma_run(&bare.dma, Bare::address(kRing, 0), Bare::kStride, 3U, results.data()),
            OFFRAMP_OK);
  ASSERT_EQ(bare.call.dma_take_interrupt(&bare.dma, &happened), OFFRAMP_OK);
  EXPECT_EQ(happened, 0);
  bare.host.run(13'000);
  EXPECT_TRUE(bare.host.engine().interrupt());
  ASSERT_EQ(bare.call.dma_take_interrupt(&bare.dma, &happened), OFFRAMP_OK);
  EXPECT_EQ(happened, 1);
  EXPECT_FALSE(bare.host.engine().interrupt());
}

}  // namespace
}  // namespace offramp::verif

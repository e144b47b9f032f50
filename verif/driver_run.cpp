#include "verif/driver_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "accel/load_script.h"
#include "accel/registers.h"
#include "accel/share.h"
#include "base/error.h"
#include "verif/driver_calls.h"
#include "verif/driver_host.h"
#include "verif/golden_feed.h"
#include "verif/random.h"

namespace offramp::verif {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kRing = 64;           // images that can be under way
constexpr std::uint32_t kWeights = 0x4000;  // where the weight image lies; behind it a damaged one
constexpr std::size_t kPage = 4096;
constexpr std::size_t kFew = 5;  // images of the short runs

std::size_t round_up(std::size_t n, std::size_t unit) {
  return (n + unit - 1) / unit * unit;
}

/// What a step found.
struct Difference {
  std::string text;
};

std::vector<std::size_t> choose(const net::Split& data, std::size_t samples, std::uint64_t seed) {
  std::vector<std::size_t> images(data.size());
  std::iota(images.begin(), images.end(), std::size_t{0});
  Random random(mix_seed(seed, 1));
  const std::size_t count = std::min(samples, images.size());
  for (std::size_t i = 0; i < count; ++i) std::swap(images[i], images[i + random.below(images.size() - i)]);
  images.resize(count);
  return images;
}

/// Memory behind the port through which weights stream.
std::vector<std::uint8_t> weight_memory(const accel::Emitted& emitted) {
  const auto found = emitted.files.find("mem/weights.bin");
  if (found == emitted.files.end()) return {};
  const std::string& image = found->second;
  const std::size_t second = round_up(kWeights + image.size(), kPage);
  std::vector<std::uint8_t> memory(second + image.size(), 0x5A);
  std::copy(image.begin(), image.end(), memory.begin() + kWeights);
  std::copy(image.begin(), image.end(), memory.begin() + static_cast<std::ptrdiff_t>(second));
  memory.back() ^= 1;
  return memory;
}

std::uint64_t cycles_of_a_sample(const accel::Accelerator& accelerator) {
  std::uint64_t cycles = 0;
  for (const accel::EnginePlan& engine : accelerator.engines) {
    for (const accel::LayerPlan& l : engine.layers)
      cycles += static_cast<std::uint64_t>(l.issue_cycles + l.wait);
  }
  return cycles;
}

class Run {
 public:
  Run(const accel::Accelerator& accelerator, const accel::Emitted& emitted, const fs::path& design_dir,
      const net::Split& data, const DriverRunOptions& options, VerilatedModel& model, DriverReport& report)
      : a_(accelerator),
        emitted_(emitted),
        data_(data),
        options_(options),
        report_(report),
        library_(design_dir, emitted.top),
        call_(library_),
        images_(choose(data, options.samples, options.seed)),
        bytes_(static_cast<std::size_t>(data.shape.elements())),
        stride_(round_up(bytes_, OFFRAMP_DMA_ALIGNMENT)),
        ring_bytes_(kRing * OFFRAMP_DMA_BYTES_PER_IMAGE),
        weights_(weight_memory(emitted)),
        host_(model, accelerator,
              {.memory_bytes = ring_bytes_ + images_.size() * stride_,
               .weights = weights_,
               .patience = static_cast<std::uint32_t>(20'000 + cycles_of_a_sample(accelerator)),
               .stalls = options.stalls,
               .seed = options.seed}) {
    for (std::size_t i = 0; i < images_.size(); ++i)
      std::copy_n(data.image(images_[i]), bytes_, host_.memory().find(address_of(i), bytes_));
  }

  void all() {
    step("the driver knows its design from others", [&] { identity(); });
    step("a register that is none is an error", [&] { no_register(); });
    if (streams()) step("wrong weights are refused, the right ones taken", [&] { weights(); });
    load_tables();
    if (early() > 0) step("thresholds and criteria are read back", [&] { thresholds(); });
    step(fmt::format("{} images by DMA", images_.size()), [&] { long_run(); });
    step("the counters agree", [&] { counters(); });
    if (early() > 0) step("other thresholds, other exits", [&] { other_thresholds(); });
    step("interrupts of accelerator and DMA engine", [&] { interrupts(); });
    step("an image where no memory is, and a reset", [&] { no_image(); });
    step("an image that is too short, and a reset", [&] { short_image(); });
    step("the bus protocols were kept", [&] {
      if (!host_.log().all().empty()) {
        const Violation& v = host_.log().all().front();
        throw Difference{fmt::format("{} (cycle {}: {})", v.rule, v.cycle, v.detail)};
      }
    });
  }

 private:
  template <typename Work>
  void step(const std::string& what, Work work) {
    report_.steps.push_back({.what = what, .difference = {}});
    work();
  }
  void expect(const std::string& what, int expected, int got) {
    host_.rethrow();
    if (expected == got) return;
    throw Difference{fmt::format("{}: '{}' expected, '{}' ({}) came", what, call_.error_text(expected),
                                 call_.error_text(got), got)};
  }
  template <typename Number>
  void expect_equal(const std::string& what, Number expected, Number got) {
    if (expected != got) throw Difference{fmt::format("{}: {} expected, {} came", what, expected, got)};
  }
  [[nodiscard]] bool streams() const { return !weights_.empty(); }
  /// Early exits that hardware and network both have.
  [[nodiscard]] std::uint32_t early() const {
    return std::min<std::uint32_t>(library_.design().threshold.count,
                                   static_cast<std::uint32_t>(a_.network.exits.size()) - 1);
  }
  [[nodiscard]] std::uint64_t address_of(std::size_t image) const {
    return DriverHost::kMemoryAddress + ring_bytes_ + image * stride_;
  }

  void identity() {
    const offramp_bus bus = host_.bus();
    const offramp_platform platform = host_.platform();
    offramp_design other = library_.design();
    other.configuration ^= 1;
    expect("opened as another design", OFFRAMP_ERROR_CONFIGURATION,
           call_.open(&device_, &other, &bus, &platform));
    other = library_.design();
    other.version += 1;
    expect("opened as another version's", OFFRAMP_ERROR_VERSION,
           call_.open(&device_, &other, &bus, &platform));
    expect("open", OFFRAMP_OK, call_.open(&device_, &library_.design(), &bus, &platform));
  }

  void no_register() {
    std::uint32_t end = 0;
    for (const accel::Register& r : accel::register_map(a_)) end = r.offset + 8;
    std::uint32_t value = 0;
    expect("read behind the last register", OFFRAMP_ERROR_BUS, call_.read(&device_, end, &value));
    expect("write behind the last register", OFFRAMP_ERROR_BUS, call_.write(&device_, end, 0U));
  }

  void weights() {
    const auto alignment = library_.design().weights_alignment;
    expect("an address that is not aligned", OFFRAMP_ERROR_ARGUMENT,
           call_.set_weights(&device_, kWeights + alignment / 2));
    expect("weights where no memory is", OFFRAMP_ERROR_WEIGHTS_DECODE,
           call_.set_weights(&device_, round_up(weights_.size(), kPage) + kPage));
    const std::size_t image = emitted_.files.at("mem/weights.bin").size();
    expect("weights with a wrong bit", OFFRAMP_ERROR_WEIGHTS_REFUSED,
           call_.set_weights(&device_, round_up(kWeights + image, kPage)));
    expect("errors", OFFRAMP_ERROR_WEIGHTS_REFUSED, call_.errors(&device_));
    set_weights();
    // What was ready before says nothing of what is set now.
    expect("weights with a wrong bit after right ones", OFFRAMP_ERROR_WEIGHTS_REFUSED,
           call_.set_weights(&device_, round_up(kWeights + image, kPage)));
    set_weights();
  }

  void set_weights() {
    if (!streams()) return;
    expect("the design's own weights", OFFRAMP_OK, call_.set_weights(&device_, kWeights));
    expect("errors", OFFRAMP_OK, call_.errors(&device_));
  }

  /// Words of the backbone's tables are spoiled, then all are loaded again.
  void load_tables() {
    constexpr std::size_t kMost = 200'000;  // register writes
    const std::size_t writes = accel::load_script(a_).size();
    if (writes > kMost) {
      report_.steps.push_back({fmt::format("tables are loaded: skipped, {} register writes", writes), {}});
      return;
    }
    step(fmt::format("tables are loaded, {} register writes", writes), [&] {
      const std::uint32_t nonsense[] = {0xFFFFFFFF, 0xFFFFFFFF};
      expect("stop", OFFRAMP_OK, call_.stop(&device_));
      const std::uint32_t tables = streams() ? 3 : 4;  // weights that stream come another way
      for (std::uint32_t table = 0; table < tables; ++table) {
        for (std::uint32_t word = 0; word < 4; ++word)
          expect("load a word", OFFRAMP_OK,
                 call_.load_word(&device_, 0U, table, word, nonsense, std::size_t{2}));
      }
      const std::string script = accel::load_text(a_);
      expect("a script that is cut off", OFFRAMP_ERROR_SCRIPT,
             call_.load(&device_, script.data(), script.size() - 2 * std::string("00000081\n").size()));
      for (std::size_t n = accel::networks_of(a_).size(); n-- > 0;) {
        const std::string text = accel::load_text(accel::seen_from(a_, n));
        expect("load", OFFRAMP_OK, call_.load(&device_, text.data(), text.size()));
      }
    });
  }

  void thresholds() {
    for (std::uint32_t e = 0; e < early(); ++e) {
      const quant::QExit& exit = a_.network.exits[e];
      std::uint64_t threshold = 0;
      std::uint32_t criterion = 0;
      const std::uint64_t other =
          ~exit.threshold & ((std::uint64_t{1} << fixed::DecisionTables::kThresholdBits) - 1);
      for (const std::uint64_t value : {other, exit.threshold}) {
        expect("set threshold", OFFRAMP_OK, call_.set_threshold(&device_, e, value));
        expect("get threshold", OFFRAMP_OK, call_.get_threshold(&device_, e, &threshold));
        expect_equal(fmt::format("threshold of exit {}", e), value, threshold);
      }
      for (const std::uint32_t value :
           {std::uint32_t{OFFRAMP_PATIENCE}, static_cast<std::uint32_t>(exit.criterion)}) {
        expect("set criterion", OFFRAMP_OK, call_.set_criterion(&device_, e, value));
        expect("get criterion", OFFRAMP_OK, call_.get_criterion(&device_, e, &criterion));
        expect_equal(fmt::format("criterion of exit {}", e), value, criterion);
      }
    }
    expect("a threshold of an exit that has none", OFFRAMP_ERROR_ARGUMENT,
           call_.set_threshold(&device_, std::uint32_t{library_.design().threshold.count}, std::uint64_t{0}));
  }

  /// Sends images from `first` on and holds the results against the golden reference of `network`.
  void run_images(const accel::Accelerator& network, std::size_t first, std::size_t count) {
    std::vector<offramp_result> results(count);
    expect("run", OFFRAMP_OK,
           call_.dma_run(&dma_, address_of(first), static_cast<std::uint32_t>(stride_),
                         static_cast<std::uint32_t>(count), results.data()));
    GoldenFeed golden(network, data_,
                      {images_.begin() + static_cast<std::ptrdiff_t>(first),
                       images_.begin() + static_cast<std::ptrdiff_t>(first + count)});
    for (std::size_t i = 0; i < count; ++i) {
      const ExpectedSample& e = golden.at(i);
      const offramp_result& r = results[i];
      const std::string what = fmt::format("test image {}", images_[first + i]);
      expect_equal(what + ", error", 0U, r.error);
      expect_equal(what + ", exit", static_cast<std::uint32_t>(e.exit), r.exit);
      expect_equal(what + ", class", static_cast<std::uint32_t>(e.predicted), r.top_class);
      if (left_.size() <= r.exit) left_.resize(r.exit + 1, 0);
      ++left_[r.exit];
      ++report_.results_compared;
      golden.forget(i);
    }
  }
  [[nodiscard]] std::size_t few() const { return std::min(kFew, images_.size()); }

  void open_dma() {
    const offramp_dma_config config = host_.dma(ring_bytes_);
    expect("open the DMA engine", OFFRAMP_OK, call_.dma_open(&dma_, &device_, &config));
  }

  void long_run() {
    open_dma();
    host_.forget_counts();
    run_images(a_, 0, images_.size());
    const DriverHost::Counts c = host_.counts();
    const auto n = static_cast<double>(images_.size());
    report_.images = images_.size();
    report_.transfers = static_cast<double>(c.reads + c.writes) / n;
    report_.dma_transfers = static_cast<double>(c.dma_reads + c.dma_writes) / n;
    report_.descriptors = static_cast<double>(c.descriptors) / n;
    report_.cycles = static_cast<double>(c.cycles) / n;
  }

  void counters() {
    std::uint32_t total = 0;
    for (std::uint32_t e = 0; e < library_.design().exits; ++e) {
      std::uint32_t count = 0;
      const int answer = call_.exit_count(&device_, e, &count);
      if (answer == OFFRAMP_ERROR_ABSENT) continue;  // of a static design all but the last
      expect("exit count", OFFRAMP_OK, answer);
      std::uint32_t left = e < left_.size() ? left_[e] : 0;
      if (library_.design().exit_count.count == 1) left = std::accumulate(left_.begin(), left_.end(), 0U);
      expect_equal(fmt::format("samples that left at exit {}", e), left, count);
      total += count;
    }
    std::uint32_t samples = 0;
    expect("samples", OFFRAMP_OK, call_.samples(&device_, &samples));
    expect_equal("samples", total, samples);
    std::uint64_t before = 0, after = 0;
    expect("cycles", OFFRAMP_OK, call_.cycles(&device_, &before));
    const std::uint64_t began = host_.cycles();
    host_.run(1000);
    expect("cycles", OFFRAMP_OK, call_.cycles(&device_, &after));
    const std::uint64_t passed = host_.cycles() - began;
    if (before == 0 || after - before < 1000 || after - before > passed + 100)
      throw Difference{
          fmt::format("the cycle counter went from {} to {} in {} cycles", before, after, passed)};
  }

  void other_thresholds() {
    accel::Accelerator never = a_;
    for (std::uint32_t e = 0; e < early(); ++e) {
      quant::QExit& exit = never.network.exits[e];
      exit.threshold = fixed::never_register(exit.criterion);
      expect("set threshold", OFFRAMP_OK, call_.set_threshold(&device_, e, exit.threshold));
    }
    run_images(never, 0, few());
    for (std::uint32_t e = 0; e < early(); ++e)
      expect("set threshold", OFFRAMP_OK, call_.set_threshold(&device_, e, a_.network.exits[e].threshold));
    run_images(a_, 0, few());
  }

  void interrupts() {
    constexpr std::uint32_t kResult = 1;
    std::uint32_t events = 0;
    int happened = 0;
    expect("enable interrupts", OFFRAMP_OK, call_.enable_interrupts(&device_, kResult));
    expect("enable the engine's", OFFRAMP_OK, call_.dma_enable_interrupts(&dma_, 1U, 0U));
    if (host_.interrupt() || host_.engine().interrupt()) throw Difference{"an interrupt before any image"};
    run_images(a_, 0, 1);
    if (!host_.interrupt()) throw Difference{"no interrupt of the accelerator after a result"};
    if (!host_.engine().interrupt()) throw Difference{"no interrupt of the DMA engine after a result"};
    expect("take interrupts", OFFRAMP_OK, call_.take_interrupts(&device_, &events));
    expect_equal("events", kResult, events);
    expect("take the engine's", OFFRAMP_OK, call_.dma_take_interrupt(&dma_, &happened));
    expect_equal("an interrupt of the engine", 1, happened);
    host_.run(4);
    if (host_.interrupt() || host_.engine().interrupt())
      throw Difference{"an interrupt that was taken stays"};
    expect("interrupts off", OFFRAMP_OK, call_.enable_interrupts(&device_, 0U));
  }

  void recover() {
    expect("recover", OFFRAMP_OK, call_.dma_recover(&dma_));
    left_.clear();
    expect("errors", OFFRAMP_OK, call_.errors(&device_));
    set_weights();
    run_images(a_, 0, few());
    counters();
  }

  void no_image() {
    offramp_result result;
    // Its first beats lie in memory: the accelerator is left with a part of an image.
    const std::uint64_t end = DriverHost::kMemoryAddress + host_.memory().size();
    const std::uint64_t half = round_up(bytes_ / 2, library_.design().beat_bytes);
    expect("send", OFFRAMP_OK, call_.dma_send(&dma_, end - half, static_cast<std::uint32_t>(stride_), 1U));
    expect("receive", OFFRAMP_ERROR_DMA_DECODE, call_.dma_receive(&dma_, &result));
    recover();
  }

  void short_image() {
    offramp_result result;
    device_.image_bytes -= library_.design().beat_bytes;
    expect("send", OFFRAMP_OK, call_.dma_send(&dma_, address_of(0), static_cast<std::uint32_t>(stride_), 1U));
    expect("receive", OFFRAMP_ERROR_TLAST, call_.dma_receive(&dma_, &result));
    device_.image_bytes += library_.design().beat_bytes;
    recover();
  }

  const accel::Accelerator& a_;
  const accel::Emitted& emitted_;
  const net::Split& data_;
  const DriverRunOptions& options_;
  DriverReport& report_;
  DriverLibrary library_;
  DriverCalls call_;
  std::vector<std::size_t> images_;  // in the data set
  std::size_t bytes_, stride_, ring_bytes_;
  std::vector<std::uint8_t> weights_;
  DriverHost host_;
  offramp_device device_{};
  offramp_dma dma_{};
  std::vector<std::uint32_t> left_;  // by exit, since the last reset
};

}  // namespace

DriverReport run_driver(const accel::Accelerator& accelerator, const accel::Emitted& emitted,
                        const fs::path& design_dir, const net::Split& data, const DriverRunOptions& options) {
  if (data.size() == 0 || options.samples == 0)
    throw Error("a driver cannot run on 0 images; give at least 1");
  constexpr double kWorthOptimizing = 10e6;  // cycles, as for verification
  const bool quick =
      static_cast<double>(cycles_of_a_sample(accelerator)) * static_cast<double>(options.samples) <
      kWorthOptimizing;
  const ModelSources sources{
      .directory = design_dir, .verilog = emitted.rtl, .top = emitted.top, .probes = emitted.probes};
  const BuiltModel built =
      build_model(sources, {.favour = quick ? ModelOptions::Favour::build : ModelOptions::Favour::simulation,
                            .random_start = options.random_start,
                            .cache = options.model_cache});
  VerilatedModel model(built, sources,
                       {.directory = design_dir,
                        .random = options.random_start,
                        .seed = static_cast<int>(mix_seed(options.seed, 4) & 0x7FFFFFFF)});
  DriverReport report;
  try {
    Run(accelerator, emitted, design_dir, data, options, model, report).all();
    report.passed = true;
  } catch (const Difference& d) {
    report.steps.back().difference = d.text;
  } catch (const Error& e) {
    if (e.status() != ExitStatus::difference || report.steps.empty()) throw;
    report.steps.back().difference = e.what();  // a hang
  }
  return report;
}

}  // namespace offramp::verif

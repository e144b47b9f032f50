#pragma once
// Small designs whose weights do not fit the chip, and a bench around one: its memory, its registers, its
// streams, with faults where a test wants them.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "accel/network_maker.h"
#include "accel/registers.h"
#include "design.h"
#include "golden/golden.h"
#include "verif/axi_lite_master.h"
#include "verif/axi_memory.h"
#include "verif/axis_monitor.h"
#include "verif/axis_source.h"
#include "verif/random_case.h"

namespace offramp::verif::testing {

/// Three exits; a dense layer early, whose tiles are used for a cycle each, and convolutions that use theirs
/// for four. Several hundred tiles for an array of 32 cells.
inline quant::QNetwork streamed_network(int weight_bits = 8, std::uint64_t seed = 1) {
  test::NetworkMaker m("streamed", {.channels = 1, .height = 8, .width = 8}, seed);
  const int a = m.conv(0, 16, {.stride = 2, .weight_bits = weight_bits});
  m.exit(a, weight_bits);
  const int b = m.conv(a, 32, {.stride = 2, .weight_bits = weight_bits});
  m.exit(b, weight_bits);
  m.exit(m.add(m.conv(b, 32, {.weight_bits = weight_bits}), b), weight_bits);
  const quant::QNetwork network = m.make();
  return balance_exits(network, random_images(network, 24, 1000));
}

inline TestDesign make_design(const quant::QNetwork& network, const accel::Options& options,
                              std::size_t images) {
  TestDesign design;
  design.accelerator = accel::plan_accelerator(network, options);
  design.emitted = accel::emit(design.accelerator);
  design.data = random_images(network, images, 1000);
  design.folder = std::make_unique<ScratchDirectory>();
  write_design(design.emitted, design.directory());
  return design;
}

inline ModelSources sources_of(const TestDesign& design) {
  return {.directory = design.directory(),
          .verilog = design.emitted.rtl,
          .top = design.emitted.top,
          .probes = design.emitted.probes};
}

/// A model of the design, with random bits in what has no reset.
inline std::unique_ptr<VerilatedModel> model_of(const TestDesign& design) {
  const ModelSources sources = sources_of(design);
  const BuiltModel built = build_model(
      sources, {.favour = ModelOptions::Favour::build, .random_start = true, .cache = test_cache()});
  return std::make_unique<VerilatedModel>(
      built, sources, VerilatedModel::Start{.directory = design.directory(), .random = true});
}

/// What one result says.
struct Answer {
  std::uint16_t id = 0;
  bool error = false;
  int exit = 0;
  int predicted = 0;
  std::uint64_t cycle = 0;
};

/// Takes every result as it comes.
class AnswerSink : public Agent {
 public:
  explicit AnswerSink(const VerilatedModel& model)
      : data_(model.port("m_axis_tdata")),
        valid_(model.port("m_axis_tvalid")),
        ready_(model.port("m_axis_tready")),
        user_(model.port("m_axis_tuser")) {}
  void drive() override { ready_.set(1); }
  void observe(std::uint64_t cycle) override {
    if (valid_.get() == 0) return;
    const std::uint64_t data = data_.get();
    answers_.push_back({.id = static_cast<std::uint16_t>(user_.get()),
                        .error = (data >> 31) != 0,
                        .exit = static_cast<int>(data >> 16 & 0xFF),
                        .predicted = static_cast<int>(data & 0xFFFF),
                        .cycle = cycle});
  }
  [[nodiscard]] std::uint64_t progress() const override { return answers_.size(); }
  [[nodiscard]] const std::vector<Answer>& answers() const { return answers_; }

 private:
  Signal data_, valid_, ready_, user_;
  std::vector<Answer> answers_;
};

/// Answers one beat with a slave error, whatever the memory behind it says. To be attached after the memory.
class FailingBeat : public Agent {
 public:
  explicit FailingBeat(const VerilatedModel& model)
      : response_(model.port("m_axi_rresp")), valid_(model.port("m_axi_rvalid")) {}
  /// `beat` counts from the beats that have come so far: 0 is the next.
  void fail(std::uint64_t beat) { failing_ = beats_ + beat; }
  [[nodiscard]] std::uint64_t beats() const { return beats_; }
  void drive() override {
    if (failing_ && beats_ == *failing_ && valid_.get() != 0) response_.set(2);
  }
  void observe(std::uint64_t) override { beats_ += valid_.get(); }

 private:
  Signal response_, valid_;
  std::uint64_t beats_ = 0;
  std::optional<std::uint64_t> failing_;
};

/// A design under power, from its reset on.
class StreamBench {
 public:
  static constexpr std::uint32_t kImage = 0x4000;  // where the design's own image lies

  struct Options {
    bool stalls = false;
    int latency_min = 110, latency_max = 110;
    std::vector<std::uint8_t> more = {};  // bytes behind the image, from `more_at` on
  };
  StreamBench(VerilatedModel& model, const TestDesign& design, Options options)
      : design_(design),
        image_(memory(design, options.more)),
        source_(model, {.beat_bytes = design.accelerator.stream_bytes,
                        .stalls = options.stalls ? StallProfile::mixed : StallProfile::none}),
        sink_(model),
        monitor_(model, "m_axis", log_),
        memory_(model, log_, image_, memory_options(design, options)),
        failing_(model),
        master_(model, log_, {}),
        bench_(model, {.watchdog = 200'000}) {
    for (Agent* agent :
         std::initializer_list<Agent*>{&source_, &sink_, &monitor_, &master_, &memory_, &failing_})
      bench_.attach(*agent);
    bench_.reset();
  }

  /// Where Options::more lies.
  [[nodiscard]] static std::uint32_t more_at(const TestDesign& design) {
    constexpr std::size_t kAlignment = 4096;
    const std::size_t end = kImage + design.emitted.files.at("mem/weights.bin").size();
    return static_cast<std::uint32_t>((end + kAlignment - 1) / kAlignment * kAlignment);
  }

  void write(const std::string& name, std::uint64_t value) {
    const accel::Register& r = find(name);
    master_.write(r.offset, static_cast<std::uint32_t>(value));
    if (r.bits > 32) master_.write(r.offset + 4, static_cast<std::uint32_t>(value >> 32));
    bench_.run_until([&] { return master_.idle(); });
  }
  [[nodiscard]] std::uint32_t read(const std::string& name) {
    master_.read(find(name).offset);
    bench_.run_until([&] { return master_.idle(); });
    return master_.done().back().data;
  }
  /// Thresholds with which every sample leaves at this exit.
  void leave_at(int exit) {
    const int early = static_cast<int>(design_.accelerator.network.exits.size()) - 1;
    write("criterion", 0);
    for (int e = 0; e < early; ++e) {
      write(fmt::format("threshold_{}", e),
            e < exit ? 0 : (std::uint64_t{1} << fixed::DecisionTables::kThresholdBits) - 1);
    }
  }
  /// Sends image after image of the design's data, from the first on again after the last.
  void send(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i, ++sent_) {
      const auto bytes = static_cast<std::size_t>(design_.data.shape.elements());
      source_.send({design_.data.image(sent_ % design_.data.size()), bytes},
                   static_cast<std::uint16_t>(sent_), sent_);
    }
  }
  /// Runs until every sample that was sent is answered, and a little longer.
  void run() {
    bench_.run_until([&] { return sink_.answers().size() >= sent_; });
    for (int i = 0; i < 50; ++i) bench_.cycle();
  }
  void run_until(const std::function<bool()>& done) { bench_.run_until(done); }

  [[nodiscard]] const std::vector<Answer>& answers() const { return sink_.answers(); }
  [[nodiscard]] const AxisSource& source() const { return source_; }
  [[nodiscard]] FailingBeat& failing() { return failing_; }
  [[nodiscard]] const AxiMemory& memory() const { return memory_; }
  [[nodiscard]] const ViolationLog& log() const { return log_; }

  /// The answers [first, last) are those of the golden reference, each with its own ID.
  void expect_exact(std::size_t first, std::size_t last) const {
    ASSERT_GE(answers().size(), last);
    for (std::size_t n = first; n < last; ++n) {
      const Answer& a = answers()[n];
      const std::span<const std::uint8_t> pixels(design_.data.image(n % design_.data.size()),
                                                 static_cast<std::size_t>(design_.data.shape.elements()));
      const golden::Trace golden = golden::run_simple(design_.accelerator.network, pixels);
      EXPECT_EQ(a.id, static_cast<std::uint16_t>(n));
      EXPECT_FALSE(a.error) << "sample " << n;
      EXPECT_EQ(a.exit, golden.exit) << "sample " << n;
      EXPECT_EQ(a.predicted, golden.predicted) << "sample " << n;
    }
  }

 private:
  static std::vector<std::uint8_t> memory(const TestDesign& design, const std::vector<std::uint8_t>& more) {
    const std::string& image = design.emitted.files.at("mem/weights.bin");
    std::vector<std::uint8_t> bytes(kImage, 0x5A);
    bytes.insert(bytes.end(), image.begin(), image.end());
    bytes.resize(more_at(design), 0x5A);
    bytes.insert(bytes.end(), more.begin(), more.end());
    return bytes;
  }
  static AxiMemory::Options memory_options(const TestDesign& design, const Options& o) {
    AxiMemory::Options options;
    options.latency_min = o.latency_min;
    options.latency_max = o.latency_max;
    options.beats_per_256 = design.accelerator.options.weights.beats_per_256;
    if (o.stalls) {
      options.address_stalls = StallProfile::mixed;
      options.data_stalls = StallProfile::bursty;
    }
    return options;
  }
  [[nodiscard]] const accel::Register& find(const std::string& name) {
    if (map_.empty()) map_ = accel::register_map(design_.accelerator);
    return *std::find_if(map_.begin(), map_.end(), [&](const auto& r) { return r.name == name; });
  }

  const TestDesign& design_;
  ViolationLog log_;
  std::vector<std::uint8_t> image_;
  AxisSource source_;
  AnswerSink sink_;
  AxisMonitor monitor_;
  AxiMemory memory_;
  FailingBeat failing_;
  AxiLiteMaster master_;
  Bench bench_;
  std::vector<accel::Register> map_;
  std::size_t sent_ = 0;
};

}  // namespace offramp::verif::testing

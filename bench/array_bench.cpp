// How fast Verilator runs the systolic array in the style that this project emits, beside the same array
// written by hand in two styles (array_styles/): flat packed wires, and unpacked arrays of wires. The three
// are first run in lockstep, and must agree. Compare medians of interleaved repetitions:
// --benchmark_repetitions=15 --benchmark_enable_random_interleaving=true
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <stdexcept>

#include "base/files.h"
#include "blocks/systolic_array.h"
#include "hw/hw.h"
#include "verif/verilated_model.h"

namespace {

using namespace offramp;
namespace fs = std::filesystem;

enum Style { emitted, packed, unpacked };
constexpr const char* names[] = {"emitted", "packed", "unpacked"};

/// A Verilated array of one style and size, with weights loaded.
class Array {
 public:
  Array(Style style, int n)
      : n_(n),
        folder_(fs::temp_directory_path() /
                fmt::format("offramp-array-{}-{}-{}", ::getpid(), names[style], n)) {
    fs::create_directories(folder_);
    verif::ModelSources sources{.directory = folder_, .verilog = {}, .top = "top"};
    const auto add = [&](const std::string& file, const std::string& text) {
      write_file(folder_ / file, text);
      sources.verilog.push_back(file);
    };
    if (style == emitted) {
      hw::Design design;
      design.add(blocks::SystolicArray{});
      for (const hw::Module* m : design.modules()) add(m->name + ".v", hw::print_verilog(*m));
    } else {
      add("array.v", read_file(fmt::format("{}/bench/array_styles/{}.v", OFFRAMP_SOURCE_DIR, names[style])));
    }
    add("top.v",
        fmt::format(
            "module top (input wire clk_i, input wire [{0}-1:0] weight_load_i,\n"
            "  input wire [{0}*{0}*8-1:0] weight_i, input wire [{0}*9-1:0] act_i, output wire [{0}*21-1:0] "
            "psum_o);\n"
            "  {1} #(.ROWS({0}), .COLUMNS({0})) u_array (.clk_i(clk_i), .weight_load_i(weight_load_i),\n"
            "    .weight_i(weight_i), .act_i(act_i), .psum_o(psum_o));\nendmodule\n",
            n, style == emitted ? "systolic_array" : fmt::format("{}_array", names[style])));
    const verif::BuiltModel built = verif::build_model(sources, {});
    build_seconds = built.seconds;
    model_ = std::make_unique<verif::VerilatedModel>(built, sources,
                                                     verif::VerilatedModel::Start{.directory = folder_});
    clk_ = model_->port("clk_i");
    act_ = model_->port("act_i");
    psum_ = model_->port("psum_o");
    load_weights();
  }
  ~Array() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;

  double build_seconds = 0;

  /// One clock cycle with these operands.
  void step(const std::vector<std::uint8_t>& operands) {
    act_.set_bytes(operands.data(), operands.size());
    clk_.set(0);
    model_->eval();
    clk_.set(1);
    model_->eval();
  }
  [[nodiscard]] std::vector<std::uint64_t> result() const {
    std::vector<std::uint64_t> r;
    for (int c = 0; c < n_; ++c) r.push_back(psum_.part(c * 21, 21));
    return r;
  }

 private:
  void load_weights() {
    std::mt19937_64 random(1);
    std::vector<std::uint8_t> weights(static_cast<std::size_t>(n_ * n_));
    for (auto& w : weights) w = static_cast<std::uint8_t>(random());
    verif::Signal weight = model_->port("weight_i");
    verif::Signal load = model_->port("weight_load_i");
    weight.set_bytes(weights.data(), weights.size());
    load.set(~std::uint64_t{0});
    step(std::vector<std::uint8_t>(static_cast<std::size_t>(n_ * 9 / 8), 0));
    load.set(0);
  }

  int n_;
  fs::path folder_;
  std::unique_ptr<verif::VerilatedModel> model_;
  verif::Signal clk_, act_, psum_;
};

Array& array_of(Style style, int n) {
  static std::map<std::pair<Style, int>, std::unique_ptr<Array>> known;
  auto& a = known[{style, n}];
  if (!a) a = std::make_unique<Array>(style, n);
  return *a;
}

std::vector<std::vector<std::uint8_t>> operands_of(int n) {
  std::mt19937_64 random(2);
  std::vector<std::vector<std::uint8_t>> all(64,
                                             std::vector<std::uint8_t>(static_cast<std::size_t>(n * 9 / 8)));
  for (auto& o : all) {
    for (auto& b : o) b = static_cast<std::uint8_t>(random());
  }
  return all;
}

void simulate_array(benchmark::State& state) {
  const auto style = static_cast<Style>(state.range(0));
  const auto n = static_cast<int>(state.range(1));
  const auto operands = operands_of(n);
  Array& array = array_of(style, n);
  for (std::size_t i = 0; i < 1000; ++i) {  // lockstep
    for (const Style s : {emitted, packed, unpacked}) array_of(s, n).step(operands[i % operands.size()]);
    if (i > static_cast<std::size_t>(2 * n) &&
        (array_of(emitted, n).result() != array.result() || array_of(packed, n).result() != array.result())) {
      state.SkipWithError("the styles disagree");
      return;
    }
  }
  std::size_t cycle = 0;
  for (auto _ : state) array.step(operands[cycle++ % operands.size()]);
  for (const Style s : {emitted, packed, unpacked}) {  // back in step for the next run
    for (int i = 0; i < 3 * n; ++i) array_of(s, n).step(operands[0]);
  }
  state.counters["cycles/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
  state.counters["build_s"] = array.build_seconds;
  state.SetLabel(names[style]);
}
BENCHMARK(simulate_array)
    ->ArgsProduct({{emitted, packed, unpacked}, {16, 32}})
    ->Unit(benchmark::kMicrosecond);

}  // namespace

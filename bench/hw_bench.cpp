// The hardware construction framework: how long a design takes to describe, check and print, and how fast the
// interpreter runs, against the size of a systolic array.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <random>

#include "blocks/systolic_array.h"
#include "hw/hw.h"
#include "hw/interpreter.h"

namespace {

using namespace offramp;

/// An N x N array as a generator of an accelerator would instantiate it.
const hw::Module& describe_array(hw::Design& design, std::int64_t n) {
  return design.add_module("top", [n](hw::ModuleBuilder& m) {
    const auto ck = m.clocking({.reset = false});
    auto u =
        m.instance("u_array", blocks::SystolicArray{}, {.ck = ck, .params = {{"ROWS", n}, {"COLUMNS", n}}});
    u.in(u.ports.weight_load, m.input("weight_load_i", hw::uint(n)));
    u.in(u.ports.weight, m.input("weight_i", hw::uint(n * n * 8)));
    u.in(u.ports.act, m.input("act_i", hw::uint(n * 9)));
    const auto psum = u.out(u.ports.psum, "psum");
    m.drive(m.output("psum_o", psum.type()), psum);
  });
}

/// Description and text alone: what a person waits for when nothing is checked again.
void emit_array(benchmark::State& state) {
  std::size_t bytes = 0;
  for (auto _ : state) {
    hw::Design design;
    describe_array(design, state.range(0));
    bytes = 0;
    for (const hw::Module* m : design.modules()) bytes += hw::print_verilog(*m).size();
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  state.counters["bytes"] = static_cast<double>(bytes);
  state.counters["process_peak_mb"] = static_cast<double>(usage.ru_maxrss) / 1024;
}
BENCHMARK(emit_array)->RangeMultiplier(2)->Range(8, 256)->Unit(benchmark::kMicrosecond);

/// With every check, which unroll the array.
void check_array(benchmark::State& state) {
  for (auto _ : state) {
    hw::Design design;
    describe_array(design, state.range(0));
    if (hw::has_errors(hw::check(design))) state.SkipWithError("the array has errors");
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  state.counters["process_peak_mb"] = static_cast<double>(usage.ru_maxrss) / 1024;
  state.SetComplexityN(state.range(0) * state.range(0));
}
BENCHMARK(check_array)->RangeMultiplier(2)->Range(8, 256)->Unit(benchmark::kMillisecond)->Complexity();

/// Flat text: one line a register and one an assignment.
void print_flat_text(benchmark::State& state) {
  constexpr int count = 20'000;
  hw::Design design;
  const hw::Module& module = design.add_module("flat", [](hw::ModuleBuilder& m) {
    const auto x = m.input("x_i", hw::uint(8));
    const auto ck = m.clocking({.reset = false});
    std::vector<hw::Reg> q;
    for (int i = 0; i < count; ++i) q.push_back(m.reg("r" + std::to_string(i) + "_q", hw::uint(8)));
    m.clocked(ck, [&] {
      hw::Value before = x;
      for (const auto& r : q) {
        m.next(r, before);
        before = r;
      }
    });
    m.drive(m.output("y_o", hw::uint(8)), q.back());
  });
  std::size_t lines = 0;
  for (auto _ : state) {
    const std::string text = hw::print_verilog(module);
    lines += static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  }
  state.counters["lines"] = benchmark::Counter(static_cast<double>(lines), benchmark::Counter::kIsRate);
}
BENCHMARK(print_flat_text)->Unit(benchmark::kMillisecond);

void interpret_array(benchmark::State& state) {
  const std::int64_t n = state.range(0);
  hw::Design design;
  hw::Interpreter run(describe_array(design, n));
  std::mt19937_64 random(1);
  const auto noise = [&](std::int64_t width) {
    hw::LogicVector v = hw::LogicVector::of(width, 0);
    for (std::int64_t i = 0; i < width; ++i) v.set_bit(i, (random() & 1) != 0 ? '1' : '0');
    return v;
  };
  run.set("weight_load_i", hw::LogicVector::of(n, -1));
  run.set("weight_i", noise(n * n * 8));
  run.step();
  run.set("weight_load_i", 0);
  std::vector<hw::LogicVector> operands;
  for (int i = 0; i < 64; ++i) operands.push_back(noise(n * 9));
  std::size_t cycle = 0;
  for (auto _ : state) {
    run.set("act_i", operands[cycle++ % operands.size()]);
    run.step();
  }
  state.counters["cycles"] = benchmark::Counter(static_cast<double>(cycle), benchmark::Counter::kIsRate);
}
BENCHMARK(interpret_array)->Arg(4)->Arg(16)->Arg(32)->Unit(benchmark::kMicrosecond);

}  // namespace

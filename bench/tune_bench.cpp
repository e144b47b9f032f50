// Thresholds from decisions that are known: 10,000 images and up to 15 early exits.
#include <benchmark/benchmark.h>

#include "tests/tune/synthetic.h"
#include "tune/tune.h"

namespace {

using namespace offramp;

struct Case {
  explicit Case(int early)
      : network(tune::synthetic_network(early + 1)),
        costs(tune::synthetic_costs(early + 1)),
        samples(tune::synthetic_samples(network, 10000, 1)) {}
  quant::QNetwork network;
  tune::ExitCosts costs;
  std::vector<tune::Sample> samples;
};

void report(benchmark::State& state, const tune::Figures& f) {
  state.counters["mean_cost"] = f.mean_cost;
  state.counters["accuracy"] = f.accuracy;
}

void fastest_within_half_a_point(benchmark::State& state) {
  const Case c(static_cast<int>(state.range(0)));
  tune::Tuned tuned;
  for (auto _ : state) tuned = tune::tune(c.network, c.samples, c.costs, {});
  report(state, tuned.figures);
}
BENCHMARK(fastest_within_half_a_point)->Arg(1)->Arg(2)->Arg(3)->Arg(15)->Unit(benchmark::kMillisecond);

void most_accurate_within_a_budget(benchmark::State& state) {
  const Case c(static_cast<int>(state.range(0)));
  const double budget = 0.7 * static_cast<double>(c.costs.leave.back());
  tune::Tuned tuned;
  for (auto _ : state) tuned = tune::tune(c.network, c.samples, c.costs, {.max_mean_cost = budget});
  report(state, tuned.figures);
}
BENCHMARK(most_accurate_within_a_budget)->Arg(2)->Arg(15)->Unit(benchmark::kMillisecond);

void with_skip_rules(benchmark::State& state) {
  const Case c(static_cast<int>(state.range(0)));
  tune::Tuned tuned;
  for (auto _ : state) tuned = tune::tune(c.network, c.samples, c.costs, {.prune = true});
  report(state, tuned.figures);
}
BENCHMARK(with_skip_rules)->Arg(2)->Arg(15)->Unit(benchmark::kMillisecond);

void pareto_front(benchmark::State& state) {
  const Case c(static_cast<int>(state.range(0)));
  for (auto _ : state)
    benchmark::DoNotOptimize(
        tune::pareto_front(c.network, c.samples, c.costs, fixed::Criterion::max_softmax));
}
BENCHMARK(pareto_front)->Arg(1)->Arg(2)->Arg(15)->Unit(benchmark::kMillisecond);

}  // namespace

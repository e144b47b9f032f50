#include "explore/exit_subsets.h"

#include <gmock/gmock.h>

#include <optional>

#include "base/expect_error.h"
#include "model/estimate.h"
#include "net/import.h"
#include "quant/quantize.h"
#include "quant/with_exits.h"
#include "tune/search.h"
#include "tune/synthetic.h"

namespace offramp::explore {
namespace {

using fixed::Criterion;
using ::testing::ElementsAre;

SubsetCosts synthetic(accel::Strategy strategy, int exits) {
  SubsetCosts costs{.strategy = strategy, .alone = {}, .branch = {}};
  for (int e = 0; e < exits; ++e) {
    const bool last = e + 1 == exits;
    costs.alone.push_back(100 * (e + 1) + (last ? 0 : 12 + 7 * (e % 3)));
    if (!last) costs.branch.push_back(12 + 7 * (e % 3));
  }
  return costs;
}

std::vector<tune::Sample> kept(const std::vector<tune::Sample>& samples, const std::vector<int>& early) {
  std::vector<tune::Sample> out;
  for (const tune::Sample& s : samples) {
    tune::Sample k{.exits = {}, .label = s.label};
    for (const int e : early) k.exits.push_back(s.exits[static_cast<std::size_t>(e)]);
    k.exits.push_back(s.exits.back());
    out.push_back(k);
  }
  return out;
}

TEST(ExitSubsets, ChargesEveryClassifierOnTheWay) {
  const SubsetCosts pipeline{
      .strategy = accel::Strategy::pipeline, .alone = {30, 50, 70, 100}, .branch = {8, 9, 10}};
  EXPECT_THAT(pipeline.costs_of({}).leave, ElementsAre(100));
  EXPECT_THAT(pipeline.costs_of({0, 2}).leave, ElementsAre(30, 78, 118));
  EXPECT_THAT(pipeline.costs_of({0, 1, 2}).leave, ElementsAre(30, 58, 87, 127));
  // A verdict that is late holds up the exits after it.
  const SubsetCosts parallel{
      .strategy = accel::Strategy::parallel, .alone = {60, 50, 70, 65}, .branch = {0, 0, 0}};
  EXPECT_THAT(parallel.costs_of({0, 1}).leave, ElementsAre(60, 60, 65));
  EXPECT_THAT(parallel.costs_of({2}).leave, ElementsAre(70, 70));
}

/// The cheapest set of each size by trying every set with every combination of thresholds.
TEST(ExitSubsets, FindsTheBestSetsThatTryingEverythingFinds) {
  for (const auto strategy : {accel::Strategy::pipeline, accel::Strategy::parallel}) {
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      constexpr int kEarly = 4;
      const quant::QNetwork net = tune::synthetic_network(kEarly + 1);
      const auto samples = tune::synthetic_samples(net, 250, seed, 8);
      const SubsetCosts costs = synthetic(strategy, kEarly + 1);
      const SubsetCurve curve =
          best_subsets(net, samples, costs, {.max_drop = 0.02, .least = 1, .most = kEarly});
      ASSERT_EQ(curve.best.size(), 4U);
      EXPECT_EQ(curve.sets_tried, 15);
      std::vector<double> best(kEarly + 1, 1e18);
      for (unsigned mask = 1; mask < 1U << kEarly; ++mask) {
        std::vector<int> early;
        for (int e = 0; e < kEarly; ++e) {
          if (mask >> e & 1) early.push_back(e);
        }
        const auto part = kept(samples, early);
        const tune::Table table =
            tune::make_table(part, net.decision, Criterion::max_softmax, costs.costs_of(early));
        const tune::Search search(table);
        tune::Choice choice(early.size(), 0);
        for (bool more = true; more;) {
          const tune::Totals t = search.totals(choice);
          if (static_cast<double>(t.score) >= curve.floor * 250 - 1e-6)
            best[early.size()] = std::min(best[early.size()], static_cast<double>(t.cost) / 250);
          std::size_t e = 0;
          while (e < choice.size() && ++choice[e] == table.levels(e)) choice[e++] = 0;
          more = e < choice.size();
        }
      }
      for (std::size_t size = 1; size <= kEarly; ++size) {
        const Subset& found = curve.best[size - 1];
        EXPECT_EQ(found.early.size(), size);
        EXPECT_GE(found.accuracy, curve.floor - 1e-9);
        EXPECT_GE(found.mean_cycles, best[size] - 1e-6);
        EXPECT_LE(found.mean_cycles, best[size] * (size <= 2 ? 1 + 1e-12 : 1.01))
            << size << " exits, seed " << seed;
        // What is reported is what the registers do.
        quant::QNetwork part = net;
        part.exits.resize(size + 1);
        const tune::Figures f =
            tune::play(found.policy, kept(samples, found.early), net.decision, costs.costs_of(found.early));
        EXPECT_NEAR(f.mean_cost, found.mean_cycles, 1e-6);
      }
    }
  }
}

TEST(ExitSubsets, SumsOfCyclesAreThoseOfPlansOfTheVerySets) {
  const quant::QNetwork net =
      quant::quantize(net::import_onnx(OFFRAMP_SOURCE_DIR "/networks/alexnet/alexnet.onnx"), nullptr, {});
  for (const auto strategy : {accel::Strategy::pipeline, accel::Strategy::parallel}) {
    const accel::Options options{.strategy = strategy,
                                 .backbone = {.rows = 24, .columns = 8, .lanes = 1},
                                 .exit_classifier = {.rows = 16, .columns = 4, .lanes = 1}};
    const SubsetCosts costs = subset_costs(net, options);
    for (const std::vector<int>& early : {std::vector<int>{0}, {1}, {0, 1}}) {
      const auto planned =
          model::estimate(accel::plan_accelerator(quant::with_exits(net, early), options)).cycles_by_exit;
      const auto summed = costs.costs_of(early).leave;
      for (std::size_t x = 0; x < planned.size(); ++x)
        EXPECT_NEAR(static_cast<double>(summed[x]), static_cast<double>(planned[x]),
                    0.01 * static_cast<double>(planned[x]));
    }
  }
}

TEST(ExitSubsets, RefusesNumbersThatThereAreNotAndRowsOfAgreement) {
  const quant::QNetwork net = tune::synthetic_network(3);
  const auto samples = tune::synthetic_samples(net, 50, 1);
  const SubsetCosts costs = synthetic(accel::Strategy::pipeline, 3);
  test::expect_error([&] { (void)best_subsets(net, samples, costs, {.least = 1, .most = 5}); },
                     {"1..5", "2 early exits"});
  test::expect_error([&] { (void)best_subsets(net, samples, costs, {.criterion = Criterion::patience}); },
                     {"--criterion", "base2"});
}

}  // namespace
}  // namespace offramp::explore

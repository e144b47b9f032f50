#include "model/resources.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/process.h"
#include "blocks/ram.h"
#include "blocks/systolic_array.h"
#include "verif/resources/configurations.h"

namespace offramp::verif {
namespace {

using netlist::Family;

#define SKIP_WITHOUT_YOSYS() \
  if (!find_tool("yosys")) GTEST_SKIP() << "skipped: yosys not found"

constexpr Family kFamilies[] = {Family::xc7, Family::xcup};

MeasureOptions options(Family family) {
  return {.family = family, .cache = std::string(OFFRAMP_BINARY_DIR) + "/resource_cache", .threads = 1};
}

/// A module at values of its parameters, in the order in which it declares them.
ModuleToMeasure at(const hw::Module& m, const std::vector<std::int64_t>& values) {
  ModuleToMeasure what{.module = &m, .parameters = {}, .block = "all"};
  for (std::size_t i = 0; i < m.params.size(); ++i) what.parameters[m.params[i].get()] = values.at(i);
  return what;
}

TEST(Resources, MemoriesBecomeWhatYosysMakesOfThem) {
  SKIP_WITHOUT_YOSYS();
  hw::Design design;
  const hw::Module& ram = design.module_of(blocks::Ram{});
  const hw::Module& read_back = design.module_of(blocks::RamReadBack{});
  const hw::Module& table = design.module_of(blocks::Table{});
  // Around the places where one kind of memory becomes cheaper than another.
  const std::vector<std::pair<std::int64_t, std::int64_t>> sizes = {
      {8, 2},   {1, 9},    {8, 32},   {8, 33},   {7, 100},  {8, 150}, {9, 200},   {8, 300},  {16, 120},
      {33, 64}, {36, 513}, {73, 512}, {100, 26}, {92, 118}, {12, 90}, {40, 1025}, {18, 2000}};
  std::vector<ModuleToMeasure> modules;
  for (const auto& [width, depth] : sizes) {
    modules.push_back(at(ram, {width, depth}));
    modules.push_back(at(read_back, {width, depth}));
    modules.push_back(at(table, {width, depth}));
  }
  for (const Family family : kFamilies) {
    Measurements measurements(options(family));
    measurements.measure(modules);
    for (const ModuleToMeasure& m : modules) {
      const netlist::Counts& own = measurements.own(*m.module, m.parameters);
      const model::Features features = model::count_features(*m.module, m.parameters, family).own;
      const std::string what =
          fmt::format("{} {}x{} on {}", m.module->name, m.parameters.at(m.module->params[0].get()),
                      m.parameters.at(m.module->params[1].get()), netlist::to_string(family));
      EXPECT_EQ(features.bram18, own.bram18) << what;
      EXPECT_EQ(features.fixed_lut, own.lut_memory) << what;
    }
  }
}

TEST(Resources, ProductsBecomeAsManySlicesAsYosysMakes) {
  SKIP_WITHOUT_YOSYS();
  hw::Design design;
  const hw::Module& cell = design.module_of(blocks::MacCell{});
  std::vector<ModuleToMeasure> modules;
  for (const auto& [act, weight] : {std::pair{2, 2}, {3, 5}, {5, 4}, {9, 8}, {17, 16}, {2, 8}, {17, 2}})
    modules.push_back(at(cell, {act, weight, 4}));
  for (const Family family : kFamilies) {
    Measurements measurements(options(family));
    measurements.measure(modules);
    for (const ModuleToMeasure& m : modules) {
      const int slices = model::count_features(*m.module, m.parameters, family).own.dsp;
      EXPECT_EQ(slices, measurements.own(*m.module, m.parameters).dsp)
          << m.parameters.at(cell.params[0].get()) << " by " << m.parameters.at(cell.params[1].get())
          << " on " << netlist::to_string(family);
    }
  }
}

TEST(Resources, SmallDesignsAreWithinTenPercentOfYosys) {
  SKIP_WITHOUT_YOSYS();
  // Beyond those of scripts/fit_resources.sh.
  for (const std::uint64_t number : {5000, 5001, 5002}) {
    const Family family = number % 2 == 0 ? Family::xc7 : Family::xcup;
    const Configuration c = configuration(number, family);
    std::vector<ModuleToMeasure> modules = to_measure(c);
    for (ModuleToMeasure& m : modules) m.block = "all";  // one run of Yosys
    Measurements measurements(options(family));
    measurements.measure(modules);
    const model::Resources real = measured(c, measurements);
    const model::Resources modelled = model::estimate_resources(*c.top, family).total;
    const std::string what = fmt::format("{} on {}", c.top->name, netlist::to_string(family));
    EXPECT_EQ(modelled.dsp, real.dsp) << what;
    EXPECT_EQ(modelled.bram18, real.bram18) << what;
    EXPECT_EQ(modelled.uram, real.uram) << what;
    EXPECT_NEAR(modelled.lut, real.lut, 0.1 * real.lut) << what;
    EXPECT_NEAR(modelled.ff, real.ff, 0.1 * real.ff) << what;
  }
}

TEST(Resources, BlocksAreNamedWithoutTheirDesign) {
  EXPECT_EQ(model::block_of("lenet5_static", "lenet5_static"), "top");
  EXPECT_EQ(model::block_of("lenet5_static_backbone_engine", "lenet5_static"), "engine");
  EXPECT_EQ(model::block_of("lenet5_parallel_exit0_engine", "lenet5_parallel"), "engine");
  EXPECT_EQ(model::block_of("operand_feed_32r32b8d116w7c3k", "lenet5_static"), "operand_feed");
  EXPECT_EQ(model::block_of("ram_1r1rw", "lenet5_static"), "ram_1r1rw");
  EXPECT_NE(model::block_of("ram_1r1w", "x"), model::block_of("ram_1r1rw", "x"));
}

TEST(Resources, AWholeDesignIsTheSumOfItsModules) {
  const Configuration c = configuration(1, Family::xcup);
  const model::ResourceEstimate e = model::estimate_resources(*c.top, Family::xcup);
  model::Resources sum;
  for (const model::ModuleResources& m : e.modules) {
    for (std::int64_t i = 0; i < m.instances; ++i) sum += m.own;
  }
  EXPECT_NEAR(sum.lut, e.total.lut, 1e-6 * sum.lut);
  EXPECT_EQ(sum.dsp, e.total.dsp);
  EXPECT_GE(e.total.dsp, c.accelerator->array_dsps() / 4);
  EXPECT_GT(e.total.ff, 100);
}

TEST(Resources, FamiliesWithoutAModelAreRefused) {
  const Configuration c = configuration(1, Family::xcup);
  EXPECT_THROW((void)model::estimate_resources(*c.top, Family::ecp5), Error);
}

}  // namespace
}  // namespace offramp::verif

#include <gmock/gmock.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "verif/results_run.h"
#include "verif/results_table.h"

namespace offramp::results {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / ("offramp_results_test_" + std::to_string(::getpid()))) {
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

DesignResult design(const std::string& strategy, std::vector<double> cycles, std::vector<double> picojoules) {
  DesignResult d;
  d.strategy = strategy;
  d.asked = 256;
  d.array = "16x16x1";
  d.multipliers = 256;
  d.accuracy = 0.75;
  d.exit_rates = {0.5, 0.5};
  d.samples = 12;
  d.bit_exact = true;
  d.cycles_by_exit = cycles;
  for (const double c : cycles) d.model_cycles_by_exit.push_back(static_cast<std::int64_t>(c));
  d.cycles_mean = (cycles[0] + cycles[1]) / 2;
  d.cycles_of_all_images = true;
  d.cycles_worst = static_cast<std::int64_t>(cycles[1]);
  d.efficiency = 0.9;
  d.picojoules_by_exit = picojoules;
  return d;
}

NetworkResult network() {
  NetworkResult n;
  n.name = "lenet5";
  n.data = "fashion-mnist";
  n.test_images = 10000;
  n.macs = 416520;
  n.cases = {{.name = "half", .tuning_rates = {0.5, 0.5}, .test_rates = {0.6, 0.4}, .accuracy = 0.75}};
  n.designs = {design("static", {2000, 2000}, {3e6, 3e6}), design("pipeline", {800, 2400}, {1e6, 3e6}),
               design("parallel", {1000, 2000}, {2e6, 3e6})};
  return n;
}

Results results(const NetworkResult& n) {
  return {.target = "zcu106",
          .clock_mhz = 300,
          .networks = {n},
          .left_out = {},
          .peers = nlohmann::ordered_json::parse(read_file(OFFRAMP_SOURCE_DIR "/verif/results_peers.json"))};
}

TEST(Results, ADesignIsReadBackAsItWasWritten) {
  const DesignResult d = design("parallel", {1000, 2000}, {2e6, 3e6});
  EXPECT_EQ(to_json(design_from_json(to_json(d))), to_json(d));
  DesignResult refused;
  refused.strategy = "parallel";
  refused.asked = 64;
  refused.refusal = "does not fit";
  EXPECT_EQ(design_from_json(to_json(refused)).refusal, "does not fit");
}

TEST(Results, AFragmentIsUsedOnlyForTheInputsItWasMadeFrom) {
  const Folder folder;
  const fs::path file = folder.path() / "fragments" / "a.json";
  EXPECT_EQ(read_fragment(file, "x"), std::nullopt);
  write_fragment(file, "x", {{"a", 1}});
  EXPECT_EQ(read_fragment(file, "x"), nlohmann::ordered_json({{"a", 1}}));
  EXPECT_EQ(read_fragment(file, "y"), std::nullopt);
  write_file(file, "{");
  EXPECT_EQ(read_fragment(file, "x"), std::nullopt);
}

TEST(Results, TheSectionReplacesTheOneBeforeAndNothingElse) {
  const std::string page = "# Results\n\nBefore.\n";
  const std::string once = with_section(page, "one\n");
  EXPECT_TRUE(once.starts_with(page));
  EXPECT_THAT(once, HasSubstr("one\n"));
  const std::string twice = with_section(once + "\nAfter.\n", "two\n");
  EXPECT_TRUE(twice.starts_with(page));
  EXPECT_TRUE(twice.ends_with("\nAfter.\n"));
  EXPECT_THAT(twice, HasSubstr("two\n"));
  EXPECT_THAT(twice, Not(HasSubstr("one\n")));
  EXPECT_EQ(with_section(twice, "two\n"), twice);
  EXPECT_THROW((void)with_section(once.substr(0, once.size() - 10), "three\n"), Error);
}

TEST(Results, TheTableComparesWithStaticAndWithOthers) {
  const std::string text = section_of(results(network()));
  EXPECT_THAT(
      text,
      HasSubstr("| 256 | pipeline | 16x16x1 | 75.00 % | 50.0 / 50.0 % | 1,600 | 2,400 | 1,600 | 1.25x | "
                "90.0 % | 2.00 | 1.50x | 12 images |"));
  EXPECT_THAT(text, HasSubstr("| 256 | 2,000 | 8,404 | 15,053 | 6,940 | 7,597 |"));
  EXPECT_THAT(text, HasSubstr("33,666 with 400 multipliers"));
  EXPECT_THAT(text, HasSubstr("| lenet5 | 256 | parallel | 1.33x | pipeline | 1.50x |"));
}

TEST(Results, ARefusedDesignIsListedWithItsReason) {
  NetworkResult n = network();
  n.designs[2] = {};
  n.designs[2].strategy = "parallel";
  n.designs[2].asked = 256;
  n.designs[2].refusal = "too many multipliers\nand a table";
  const std::string text = section_of(results(n));
  EXPECT_THAT(text, HasSubstr("Refused: parallel at 256 multipliers: too many multipliers\n"));
  EXPECT_TRUE(check_choices(n).empty());
}

TEST(Results, OnlyReEncodedImagesCarryTheWarning) {
  EXPECT_THAT(section_of(results(network())), Not(HasSubstr("JPEG")));
  NetworkResult n = network();
  n.data = "cifar10";
  EXPECT_THAT(section_of(results(n)), HasSubstr("not comparable"));
}

TEST(Results, AChoiceIsRightWhereThePredictionAgreesWithTheRuns) {
  // Tuning rates: pipeline 1600, parallel 1500. Test rates: 1440 and 1400. Energy speaks for pipeline in
  // both.
  const std::vector<ChoiceCheck> checks = check_choices(network());
  ASSERT_EQ(checks.size(), 1U);
  EXPECT_EQ(checks[0].predicted_faster.better, accel::Strategy::parallel);
  EXPECT_DOUBLE_EQ(checks[0].predicted_faster.ratio, 1600.0 / 1500);
  EXPECT_DOUBLE_EQ(checks[0].measured_faster.ratio, 1440.0 / 1400);
  EXPECT_EQ(checks[0].predicted_energy.better, accel::Strategy::pipeline);
  EXPECT_TRUE(checks[0].measured);
  EXPECT_TRUE(checks[0].right());
}

TEST(Results, AChoiceIsWrongWhereTheRunsSaySo) {
  NetworkResult n = network();
  n.designs[1].cycles_by_exit = {500, 2400};  // measured otherwise than modelled
  EXPECT_FALSE(check_choices(n).front().right());
  EXPECT_THAT(section_of(results(n)), HasSubstr("Right in 0 of 1 cases"));
  n = network();
  n.cases[0].test_rates = {1, 0};
  EXPECT_FALSE(check_choices(n).front().right());
}

TEST(Results, AnExitThatNoSimulatedImageTookIsNotMeasured) {
  NetworkResult n = network();
  n.designs[2].cycles_by_exit[0] = -1;
  EXPECT_FALSE(check_choices(n).front().measured);
  n.cases[0].test_rates = {0, 1};
  EXPECT_TRUE(check_choices(n).front().measured);
}

/// The first `count` images.
net::Split part(const net::Split& split, std::size_t count) {
  const auto size = static_cast<std::size_t>(split.shape.elements());
  return {.shape = split.shape,
          .pixels = {split.pixels.begin(), split.pixels.begin() + static_cast<std::ptrdiff_t>(count * size)},
          .labels = {split.labels.begin(), split.labels.begin() + static_cast<std::ptrdiff_t>(count)}};
}

TEST(Results, ASmallRunIsMeasuredOnceAndKept) {
  const Folder folder;
  cli::Data data = cli::read_data("fashion-mnist");
  data.set.train = part(data.set.train, 200);
  data.set.test = part(data.set.test, 100);
  RunOptions options;
  options.work = folder.path();
  options.strategies = {accel::Strategy::static_};
  options.arguments.target = "zcu106";
  std::vector<std::string> said;
  options.say = [&](const std::string& line) { said.push_back(line); };
  NetworkRequest request{.name = "lenet5",
                         .model = OFFRAMP_SOURCE_DIR "/networks/lenet5/lenet5.onnx",
                         .multipliers = {16},
                         .samples = 3};
  const NetworkResult first = run_network(request, data, options);
  ASSERT_EQ(first.designs.size(), 1U);
  const DesignResult& d = first.designs.front();
  EXPECT_TRUE(d.bit_exact);
  EXPECT_EQ(d.samples, 3U);
  EXPECT_DOUBLE_EQ(d.cycles_mean, d.model_cycles());
  EXPECT_GT(d.picojoules(), 0);
  EXPECT_EQ(first.cases.size(), 6U);
  said.clear();
  const NetworkResult second = run_network(request, data, options);
  EXPECT_THAT(said, testing::ElementsAre("lenet5 static 16: kept"));
  EXPECT_EQ(to_json(second.designs.front()), to_json(d));
  // Another number of multipliers that the board lacks is refused, and that is a result.
  request.multipliers = {20000};
  options.arguments.array = "100x20x1";
  EXPECT_THAT(run_network(request, data, options).designs.front().refusal, HasSubstr("does not fit"));
}

}  // namespace
}  // namespace offramp::results

// Building Verilated models and reaching their signals.
#include "verif/verilated_model.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "base/error.h"
#include "base/interrupt.h"
#include "fixture.h"
#include "verif/model_wrapper.h"

namespace offramp::verif {
namespace {

using namespace testing;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

/// The smallest design there is, for tests that build.
ModelSources tiny(const fs::path& directory, const std::string& body = "assign y = ~a;") {
  write_text(
      directory / "tiny.v",
      "module tiny (input wire ap_clk, input wire [7:0] a, output wire [7:0] y);\n" + body + "\nendmodule\n");
  return {.directory = directory, .verilog = {"tiny.v"}, .top = "tiny"};
}

/// A cache of the test's own. Verilator's runtime takes seconds to compile, so it comes from the common
/// cache.
ModelOptions quick(const fs::path& cache) {
  (void)build_model(fixture_sources(), {.favour = ModelOptions::Favour::build, .cache = test_cache()});
  fs::create_directories(cache);
  for (const auto& entry : fs::directory_iterator(test_cache())) {
    const fs::path name = entry.path().filename();
    if (name.string().starts_with("runtime-") && !fs::exists(cache / name))
      fs::copy(entry.path(), cache / name);
  }
  return {.favour = ModelOptions::Favour::build, .cache = cache};
}

/// Files in a cache but for the runtime, which is there from the start.
std::size_t models_in(const fs::path& cache) {
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(cache)) {
    count += entry.path().filename().string().starts_with("runtime-") ? 0 : 1;
  }
  return count;
}

/// PATH for the length of a scope.
class PathIs {
 public:
  explicit PathIs(const std::string& path) : old_(std::getenv("PATH")) { ::setenv("PATH", path.c_str(), 1); }
  ~PathIs() { ::setenv("PATH", old_.c_str(), 1); }

 private:
  std::string old_;
};

Error error_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    return e;
  }
  return Error("nothing was thrown");
}

TEST(ModelWrapper, IdentifiersGoThereAndBack) {
  // What Verilator 5.006 writes for these was read from the header that it made.
  EXPECT_EQ(encode_identifier("b__c"), "b___05Fc");
  EXPECT_EQ(encode_identifier("d___e"), "d___05F_e");
  EXPECT_EQ(encode_identifier("f____g"), "f___05F___05Fg");
  EXPECT_EQ(encode_identifier("plain_name"), "plain_name");
  for (const char* name : {"a", "b__c", "d___e", "f____g", "z__", "a_b_c"}) {
    EXPECT_EQ(decode_identifier(encode_identifier(name)), name);
  }
}

TEST(VerilatedModel, PortsOfEveryWidthAreFoundByTheirVerilogNames) {
  const auto model = fixture_model();
  EXPECT_EQ(model->port("ap_clk").bits(), 1);
  EXPECT_EQ(model->port("s_axis_tdata").bits(), 16);
  EXPECT_EQ(model->port("m_axis_tdata").bits(), 32);
  EXPECT_TRUE(model->has_port("s_axi_awaddr"));
  EXPECT_FALSE(model->has_port("s_axi_awprot"));
  EXPECT_THAT(error_of([&] { (void)model->port("s_axi_awprot"); }).what(),
              HasSubstr("no port 's_axi_awprot'"));
}

TEST(VerilatedModel, ProbesOfEveryWidthReadWhatTheVerilogComputes) {
  const auto model = fixture_model();
  Signal clock = model->port("ap_clk");
  Signal reset = model->port("ap_rst_n");
  const auto tick = [&] {
    clock.set(0);
    model->eval();
    clock.set(1);
    model->eval();
    clock.set(0);
    model->eval();
  };
  reset.set(0);
  tick();
  reset.set(1);
  model->port("s_axis_tvalid").set(1);
  model->port("s_axis_tdata").set(0x3412);
  model->port("s_axis_tuser").set(0xBEEF);
  model->port("s_axis_tlast").set(1);
  model->eval();
  EXPECT_EQ(model->probe("take").get(), 1u);
  EXPECT_EQ(model->probe("lane0").get(), 0x12u);
  EXPECT_EQ(model->probe("lane1").get(), 0x34u);
  tick();
  const std::uint64_t sum = 0x12 + 0x34 + 7;  // 7 is in mem/bias.hex
  EXPECT_EQ(model->probe("sum_q").get(), sum);
  EXPECT_EQ(model->probe("forty_bits").get(), (std::uint64_t{0xBEEF} << 24) | (0xA5u << 16) | sum);
  EXPECT_EQ(model->probe("sixty_four").get(), (std::uint64_t{1} << 63) | sum);
  const Signal wide = model->probe("hundred_bits");
  EXPECT_EQ(wide.bits(), 100);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(wide.part(16 * i, 16), sum);
  EXPECT_EQ(wide.part(80, 16), 0x3412u);
  EXPECT_EQ(wide.part(96, 4), 9u);
  EXPECT_EQ(wide.part(60, 40), (std::uint64_t{0x93412} << 20) | (sum << 4) | (sum >> 12));
  EXPECT_EQ(wide.part(36, 64), (std::uint64_t{0x93412} << 44) | (sum << 28) | (sum << 12) | (sum >> 4));
  EXPECT_EQ(wide.signed_part(96, 4), -7);
}

TEST(VerilatedModel, AProbeThatIsNotInTheDesignIsNamed) {
  ModelSources sources = fixture_sources();
  const auto built = build_model(sources, {.favour = ModelOptions::Favour::build, .cache = test_cache()});
  sources.probes = {top_probe("no_such_signal", 1), top_probe("sum_q", 12)};
  const VerilatedModel model(built, sources, {.directory = sources.directory});
  EXPECT_THAT(error_of([&] { (void)model.probe("no_such_signal"); }).what(), HasSubstr("no_such_signal"));
  EXPECT_THAT(error_of([&] { (void)model.probe("sum_q"); }).what(), HasSubstr("16 bits wide, expected 12"));
}

TEST(VerilatedModel, TwoModelsOfOneLibraryDoNotShareState) {
  const auto a = fixture_model();
  const auto b = fixture_model();
  a->port("s_axis_tdata").set(0x1111);
  b->port("s_axis_tdata").set(0x0202);
  a->eval();
  b->eval();
  EXPECT_EQ(a->port("s_axis_tdata").get(), 0x1111u);
  EXPECT_EQ(b->port("s_axis_tdata").get(), 0x0202u);
}

TEST(VerilatedModel, AMissingMemoryImageIsAnErrorAndNotTheEndOfTheProcess) {
  const ScratchDirectory scratch;
  const ModelSources sources = fixture_sources();
  const auto built = build_model(sources, {.favour = ModelOptions::Favour::build, .cache = test_cache()});
  const Error error =
      error_of([&] { const VerilatedModel m(built, sources, {.directory = scratch.path()}); });
  EXPECT_THAT(error.what(), HasSubstr("mem/bias.hex"));
}

TEST(VerilatedModel, AMemoryImageThatIsTooShortIsAnError) {
  const ScratchDirectory scratch;
  write_text(scratch.path() / "mem" / "bias.hex", "// nothing\n");
  const ModelSources sources = fixture_sources();
  const auto built = build_model(sources, {.favour = ModelOptions::Favour::build, .cache = test_cache()});
  const Error error =
      error_of([&] { const VerilatedModel m(built, sources, {.directory = scratch.path()}); });
  EXPECT_THAT(error.what(), HasSubstr("mem/bias.hex"));
}

TEST(VerilatedModel, AWaveFileIsWritten) {
  const ScratchDirectory scratch;
  const auto model = fixture_model(true);
  const fs::path file = scratch.path() / "run.fst";
  model->open_trace(file);
  Signal clock = model->port("ap_clk");
  for (std::uint64_t t = 0; t < 200; ++t) {
    clock.set(t & 1);
    model->eval();
    model->dump_trace(t);
  }
  model->close_trace();
  ASSERT_TRUE(fs::exists(file));
  EXPECT_GT(fs::file_size(file), 300u);
}

TEST(VerilatedModel, AModelWithoutTracingRefusesToTrace) {
  const ScratchDirectory scratch;
  const auto model = fixture_model();
  EXPECT_THAT(error_of([&] { model->open_trace(scratch.path() / "x.fst"); }).what(),
              HasSubstr("without tracing"));
}

TEST(BuildModel, TheSecondBuildComesFromTheCache) {
  const ScratchDirectory scratch;
  const ModelSources sources = tiny(scratch.path() / "design");
  const auto first = build_model(sources, quick(scratch.path() / "cache"));
  const auto second = build_model(sources, quick(scratch.path() / "cache"));
  EXPECT_FALSE(first.from_cache);
  EXPECT_TRUE(second.from_cache);
  EXPECT_EQ(first.library, second.library);
  EXPECT_LT(second.seconds, first.seconds);
  // The library, and no build directory left behind.
  EXPECT_EQ(models_in(scratch.path() / "cache"), 1u);
}

TEST(BuildModel, AChangedSourceOrFlagOrProbeIsAnotherModel) {
  const ScratchDirectory scratch;
  const fs::path cache = scratch.path() / "cache";
  ModelSources sources = tiny(scratch.path() / "design", "wire [7:0] w = ~a; assign y = w;");
  const auto first = build_model(sources, quick(cache));
  sources.probes = {{.name = "w", .path = "w", .module = "tiny", .signal = "w", .bits = 8}};
  const auto probed = build_model(sources, quick(cache));
  EXPECT_NE(probed.library, first.library);
  tiny(scratch.path() / "design", "wire [7:0] w = -a; assign y = w;");
  const auto changed = build_model(sources, quick(cache));
  EXPECT_NE(changed.library, probed.library);
  VerilatedModel model(changed, sources, {.directory = scratch.path()});
  model.port("a").set(1);
  model.eval();
  EXPECT_EQ(model.probe("w").get(), 0xFFu);
}

TEST(BuildModel, RandomStartShowsARegisterWithoutReset) {
  const ScratchDirectory scratch;
  const ModelSources sources =
      tiny(scratch.path(), "reg [7:0] r; always @(posedge ap_clk) r <= r + a; assign y = r;");
  ModelOptions options = quick(scratch.path() / "cache");
  options.random_start = true;
  const auto built = build_model(sources, options);
  std::vector<std::uint64_t> values;
  for (int seed = 1; seed <= 3; ++seed) {
    VerilatedModel model(built, sources, {.directory = scratch.path(), .random = true, .seed = seed});
    model.eval();
    values.push_back(model.port("y").get());
  }
  EXPECT_FALSE(values[0] == values[1] && values[1] == values[2]);
}

TEST(BuildModel, VerilogThatVerilatorRefusesIsShownWithItsLine) {
  const ScratchDirectory scratch;
  const ModelSources sources = tiny(scratch.path() / "design", "assign y = nonsense(;");
  const Error error = error_of([&] { (void)build_model(sources, quick(scratch.path() / "cache")); });
  EXPECT_THAT(error.what(), HasSubstr("tiny.v:2"));
  EXPECT_EQ(models_in(scratch.path() / "cache"), 0u);
}

TEST(BuildModel, AMissingSourceIsNamed) {
  const ScratchDirectory scratch;
  const ModelSources sources = {.directory = scratch.path(), .verilog = {"gone.v"}, .top = "gone"};
  EXPECT_THAT(error_of([&] { (void)build_model(sources, quick(scratch.path() / "cache")); }).what(),
              HasSubstr("gone.v"));
}

TEST(BuildModel, AMissingToolIsNamedWithItsPackage) {
  const ScratchDirectory scratch;
  const ModelSources sources = tiny(scratch.path() / "design");
  const fs::path bin = scratch.path() / "bin";
  fs::create_directories(bin);
  const ModelOptions options = quick(scratch.path() / "cache");
  const PathIs path(bin.string());
  Error error = error_of([&] { (void)build_model(sources, options); });
  EXPECT_EQ(error.status(), ExitStatus::missing_tool);
  EXPECT_THAT(error.what(), HasSubstr("apt-get install verilator"));
  fs::create_symlink("/bin/true", bin / "verilator");
  error = error_of([&] { (void)build_model(sources, options); });
  EXPECT_EQ(error.status(), ExitStatus::missing_tool);
  EXPECT_THAT(error.what(), HasSubstr("apt-get install g++"));
}

TEST(BuildModel, ACacheThatCannotBeWrittenIsNamed) {
  const ScratchDirectory scratch;
  write_text(scratch.path() / "file", "in the way");
  const ModelSources sources = tiny(scratch.path() / "design");
  const ModelOptions options = {.cache = scratch.path() / "file" / "cache"};
  const Error error = error_of([&] { (void)build_model(sources, options); });
  EXPECT_EQ(error.status(), ExitStatus::bad_input);
  EXPECT_THAT(error.what(), HasSubstr("file"));
}

TEST(BuildModel, TwoProcessesMayBuildTheSameModelAtTheSameTime) {
  const ScratchDirectory scratch;
  const ModelSources sources = tiny(scratch.path() / "design");
  const ModelOptions options = quick(scratch.path() / "cache");
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    try {
      (void)build_model(sources, options);
      ::_exit(0);
    } catch (...) {
      ::_exit(1);
    }
  }
  const auto mine = build_model(sources, options);
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  const VerilatedModel model(mine, sources, {.directory = scratch.path()});
  EXPECT_EQ(models_in(scratch.path() / "cache"), 1u);
}

TEST(BuildModel, CtrlCLeavesNothingBehind) {
  const ScratchDirectory scratch;
  const ModelSources sources = tiny(scratch.path() / "design");
  const ModelOptions options = quick(scratch.path() / "cache");
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const InterruptScope scope;
    if (::write(ready[1], "x", 1) != 1) ::_exit(3);
    try {
      (void)build_model(sources, options);
      ::_exit(0);
    } catch (const Error& e) {
      ::_exit(std::string(e.what()).find("interrupted") != std::string::npos ? 42 : 2);
    }
  }
  char c = 0;
  ASSERT_EQ(::read(ready[0], &c, 1), 1);
  // In the middle of the build: its directory is there.
  const auto building = [&] {
    for (const auto& entry : fs::directory_iterator(scratch.path() / "cache")) {
      if (entry.path().filename().string().starts_with("build-")) return true;
    }
    return false;
  };
  while (!building()) ::usleep(1000);
  ::kill(child, SIGINT);
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 42);
  EXPECT_EQ(models_in(scratch.path() / "cache"), 0u);
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(BuildModel, ADamagedLibraryInTheCacheIsNamed) {
  const ScratchDirectory scratch;
  const ModelSources sources = tiny(scratch.path() / "design");
  const auto built = build_model(sources, quick(scratch.path() / "cache"));
  write_text(built.library, "not a library");
  const auto again = build_model(sources, quick(scratch.path() / "cache"));
  const Error error =
      error_of([&] { const VerilatedModel m(again, sources, {.directory = scratch.path()}); });
  EXPECT_THAT(error.what(), HasSubstr("delete the file and run again"));
}

}  // namespace
}  // namespace offramp::verif

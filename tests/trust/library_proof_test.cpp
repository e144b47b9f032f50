// Every module of rtl/lib at several settings of its parameters, the least of each range among them: no
// message from Verilator, accepted by Icarus and Yosys, and alike to the interpreter and to simulators.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <functional>
#include <set>

#include "base/files.h"
#include "base/process.h"
#include "base/temp_folder.h"
#include "blocks/accumulator.h"
#include "blocks/delay_line.h"
#include "blocks/library.h"
#include "blocks/ram.h"
#include "blocks/residual.h"
#include "blocks/result_queue.h"
#include "blocks/rotate.h"
#include "blocks/serial_multiplier.h"
#include "blocks/stream_fifo.h"
#include "blocks/stream_fork.h"
#include "blocks/stream_registers.h"
#include "blocks/stream_route.h"
#include "blocks/systolic_array.h"
#include "blocks/weight_bank.h"
#include "verif/random.h"
#include "verif/trust/trust.h"

namespace offramp::blocks {
namespace {

using Setting = std::map<std::string, std::int64_t>;

/// A module of the library, and the settings at which it is tried. A new module needs a line here.
struct Entry {
  std::function<void(hw::Design&)> add;
  std::string module;
  std::vector<Setting> settings;
};

template <class G>
Entry entry(const G& generator, std::vector<Setting> settings) {
  return {[generator](hw::Design& d) { d.add(generator); }, generator.name(), std::move(settings)};
}

std::vector<Entry> entries() {
  const std::vector<Setting> widths = {{{"WIDTH", 1}}, {{"WIDTH", 2}}, {{"WIDTH", 33}}, {}};
  const std::vector<Setting> memories = {{{"WIDTH", 1}, {"DEPTH", 2}},
                                         {{"WIDTH", 7}, {"DEPTH", 3}},
                                         {{"WIDTH", 70}, {"DEPTH", 16}},
                                         {{"WIDTH", 9}, {"DEPTH", 33}},
                                         {}};
  const std::vector<Setting> many = {{{"WIDTH", 1}, {"COUNT", 2}},
                                     {{"WIDTH", 5}, {"COUNT", 3}},
                                     {{"WIDTH", 65}, {"COUNT", 4}},
                                     {{"WIDTH", 2}, {"COUNT", 9}}};
  const Setting least_cell = {{"ACT_W", 2}, {"WEIGHT_W", 2}, {"GUARD_W", 1}};
  const auto array = [](std::int64_t rows, std::int64_t columns, Setting s = {}) {
    s["ROWS"] = rows;
    s["COLUMNS"] = columns;
    return s;
  };
  std::vector<Entry> all = {
      entry(MacCell{}, {least_cell,
                        {},
                        {{"ACT_W", 9}, {"WEIGHT_W", 8}, {"GUARD_W", 4}},
                        {{"ACT_W", 17}, {"WEIGHT_W", 16}, {"GUARD_W", 16}}}),
      entry(SystolicArray{},
            {array(1, 1, least_cell), array(1, 1, {{"LANES", 1}}), array(2, 3),
             array(3, 2, {{"LANES", 2}, {"ACT_W", 17}, {"WEIGHT_W", 16}}), array(16, 16), array(32, 32)}),
      entry(
          WeightBank{},
          {{{"WIDTH", 2}, {"DEPTH", 2}}, {{"WIDTH", 16}, {"DEPTH", 3}}, {{"WIDTH", 100}, {"DEPTH", 33}}, {}}),
      entry(
          Accumulator{},
          {{{"ACC_W", 4}, {"DEPTH", 2}}, {{"ACC_W", 49}, {"DEPTH", 16}}, {{"ACC_W", 12}, {"DEPTH", 5}}, {}}),
      entry(OutputStage{}, {{{"ACC_W", 4}, {"RESULT_W", 3}},
                            {{"ACC_W", 49}, {"RESULT_W", 17}},
                            {{"ACC_W", 4}, {"RESULT_W", 17}},
                            {}}),
      entry(Ram{}, memories),
      entry(RamReadBack{}, memories),
      entry(Rom{}, memories),
      entry(Table{}, memories),
      entry(ResidualAdd{}, {{{"RESULT_W", 3}, {"ELEMENT_W", 2}, {"WEIGHT_W", 2}},
                            {{"RESULT_W", 17}, {"ELEMENT_W", 16}, {"WEIGHT_W", 16}},
                            {{"RESULT_W", 9}, {"ELEMENT_W", 8}, {"WEIGHT_W", 4}},
                            {}}),
      entry(DelayLine{},
            {{{"WIDTH", 1}, {"DEPTH", 3}}, {{"WIDTH", 70}, {"DEPTH", 4}}, {{"WIDTH", 3}, {"DEPTH", 20}}, {}}),
      entry(SerialMultiplier{},
            {{{"A_W", 2}, {"B_W", 2}}, {{"A_W", 28}, {"B_W", 20}}, {{"A_W", 5}, {"B_W", 33}}, {}}),
      entry(ResultQueue{}, widths),
      entry(StreamRegisterForward{}, widths),
      entry(StreamRegisterBackward{}, widths),
      entry(StreamSkid{}, widths),
      entry(StreamFifo{}, memories),
      entry(StreamFork{}, many),
      entry(StreamJoin{}, many),
      entry(StreamDemux{}, many),
      entry(StreamMerge{}, many),
  };
  for (const int count : {8, 16, 32}) {
    for (const auto direction : {Rotate::Direction::up, Rotate::Direction::down})
      all.push_back(entry(Rotate{.count = count, .direction = direction}, widths));
  }
  return all;
}

std::string text_of(const Setting& s) {
  std::string text;
  for (const auto& [name, value] : s) text += fmt::format(" {} = {}", name, value);
  return text.empty() ? " defaults" : text;
}

TEST(LibraryProof, EveryModuleOfTheLibraryHasSettingsWithTheLeastOfEachRange) {
  std::set<std::string> known;
  for (const Entry& e : entries()) {
    known.insert(e.module);
    EXPECT_GE(e.settings.size(), 4U) << e.module;
    hw::Design design;
    e.add(design);
    for (const auto& p : design.find(e.module)->params) {
      bool least = false;
      for (const Setting& s : e.settings) {
        const auto it = s.find(p->name);
        least = least || (it != s.end() && it->second == p->min);
        EXPECT_TRUE(it == s.end() || (it->second >= p->min && it->second <= p->max))
            << e.module << " " << p->name;
      }
      EXPECT_TRUE(least) << e.module << " is never tried with " << p->name << " = " << p->min;
    }
  }
  for (const auto& [file, text] : library()) {
    if (file.ends_with(".v")) {
      EXPECT_TRUE(known.contains(file.substr(0, file.size() - 2)))
          << file << " is not tried at any setting: add a line to entries()";
    }
  }
}

TEST(LibraryProof, VerilatorIsSilentAndIcarusAndYosysAcceptEverySetting) {
  for (const char* tool : {"verilator", "iverilog", "yosys"}) {
    if (!find_tool(tool)) GTEST_SKIP() << "skipped: " << tool << " not found";
  }
  for (const Entry& e : entries()) {
    hw::Design design;
    e.add(design);
    const test::TempFolder folder;
    std::vector<std::string> files;
    for (const hw::Module* m : design.modules()) {
      files.push_back(m->name + ".v");
      write_file(folder / files.back(), hw::print_verilog(*m));
    }
    const auto run = [&](std::vector<std::string> argv, bool silent, const Setting& s) {
      if (argv[0] != "yosys") argv.insert(argv.end(), files.begin(), files.end());
      const ProcessResult r = run_process(argv, {.directory = folder.path()});
      EXPECT_TRUE(r.exit_code == 0 && (!silent || r.output.empty()))
          << argv[0] << " on " << e.module << text_of(s) << ": " << r.output.substr(0, 1000);
    };
    std::string script = "read_verilog";
    for (const auto& f : files) script += " " + f;
    script += "; design -save raw";
    for (const Setting& s : e.settings) {
      std::vector<std::string> lint = {"verilator", "--lint-only", "-Wall", "--top-module", e.module};
      std::vector<std::string> icarus = {"iverilog", "-g2005", "-Wall", "-o", "/dev/null", "-s", e.module};
      script += "; design -load raw";
      std::int64_t size = 1;
      for (const auto& [name, value] : s) {
        lint.push_back(fmt::format("-G{}={}", name, value));
        icarus.push_back(fmt::format("-P{}.{}={}", e.module, name, value));
        script += fmt::format("; chparam -set {} {} {}", name, value, e.module);
        size *= name == "ROWS" || name == "COLUMNS" ? value : 1;
      }
      script += "; hierarchy -check -top " + e.module + (size > 300 ? "" : "; proc; check -assert");
      run(lint, true, s);
      run(icarus, true, s);
    }
    run({"yosys", "-q", "-p", script}, false, {});
  }
}

/// An image with a random word for each address.
std::string image(std::int64_t words, std::int64_t width, std::uint64_t seed) {
  verif::Random random(seed);
  std::string text;
  for (std::int64_t i = 0; i < words; ++i) {
    std::string line;
    const std::int64_t digits = (width + 3) / 4;
    for (std::int64_t d = 0; d < digits; ++d) {
      const std::int64_t bits = d == 0 ? width - 4 * (digits - 1) : 4;
      line += "0123456789abcdef"[random.below(std::uint64_t{1} << bits)];
    }
    text += line + "\n";
  }
  return text;
}

/// What was compared, over all settings.
struct Proof {
  std::uint64_t bits = 0;
  std::uint64_t unknown = 0;
};

Proof prove(const std::vector<trust::Tool>& tools, int cycles,
            const std::function<bool(const Setting&)>& wanted) {
  trust::Simulators simulators;
  std::vector<std::unique_ptr<hw::Design>> designs;
  std::vector<trust::Job> jobs;
  std::vector<std::string> names;
  std::uint64_t seed = 0;
  for (const Entry& e : entries()) {
    designs.push_back(std::make_unique<hw::Design>());
    e.add(*designs.back());
    const hw::Module* module = designs.back()->find(e.module);
    for (const Setting& s : e.settings) {
      if (!wanted(s)) continue;
      trust::Job job{.design = designs.back().get(), .module = module, .parameters = s};
      ++seed;
      if (!module->string_params.empty()) {
        const std::string file = fmt::format("image_{}.hex", seed);
        job.string_parameters["INIT_FILE"] = file;
        hw::IntEnv env;
        for (const auto& p : module->params) {
          if (const auto it = s.find(p->name); it != s.end()) env[p.get()] = it->second;
        }
        const auto value = [&](const char* name) {
          for (const auto& p : module->params) {
            if (p->name == name) return evaluate(hw::IntExpr(hw::SymbolRef(p)), env);
          }
          return std::int64_t{1};
        };
        job.files[file] = image(value("DEPTH"), value("WIDTH"), seed);
      }
      job.stimulus = trust::random_stimulus(job, seed, cycles, false);
      jobs.push_back(std::move(job));
      names.push_back(e.module + text_of(s));
    }
  }
  Proof proof;
  const std::vector<trust::Verdict> verdicts =
      trust::compare(simulators, jobs, {.tools = tools, .cycles = cycles});
  for (std::size_t k = 0; k < jobs.size(); ++k) {
    const trust::Verdict& v = verdicts[k];
    EXPECT_EQ(v.failure, "") << names[k] << ": " << v.message
                             << (v.difference ? fmt::format("cycle {} {}: expected {}, got {}",
                                                            v.difference->cycle, v.difference->output,
                                                            v.difference->expected, v.difference->got)
                                              : "");
    EXPECT_GT(v.bits, v.unknown) << names[k] << ": nothing is compared";
    proof.bits += v.bits;
    proof.unknown += v.unknown;
  }
  return proof;
}

bool is_large(const Setting& s) {
  const auto rows = s.find("ROWS");
  return rows != s.end() && rows->second > 8;
}

TEST(LibraryProof, EverySettingBehavesAsTheInterpreterSays) {
  for (const char* tool : {"iverilog", "verilator"}) {
    if (!find_tool(tool)) GTEST_SKIP() << "skipped: " << tool << " not found";
  }
  const Proof proof = prove({trust::Tool::icarus, trust::Tool::verilator}, 120,
                            [](const Setting& s) { return !is_large(s); });
  EXPECT_GE(proof.bits - proof.unknown, proof.bits * 6 / 10);
}

TEST(LibraryProof, LargeArraysBehaveAsTheInterpreterSays) {
  if (!find_tool("iverilog")) GTEST_SKIP() << "skipped: iverilog not found";
  (void)prove({trust::Tool::icarus}, 80, is_large);
}

}  // namespace
}  // namespace offramp::blocks

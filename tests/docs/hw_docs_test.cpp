// docs/hw: the reference is made from its examples and the Verilog that they give, and what the tutorial
// shows is what its code is and does. OFFRAMP_UPDATE_GOLDEN=1 writes the reference anew.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <sstream>

#include "base/files.h"
#include "base/process.h"
#include "base/temp_folder.h"
#include "examples.h"
#include "hw/interpreter.h"

namespace offramp::docs {
namespace {

const std::string folder = std::string(OFFRAMP_SOURCE_DIR) + "/docs/hw/";

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// Sections of reference.cpp: title, prose and code.
struct Section {
  std::string title;
  std::string prose;
  std::string code;
};

std::vector<Section> sections() {
  std::vector<Section> all;
  bool in_code = false;
  for (const std::string& line : lines_of(read_file(folder + "examples/reference.cpp"))) {
    if (line.starts_with("// ## ")) {
      all.push_back({line.substr(6), {}, {}});
    } else if (line == "//>") {
      in_code = true;
    } else if (line == "//<") {
      in_code = false;
    } else if (in_code) {
      all.back().code += line + "\n";
    } else if (!all.empty() && line.starts_with("// ")) {
      all.back().prose += line.substr(3) + "\n";
    }
  }
  return all;
}

/// The module itself, without the banner above it and what follows it.
std::string body_of(const std::string& verilog) {
  const auto begin = verilog.find("\nmodule ") + 1;
  const std::string end = "endmodule\n";
  return verilog.substr(begin, verilog.find(end) + end.size() - begin);
}

std::string reference() {
  const auto all = sections();
  const auto& examples = reference_examples();
  EXPECT_EQ(all.size(), examples.size());
  std::string text =
      "# Reference: every construct, and the Verilog that it gives\n\n"
      "Made from `docs/hw/examples/reference.cpp` and from what it emits by `tests/docs/hw_docs_test.cpp`; "
      "each "
      "example is checked,\nlinted and run. The code stands in `namespace offramp::hw`; `m` is the "
      "`ModuleBuilder`. Messages: [diagnostics.md](diagnostics.md).\n\n";
  for (const auto& s : all) {
    std::string anchor;
    for (const char c : s.title) {
      if (std::isalnum(static_cast<unsigned char>(c)) != 0) anchor += static_cast<char>(std::tolower(c));
      if (c == ' ') anchor += '-';
    }
    text += "- [" + s.title + "](#" + anchor + ")\n";
  }
  for (std::size_t i = 0; i < all.size() && i < examples.size(); ++i) {
    EXPECT_TRUE(all[i].code.find("void " + examples[i].name + "(ModuleBuilder& m)") != std::string::npos);
    hw::Design design;
    const hw::Module& m = design.add_module(examples[i].name, examples[i].build);
    text += "\n## " + all[i].title + "\n\n" + all[i].prose + "\n```cpp\n" + all[i].code +
            "```\n\n```verilog\n" + body_of(hw::print_verilog(m)) + "```\n";
  }
  return text;
}

TEST(HwReference, IsWhatItsExamplesGive) {
  const std::string text = reference();
  if (std::getenv("OFFRAMP_UPDATE_GOLDEN") != nullptr) write_file(folder + "reference.md", text);
  EXPECT_EQ(read_file(folder + "reference.md"), text) << "OFFRAMP_UPDATE_GOLDEN=1 rewrites it";
}

TEST(HwReference, ExamplesAreCleanAndRun) {
  for (const Example& e : reference_examples()) {
    hw::Design design;
    const hw::Module& m = design.add_module(e.name, e.build);
    EXPECT_EQ(render(hw::check(design)), "") << e.name;
    hw::Interpreter run(m);
    for (const hw::Id p : m.ports) {
      const hw::Decl& d = m.decls[p];
      if (d.kind != hw::DeclKind::input || (d.clock && !d.reset)) continue;
      run.set(d.name, hw::LogicVector::of(hw::evaluate(d.type.width), d.reset ? 1 : 0));
    }
    run.step();
    EXPECT_EQ(run.cycle(), 1U) << e.name;
  }
}

TEST(HwReference, ExamplesPassTheLinter) {
  if (!find_tool("verilator")) GTEST_SKIP() << "skipped: verilator not found";
  const test::TempFolder temp;
  for (const Example& e : reference_examples()) {
    hw::Design design;
    design.add_module(e.name, e.build);
    for (const hw::Module* m : design.modules())
      write_file(temp.path() / (m->name + ".v"), hw::print_verilog(*m));
    const auto r = run_process({"verilator", "--lint-only", "-Wall", "--top-module", e.name, e.name + ".v"},
                               {.directory = temp.path()});
    EXPECT_EQ(r.exit_code, 0) << e.name << "\n" << r.output;
    EXPECT_EQ(r.output, "") << e.name;
  }
}

/// Fenced blocks of one language.
std::vector<std::string> blocks(const std::string& markdown, const std::string& language) {
  std::vector<std::string> all;
  bool inside = false;
  for (const std::string& line : lines_of(markdown)) {
    if (!inside && line == "```" + language) {
      inside = true;
      all.emplace_back();
    } else if (inside && line == "```") {
      inside = false;
    } else if (inside) {
      all.back() += line + "\n";
    }
  }
  return all;
}

TEST(HwTutorial, ShowsTheCodeThatIsCompiled) {
  const std::string code = read_file(folder + "examples/tutorial.cpp");
  const auto shown = blocks(read_file(folder + "tutorial.md"), "cpp");
  ASSERT_GE(shown.size(), 3U);
  for (const auto& block : shown) EXPECT_TRUE(code.find(block) != std::string::npos) << block;
}

TEST(HwTutorial, ShowsTheVerilogThatIsEmitted) {
  hw::Design design;
  EXPECT_EQ(render(describe_tutorial(design)), "");
  std::string verilog;
  for (const hw::Module* m : design.modules()) verilog += hw::print_verilog(*m);
  const auto shown = blocks(read_file(folder + "tutorial.md"), "verilog");
  ASSERT_GE(shown.size(), 2U);
  for (const auto& block : shown) EXPECT_TRUE(verilog.find(block) != std::string::npos) << block;
}

TEST(HwTutorial, ShowsTheMessageThatIsGiven) {
  hw::Design design;
  design.add_module("cell_mac", [](hw::ModuleBuilder& m) {
    const auto w = m.param("DATA_W", 8, {.min = 2, .max = 16});
    const auto s = m.localparam("SUM_W", w + w + 4);
    const auto ck = m.clocking({.reset = false});
    const auto sum = m.input("sum_i", hw::sint(s));
    const auto act = m.input("act_i", hw::sint(w));
    const auto weight_q = m.reg("weight_q", hw::sint(w));
    const auto sum_q = m.reg("sum_q", hw::sint(s));
    m.clocked(ck, [&] { m.next(sum_q, sum + act * weight_q); });
  });
  const auto found = hw::check(design);
  ASSERT_FALSE(found.empty());
  const std::string page = read_file(folder + "tutorial.md");
  EXPECT_TRUE(page.find("error " + found[0].id + ": " + found[0].message) != std::string::npos)
      << render(found);
}

TEST(HwTutorial, ArrayMultipliesMatrices) {
  const std::vector<std::vector<std::int64_t>> weights = {
      {1, -2, 3, 127}, {-128, 5, 0, 7}, {2, 2, -9, 1}, {11, -1, 64, -128}};
  const std::vector<std::vector<std::int64_t>> rows = {
      {1, 0, 0, 0}, {-128, -128, -128, -128}, {127, 3, -5, 99}, {0, 1, 2, 3}, {9, 8, 7, 6}};
  std::vector<std::vector<std::int64_t>> expected;
  for (const auto& row : rows) {
    expected.emplace_back();
    for (std::size_t c = 0; c < 4; ++c) {
      std::int64_t sum = 0;
      for (std::size_t k = 0; k < 4; ++k) sum += row[k] * weights[k][c];
      expected.back().push_back(sum);
    }
  }
  EXPECT_EQ(multiply_on_tutorial_array(weights, rows), expected);
}

TEST(HwDiagnostics, AreAllListedAndTested) {
  // The table in diagnostic.h is the list of IDs.
  std::map<std::string, std::string> meaning;
  for (const std::string& line :
       lines_of(read_file(std::string(OFFRAMP_SOURCE_DIR) + "/gen/hw/diagnostic.h"))) {
    if (line.starts_with("//   HW00")) meaning[line.substr(5, 6)] = line.substr(23);
  }
  ASSERT_GE(meaning.size(), 24U);
  const std::string page = read_file(folder + "diagnostics.md");
  std::string tests;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(OFFRAMP_SOURCE_DIR) + "/tests/hw")) {
    if (entry.path().extension() == ".cpp") tests += read_file(entry.path());
  }
  for (const auto& [id, text] : meaning) {
    EXPECT_TRUE(page.find("| " + id + " |") != std::string::npos) << id << " is not in diagnostics.md";
    EXPECT_TRUE(page.find(text) != std::string::npos) << id << ": '" << text << "' is not in diagnostics.md";
    EXPECT_TRUE(tests.find("\"" + id + "\"") != std::string::npos) << "no test provokes " << id;
  }
}

}  // namespace
}  // namespace offramp::docs

// Random modules of expressions: what Icarus computes from the printed text must be what the IR means, over
// all operators, signs and widths, with constant and with parametric widths. Guards width context, sign
// context, precedence and spilling in the printer.
#include <gtest/gtest.h>

#include <random>

#include "hw/evaluate.h"
#include "hw/hw.h"
#include "hw/random_expressions.h"
#include "hw/tools.h"

namespace offramp::hw::test {
namespace {

std::string hex(Bits v) {
  std::string s;
  do {
    s.insert(s.begin(), "0123456789abcdef"[static_cast<int>(v & 15)]);
    v >>= 4;
  } while (v != 0);
  return s;
}

struct Setting {
  std::uint64_t seed;
  std::int64_t p;  // 0: constant widths
  std::int64_t q;
};

/// Simulates one random module and compares every output of every vector.
void compare(const Setting& setting, int expressions, int vectors) {
  Design design;
  RandomModule made(setting.seed, setting.p != 0);
  const Module& m = design.add_module("dut", [&](ModuleBuilder& b) { made.build(b, expressions); });
  ASSERT_EQ(render(m.diagnostics), "");
  IntEnv env;
  std::string overrides;
  if (setting.p != 0) {
    env[m.params[0].get()] = setting.p;
    env[m.params[1].get()] = setting.q;
    overrides = "#(.P(" + std::to_string(setting.p) + "), .Q(" + std::to_string(setting.q) + ")) ";
  }
  Evaluator eval(m, env);

  // A bench that applies vectors from a file and prints all outputs of each.
  std::string bench = "module tb;\n  integer i;\n";
  std::string pins;
  std::string show;
  std::string arguments;
  std::string load;
  std::int64_t total = 0;
  for (const Id port : m.ports) {
    const Decl& d = m.decls[port];
    const auto w = evaluate(d.type.width, env);
    const std::string range = "[" + std::to_string(w - 1) + ":0] ";
    bench += std::string("  ") + (d.kind == DeclKind::input ? "reg " : "wire ") + range + d.name + ";\n";
    pins += (pins.empty() ? "." : ", .") + d.name + "(" + d.name + ")";
    if (d.kind == DeclKind::input) {
      load = load.empty() ? d.name : load + ", " + d.name;
      total += w;
    } else {
      show += "%h ";
      arguments += ", " + d.name;
    }
  }
  bench += "  reg [" + std::to_string(total - 1) + ":0] v [0:" + std::to_string(vectors - 1) + "];\n";
  bench +=
      "  dut " + overrides + "u_dut (" + pins + ");\n  initial begin\n    $readmemh(\"vectors.hex\", v);\n";
  bench +=
      "    for (i = 0; i < " + std::to_string(vectors) + "; i = i + 1) begin\n      {" + load + "} = v[i];\n";
  bench += "      #1 $display(\"" + show + "\"" + arguments + ");\n    end\n  end\nendmodule\n";

  std::mt19937_64 random(setting.seed + 1);
  std::vector<std::map<Id, Bits>> stimuli;
  std::string file;
  for (int i = 0; i < vectors; ++i) {
    std::map<Id, Bits> in;
    std::string binary;
    for (const Id port : m.ports) {
      const Decl& d = m.decls[port];
      if (d.kind != DeclKind::input) continue;
      const auto w = evaluate(d.type.width, env);
      Bits value = random();
      // Corners: zero, all ones, the most negative, the most positive value, small numbers.
      switch (random() % 8) {
        case 0:
          value = 0;
          break;
        case 1:
          value = mask(w);
          break;
        case 2:
          value = Bits{1} << (w - 1);
          break;
        case 3:
          value = mask(w - 1);
          break;
        case 4:
          value &= 3;
          break;
        default:
          break;
      }
      value &= mask(w);
      in[port] = value;
      for (std::int64_t k = w; k-- > 0;) binary += ((value >> k) & 1) != 0 ? '1' : '0';
    }
    binary.insert(0, (4 - binary.size() % 4) % 4, '0');
    for (std::size_t k = 0; k < binary.size(); k += 4) {
      file += "0123456789abcdef"[std::stoi(binary.substr(k, 4), nullptr, 2)];
    }
    file += "\n";
    stimuli.push_back(std::move(in));
  }

  const TempDir dir;
  const std::string text = print_verilog(m);
  dir.write("dut.v", text);
  dir.write("tb.v", bench);
  dir.write("vectors.hex", file);
  const auto built =
      run("cd " + dir.path("") + " && iverilog -g2005 -Wall -Wno-timescale -s tb -o sim dut.v tb.v");
  ASSERT_EQ(built.status, 0) << built.output;
  ASSERT_EQ(built.output, "");
  const auto simulated = run("cd " + dir.path("") + " && vvp -n sim");
  std::istringstream out(simulated.output);
  int wrong = 0;
  for (int i = 0; i < vectors && wrong < 3; ++i) {
    eval.inputs = stimuli[static_cast<std::size_t>(i)];
    eval.restart();
    for (std::size_t k = 0; k < made.outputs.size() && wrong < 3; ++k) {
      std::string got;
      ASSERT_TRUE(static_cast<bool>(out >> got)) << simulated.output.substr(0, 1000);
      got.erase(0, std::min(got.find_first_not_of('0'), got.size() - 1));
      const std::string expected = hex(eval.bits(made.outputs[k].id()));
      if (got != expected) {
        ++wrong;
        std::string lines;
        std::istringstream all(text);
        const std::string name = "o" + std::to_string(k);
        for (std::string l; std::getline(all, l);) {
          if (l.find("_" + name + "_") != std::string::npos ||
              l.find("assign " + name + " ") != std::string::npos)
            lines += l + "\n";
        }
        ADD_FAILURE() << "seed " << setting.seed << ", vector " << i << ", output " << name << ": expected "
                      << expected << ", got " << got << "\n"
                      << lines;
      }
    }
  }

  if (has_tool("verilator")) {
    // Random expressions compare with constants and drop bits; everything else must be clean.
    const auto linted = run(
        "cd " + dir.path("") + " && verilator --lint-only -Wall -Wno-UNUSED -Wno-UNSIGNED -Wno-CMPCONST " +
        (setting.p == 0 ? "" : "-GP=" + std::to_string(setting.p) + " -GQ=" + std::to_string(setting.q)) +
        " dut.v");
    EXPECT_EQ(linted.output, "") << "seed " << setting.seed;
  }
}

class ExpressionMeaning : public testing::TestWithParam<Setting> {};

TEST_P(ExpressionMeaning, IsWhatIcarusComputesFromThePrintedText) {
  SKIP_WITHOUT("iverilog");
  // OFFRAMP_HW_SEED shifts all seeds, for long runs.
  Setting setting = GetParam();
  if (const char* shift = std::getenv("OFFRAMP_HW_SEED")) setting.seed += std::strtoull(shift, nullptr, 10);
  compare(setting, 60, 150);
}

INSTANTIATE_TEST_SUITE_P(ConstantWidths, ExpressionMeaning,
                         testing::Values(Setting{1, 0, 0}, Setting{2, 0, 0}, Setting{3, 0, 0},
                                         Setting{4, 0, 0}, Setting{5, 0, 0}, Setting{6, 0, 0}));
INSTANTIATE_TEST_SUITE_P(ParametricWidths, ExpressionMeaning,
                         testing::Values(Setting{11, 5, 9}, Setting{12, 1, 4}, Setting{13, 20, 12},
                                         Setting{14, 9, 9}, Setting{15, 2, 10}));

}  // namespace
}  // namespace offramp::hw::test

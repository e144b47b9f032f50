// Hand-written modules: their description is compared with the file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hw/check_module.h"

namespace offramp::hw {
namespace {

using testing::HasSubstr;

constexpr std::uint32_t a_line = __LINE__ + 15;

struct Cell {
  bool operator==(const Cell&) const = default;
  struct Ports {
    Clocking ck;
    In a;
    Out p;
  };
  [[nodiscard]] std::string name() const { return "prim_cell"; }
  [[nodiscard]] Ports build(ModuleBuilder& m) const {
    m.external("cell.v");
    const auto w = m.param("WIDTH", 8, {.min = 2, .max = 18});
    Ports p;
    p.ck = m.clocking({.reset = false});
    p.a = m.input("a_i", sint(w));
    p.p = m.output("p_o", sint(w + w));
    return p;
  }
};

constexpr const char* right = R"(// a comment with module other (
(* keep_hierarchy = "yes" *)
module prim_cell #(
  parameter integer WIDTH = 8  /* bits */
) (
  input  wire                        clk_i,
  input  wire signed [WIDTH-1:0]     a_i,
  output reg  signed [2 * WIDTH-1:0] p_o
);
endmodule
)";

Diagnostics compare(const std::string& text) {
  Design d;
  d.add_module("top", [](ModuleBuilder& m) {
    const auto ck = m.clocking({.reset = false});
    auto u = m.instance("u_cell", Cell{}, {.ck = ck});
    u.in(u.ports.a, m.input("a_i", sint(8)));
    m.drive(m.output("p_o", sint(16)), u.out(u.ports.p, "product"));
  });
  return check(d, {.external_text = [&](const std::string& file) -> std::optional<std::string> {
                 EXPECT_EQ(file, "cell.v");
                 if (text.empty()) return std::nullopt;
                 return text;
               }});
}

std::string changed(const std::string& from, const std::string& to) {
  std::string text = right;
  text.replace(text.find(from), from.size(), to);
  return text;
}

TEST(ExternalModules, AgreeWithTheirFile) {
  EXPECT_EQ(render(compare(right)), "");
}

TEST(ExternalModules, ReportEachDifferenceInTheirPorts) {
  const auto only = [](const std::string& text) {
    const auto found = compare(text);
    EXPECT_EQ(found.size(), 1U) << render(found);
    EXPECT_EQ(found.at(0).id, "HW0023");
    return found.at(0).message;
  };
  EXPECT_THAT(
      only(changed("signed [WIDTH-1:0]     a_i", "[WIDTH-1:0] a_i")),
      HasSubstr(
          "port 'a_i' is 'input [WIDTH-1:0]' in 'cell.v' but is described as 'input signed [WIDTH-1:0]'"));
  EXPECT_THAT(only(changed("2 * WIDTH-1", "WIDTH")), HasSubstr("port 'p_o' is 'output signed [WIDTH:0]'"));
  EXPECT_THAT(only(changed("input  wire signed", "output wire signed")),
              HasSubstr("'output signed [WIDTH-1:0]'"));
  EXPECT_THAT(only(changed("clk_i,", "clk_i, input wire ce_i,")),
              HasSubstr("port 'ce_i' of 'cell.v' is not described"));
  EXPECT_THAT(
      only(changed("parameter integer WIDTH = 8", "parameter integer W = 8, parameter integer WIDTH = 9")),
      HasSubstr("parameter 'W' of 'cell.v' is not described"));
  EXPECT_THAT(only(""), HasSubstr("there is no file 'cell.v'"));
  EXPECT_THAT(only("module cells();\nendmodule\n"), HasSubstr("holds no module 'prim_cell'"));
}

TEST(ExternalModules, SayWhereADescribedPortIsDeclared) {
  const auto found = compare(changed("a_i,", "b_i,"));
  ASSERT_EQ(found.size(), 2U) << render(found);
  EXPECT_THAT(found[0].message, HasSubstr("port 'a_i' is described but is not in 'cell.v'"));
  EXPECT_THAT(found[1].message, HasSubstr("port 'b_i' of 'cell.v' is not described"));
  EXPECT_EQ(found[0].loc.line, a_line);
}

TEST(ExternalModules, AreSaidToBeUncheckedWithoutTheirText) {
  Design d;
  d.add(Cell{});
  const auto found = check(d);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].severity, Severity::note);
  EXPECT_THAT(found[0].message, HasSubstr("were not compared"));
}

}  // namespace
}  // namespace offramp::hw

#pragma once
// A small design folder for tests of synthesis.
#include "base/files.h"
#include "base/process.h"
#include "base/temp_folder.h"
#include "synth/yosys.h"

#define SKIP_WITHOUT(tool) \
  if (!find_tool(tool)) GTEST_SKIP() << "skipped: " << (tool) << " not found"

namespace offramp::synth::testing {

/// A top with two counters of 8 bits and one of 12, and a table that a file fills.
inline void write_design(const test::TempFolder& folder) {
  write_file(folder / "counter.v", R"(
module counter #(parameter integer W = 4) (
  input wire clk_i, input wire rst_ni, input wire step_i, output reg [W-1:0] count_q);
  always @(posedge clk_i) if (!rst_ni) count_q <= 0; else if (step_i) count_q <= count_q + 1;
endmodule
)");
  write_file(folder / "top.v", R"(
module top (input wire clk_i, input wire rst_ni, input wire step_i, output wire [11:0] count_o,
            output reg [7:0] word_o);
  wire [7:0] low, high;
  counter #(.W(8)) u_low (.clk_i(clk_i), .rst_ni(rst_ni), .step_i(step_i), .count_q(low));
  counter #(.W(8)) u_high (.clk_i(clk_i), .rst_ni(rst_ni), .step_i(&low), .count_q(high));
  counter #(.W(12)) u_long (.clk_i(clk_i), .rst_ni(rst_ni), .step_i(^high), .count_q(count_o));
  reg [7:0] table_rom [0:7];
  initial $readmemh("table.hex", table_rom);
  always @(posedge clk_i) word_o <= table_rom[high[2:0]];
endmodule
)");
  write_file(folder / "table.hex", "01\n23\n45\n67\n89\nab\ncd\nef\n");
  write_file(folder / "files.f", "counter.v\ntop.v\n");
}

inline YosysRun run_of(const test::TempFolder& folder, netlist::Family family,
                       const std::string& module = "") {
  return {.folder = folder.path(),
          .files = read_file_list(folder.path()),
          .top = "top",
          .family = family,
          .module = module};
}

}  // namespace offramp::synth::testing

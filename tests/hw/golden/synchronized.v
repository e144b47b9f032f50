// synchronized: Two registers in a row take a level of another clock.
//
// Source: tests/hw/print_verilog_test.cpp:193

`default_nettype none

module synchronized (
  input  wire clk_i,
  input  wire level_i,
  output wire level_o
);

  (* ASYNC_REG = "TRUE" *)
  reg meta_q;
  (* ASYNC_REG = "TRUE" *)
  reg level_q;

  always @(posedge clk_i) begin
    meta_q <= level_i;
    level_q <= meta_q;
  end

  assign level_o = level_q;
endmodule

`default_nettype wire

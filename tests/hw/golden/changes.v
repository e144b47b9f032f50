// changes: Two change detectors; the second is also reset by clear_i.
//
// Source: tests/hw/print_verilog_test.cpp:174

`default_nettype none

module changes (
  input  wire       clk_i,
  input  wire       rst_ni,
  input  wire       data_i,
  input  wire       clear_i,
  output wire [1:0] pulses_o,
  output wire [2:0] resets_o   // the reset, three times
);
  wire pulse0;
  wire ready0;

  change u_plain (
    .clk_i   (clk_i),
    .rst_ni  (rst_ni),
    .data_i  (data_i),
    .pulse_o (pulse0),
    .ready_o (ready0)
  );

  assign pulses_o[0] = pulse0;

  wire _unused_ready0 = |ready0;
  wire cleared_n = rst_ni & ~clear_i;
  wire pulse1;
  wire ready1;

  change u_cleared (
    .clk_i   (clk_i),
    .rst_ni  (cleared_n),
    .data_i  (data_i),
    .pulse_o (pulse1),
    .ready_o (ready1)
  );

  assign pulses_o[1] = pulse1;

  wire _unused_ready1 = |ready1;

  assign resets_o = {3{rst_ni}};
endmodule

`default_nettype wire

// change: A pulse after each change of the input.
//
// Source: tests/hw/print_verilog_test.cpp:155

`default_nettype none

module change (
  input  wire clk_i,
  input  wire rst_i,
  input  wire data_i,
  output wire pulse_o,
  output wire ready_o   // low during reset
);

  reg data_q;
  reg pulse_q;

  always @(posedge clk_i) begin
    if (rst_i) begin
      pulse_q <= 1'b0;
    end else begin
      pulse_q <= data_i ^ data_q;
    end
  end

  always @(posedge clk_i) begin
    data_q <= data_i;
  end

  assign pulse_o = pulse_q & rst_i;
  assign ready_o = ~rst_i & ~pulse_q;
endmodule

`default_nettype wire

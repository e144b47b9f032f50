// Adds one byte a beat: half of the arithmetic of fixture_top.
`default_nettype none

module fixture__lane #(
    parameter integer W = 12
) (
    input  wire         clk_i,
    input  wire         clear_i,
    input  wire         en_i,
    input  wire [7:0]   byte_i,
    output wire [W-1:0] sum_o
);

  reg  [W-1:0] sum_q;
  wire [W-1:0] next__sum = (clear_i ? {W{1'b0}} : sum_q) + {{(W - 8){1'b0}}, byte_i};

  always @(posedge clk_i) begin
    if (en_i) sum_q <= next__sum;
  end

  assign sum_o = next__sum;

endmodule

`default_nettype wire

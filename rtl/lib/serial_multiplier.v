// serial_multiplier: Unsigned product by adding and shifting: one bit of the second factor a cycle, no DSP
// slice.
//
// Parameters
//   A_W  bits of the first factor (2 to 64)
//   B_W  bits of the second factor (2 to 64)
//
// Source: gen/blocks/serial_multiplier.cpp:6

`default_nettype none

module serial_multiplier #(
  parameter integer A_W = 28,
  parameter integer B_W = 20
) (
  input  wire               clk_i,
  input  wire               start_i,    // begin; takes b_i
  input  wire [A_W-1:0]     a_i,        // steady from the cycle after start_i to the product
  input  wire [B_W-1:0]     b_i,        // with start_i
  output wire [A_W+B_W-1:0] product_o   // B_W + 1 cycles after start_i
);

  // What is left of the second factor makes room for the product's low bits.
  reg [A_W-1:0] high_q;
  reg [B_W-1:0] low_q;
  wire [A_W-1:0] part = a_i & {A_W{low_q[0]}};
  wire [A_W:0] sum = high_q + part;

  always @(posedge clk_i) begin
    if (start_i) begin
      high_q <= {A_W{1'b0}};
      low_q <= b_i;
    end else begin
      high_q <= sum[A_W:1];
      low_q <= {sum[0], low_q[B_W-1:1]};
    end
  end

  assign product_o = {high_q, low_q};
endmodule

`default_nettype wire

// mac_cell: Cell of the weight-stationary array: psum_o = psum_i + act_i * weight_i, two cycles.
//
// Parameters
//   ACT_W     bits of an operand, signed (2 to 17)
//   WEIGHT_W  bits of a weight, signed (2 to 16)
//   GUARD_W   bits of a sum beyond those of a product (1 to 33)
//
// Source: gen/blocks/systolic_array.cpp:24

`default_nettype none

module mac_cell #(
  parameter integer ACT_W    = 9,
  parameter integer WEIGHT_W = 8,
  parameter integer GUARD_W  = 4
) (
  input  wire                                     clk_i,
  input  wire signed [WEIGHT_W-1:0]               weight_i,  // the weight it holds
  input  wire signed [ACT_W-1:0]                  act_i,     // the operand
  input  wire signed [ACT_W+WEIGHT_W+GUARD_W-1:0] psum_i,    // from above, a cycle after its act_i
  output reg signed  [ACT_W+WEIGHT_W+GUARD_W-1:0] psum_o     // to the cell below
);

  localparam integer ACC_W = ACT_W + WEIGHT_W + GUARD_W;  // bits of a partial sum, signed

  reg signed [ACT_W+WEIGHT_W-1:0] product_q;

  always @(posedge clk_i) begin
    product_q <= act_i * weight_i;
    psum_o <= psum_i + {{(ACC_W-ACT_W-WEIGHT_W){product_q[ACT_W+WEIGHT_W-1]}}, product_q};
  end
endmodule

`default_nettype wire

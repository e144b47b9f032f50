// mac_cell: Cell of the weight-stationary array: psum_o = psum_i + act_i * weight for every lane, two cycles.
//
// Parameters
//   LANES     pixels that share a weight (1 to 16)
//   ACT_W     bits of an operand, signed (2 to 17)
//   WEIGHT_W  bits of a weight, signed (2 to 16)
//   GUARD_W   bits of a sum beyond those of a product (1 to 16)
//
// Source: gen/blocks/systolic_array.cpp:23

`default_nettype none

module mac_cell #(
  parameter integer LANES    = 1,
  parameter integer ACT_W    = 9,
  parameter integer WEIGHT_W = 8,
  parameter integer GUARD_W  = 4
) (
  input  wire                                                       clk_i,
  input  wire                                                       weight_load_i,  // take weight_i
  input  wire signed [WEIGHT_W-1:0]                                 weight_i,       // the weight of all lanes
  input  wire        [LANES*ACT_W-1:0]                              act_i,          // an operand a lane
  input  wire        [LANES*ACT_W+LANES*WEIGHT_W+LANES*GUARD_W-1:0] psum_i,         // from above, a cycle after its act_i
  output reg         [LANES*ACT_W+LANES*WEIGHT_W+LANES*GUARD_W-1:0] psum_o          // to the cell below
);

  localparam integer ACC_W = ACT_W + WEIGHT_W + GUARD_W;  // bits of a partial sum, signed

  reg signed [WEIGHT_W-1:0] weight_q;

  always @(posedge clk_i) begin
    if (weight_load_i) begin
      weight_q <= weight_i;
    end
  end

  genvar i_lane;
  generate
    for (i_lane = 0; i_lane < LANES; i_lane = i_lane + 1) begin : gen_lane
      wire signed [ACT_W-1:0] act = act_i[ACT_W*i_lane +: ACT_W];
      wire signed [ACC_W-1:0] psum = psum_i[ACC_W*i_lane +: ACC_W];
      reg signed [ACT_W+WEIGHT_W-1:0] product_q;

      always @(posedge clk_i) begin
        product_q <= act * weight_q;
        psum_o[ACC_W*i_lane +: ACC_W] <= psum + {{(ACC_W-ACT_W-WEIGHT_W){product_q[ACT_W+WEIGHT_W-1]}},
            product_q};
      end
    end
  endgenerate
endmodule

`default_nettype wire

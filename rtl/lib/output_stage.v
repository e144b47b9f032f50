// output_stage: One column and lane on the way out: largest of a window, scale with one rounding (half up),
// clamp.
//
// Parameters
//   ACC_W     bits of a sum, signed (4 to 49)
//   RESULT_W  bits of a result, signed (3 to 17)
//
// Source: gen/blocks/accumulator.cpp:36

`default_nettype none

module output_stage #(
  parameter integer ACC_W    = 32,
  parameter integer RESULT_W = 12
) (
  input  wire                       clk_i,
  input  wire signed [ACC_W-1:0]    sum_i,           // from the accumulator
  input  wire                       valid_i,         // sum_i is a finished sum
  input  wire                       window_first_i,  // sum_i is the first of its pooling window
  input  wire        [15:0]         multiplier_i,    // one cycle after sum_i
  input  wire        [5:0]          shift_i,         // shift - 1, two cycles after sum_i
  input  wire signed [RESULT_W-1:0] low_i,           // least result
  input  wire signed [RESULT_W-1:0] high_i,          // largest result
  output wire signed [RESULT_W-1:0] result_o         // four cycles after the window's last sum_i
);

  localparam integer PRODUCT_W = ACC_W + 17;  // bits of a scaled sum before the shift

  reg signed [ACC_W-1:0] pooled_q;
  reg signed [PRODUCT_W-1:0] product_q;
  reg signed [PRODUCT_W-1:0] scaled_q;
  reg signed [RESULT_W-1:0] result_q;
  wire keep = ~window_first_i & (pooled_q > sum_i);

  // (sum * multiplier + 2^(shift-1)) >> shift, as ((sum * multiplier >> (shift-1)) + 1) >> 1.
  wire signed [PRODUCT_W:0] rounded = $signed({scaled_q[PRODUCT_W-1], scaled_q} + 1'b1) >>> 1;
  wire signed [PRODUCT_W:0] low = {{(PRODUCT_W-RESULT_W+1){low_i[RESULT_W-1]}}, low_i};
  wire signed [PRODUCT_W:0] high = {{(PRODUCT_W-RESULT_W+1){high_i[RESULT_W-1]}}, high_i};

  always @(posedge clk_i) begin
    if (valid_i & ~keep) begin
      pooled_q <= sum_i;
    end
    product_q <= pooled_q * $signed({1'b0, multiplier_i});
    scaled_q <= product_q >>> shift_i;
    if (rounded < low) begin
      result_q <= low_i;
    end else if (rounded > high) begin
      result_q <= high_i;
    end else begin
      result_q <= rounded[RESULT_W-1:0];
    end
  end

  assign result_o = result_q;
endmodule

`default_nettype wire

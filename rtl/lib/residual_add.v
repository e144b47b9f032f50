// residual_add: One column and lane: adds a residual to a result, scales with one rounding (half up) and
// clamps.
//
// Parameters
//   RESULT_W   bits of a result, signed (3 to 17)
//   ELEMENT_W  bits of a stored element (2 to 16)
//   WEIGHT_W   bits of a weight, signed (2 to 16)
//
// Source: gen/blocks/residual.cpp:15

`default_nettype none

module residual_add #(
  parameter integer RESULT_W  = 12,
  parameter integer ELEMENT_W = 8,
  parameter integer WEIGHT_W  = 8
) (
  input  wire                        clk_i,
  input  wire signed [RESULT_W-1:0]  a_i,           // the convolution's result
  input  wire        [ELEMENT_W-1:0] b_i,           // the residual as stored
  input  wire                        b_signed_i,    // b_i is signed
  input  wire signed [WEIGHT_W-1:0]  weight_a_i,    // of a_i
  input  wire signed [WEIGHT_W-1:0]  weight_b_i,    // of b_i
  input  wire        [15:0]          multiplier_i,  // a cycle after a_i
  input  wire        [5:0]           shift_i,       // shift - 1, two cycles after a_i
  input  wire                        add_i,         // three cycles after a_i; low: a_i passes as it is
  input  wire signed [RESULT_W-1:0]  low_i,         // least result, three cycles after a_i
  input  wire signed [RESULT_W-1:0]  high_i,        // largest result, three cycles after a_i
  output wire signed [RESULT_W-1:0]  result_o       // four cycles after a_i
);

  reg signed [RESULT_W-1:0] result_q;
  reg signed [RESULT_W-1:0] a_1q;
  reg signed [RESULT_W-1:0] a_2q;
  reg signed [RESULT_W-1:0] a_3q;

  always @(posedge clk_i) begin
    a_1q <= a_i;
    a_2q <= a_1q;
    a_3q <= a_2q;
  end

  wire b_sign = b_signed_i & b_i[ELEMENT_W-1];
  wire signed [ELEMENT_W:0] b = {b_sign, b_i};
  wire signed [RESULT_W+WEIGHT_W-1:0] _sum_mul = a_i * weight_a_i;
  wire signed [ELEMENT_W+WEIGHT_W:0] _sum_mul_2 = b * weight_b_i;
  wire signed [((RESULT_W+WEIGHT_W > ELEMENT_W+WEIGHT_W+1) ? RESULT_W+WEIGHT_W : ELEMENT_W+WEIGHT_W+1):0] sum
      = {{(((RESULT_W+WEIGHT_W > ELEMENT_W+WEIGHT_W+1) ? RESULT_W+WEIGHT_W :
      ELEMENT_W+WEIGHT_W+1)-RESULT_W-WEIGHT_W+1){_sum_mul[RESULT_W+WEIGHT_W-1]}}, _sum_mul} +
      {{(((RESULT_W+WEIGHT_W > ELEMENT_W+WEIGHT_W+1) ? RESULT_W+WEIGHT_W :
      ELEMENT_W+WEIGHT_W+1)-ELEMENT_W-WEIGHT_W){_sum_mul_2[ELEMENT_W+WEIGHT_W]}}, _sum_mul_2};
  reg signed [((RESULT_W+WEIGHT_W > ELEMENT_W+WEIGHT_W+1) ? RESULT_W+WEIGHT_W : ELEMENT_W+WEIGHT_W+1):0]
      sum_q;
  wire signed [((RESULT_W+WEIGHT_W > ELEMENT_W+WEIGHT_W+1) ? RESULT_W+WEIGHT_W : ELEMENT_W+WEIGHT_W+1)+17:0]
      product = sum_q * $signed({1'b0, multiplier_i});
  reg signed [((RESULT_W+WEIGHT_W > ELEMENT_W+WEIGHT_W+1) ? RESULT_W+WEIGHT_W : ELEMENT_W+WEIGHT_W+1)+17:0]
      product_q;
  reg signed [((RESULT_W+WEIGHT_W > ELEMENT_W+WEIGHT_W+1) ? RESULT_W+WEIGHT_W : ELEMENT_W+WEIGHT_W+1)+17:0]
      scaled_q;
  wire signed [((RESULT_W+WEIGHT_W > ELEMENT_W+WEIGHT_W+1) ? RESULT_W+WEIGHT_W : ELEMENT_W+WEIGHT_W+1)+18:0]
      rounded = $signed({scaled_q[((RESULT_W+WEIGHT_W > ELEMENT_W+WEIGHT_W+1) ? RESULT_W+WEIGHT_W :
      ELEMENT_W+WEIGHT_W+1)+17], scaled_q} + 1'b1) >>> 1;
  wire signed [((RESULT_W+WEIGHT_W > ELEMENT_W+WEIGHT_W+1) ? RESULT_W+WEIGHT_W : ELEMENT_W+WEIGHT_W+1)+18:0]
      low = {{(((RESULT_W+WEIGHT_W > ELEMENT_W+WEIGHT_W+1) ? RESULT_W+WEIGHT_W :
      ELEMENT_W+WEIGHT_W+1)-RESULT_W+19){low_i[RESULT_W-1]}}, low_i};
  wire signed [((RESULT_W+WEIGHT_W > ELEMENT_W+WEIGHT_W+1) ? RESULT_W+WEIGHT_W : ELEMENT_W+WEIGHT_W+1)+18:0]
      high = {{(((RESULT_W+WEIGHT_W > ELEMENT_W+WEIGHT_W+1) ? RESULT_W+WEIGHT_W :
      ELEMENT_W+WEIGHT_W+1)-RESULT_W+19){high_i[RESULT_W-1]}}, high_i};

  always @(posedge clk_i) begin
    sum_q <= sum;
    product_q <= product;
    scaled_q <= product_q >>> shift_i;
    if (~add_i) begin
      result_q <= a_3q;
    end else if (rounded < low) begin
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

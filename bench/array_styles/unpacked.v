// The weight-stationary array of gen/blocks/systolic_array.cpp as a person writes it with unpacked arrays of
// wires between the cells: same ports, same cycles. Only for bench/array_bench.cpp.

`default_nettype none

module unpacked_cell #(
  parameter integer ACT_W    = 9,
  parameter integer WEIGHT_W = 8,
  parameter integer ACC_W    = 21
) (
  input  wire                       clk_i,
  input  wire                       weight_load_i,
  input  wire signed [WEIGHT_W-1:0] weight_i,
  input  wire signed [ACT_W-1:0]    act_i,
  input  wire signed [ACC_W-1:0]    psum_i,
  output reg  signed [ACC_W-1:0]    psum_o
);

  reg signed [WEIGHT_W-1:0] weight_q;
  reg signed [ACT_W+WEIGHT_W-1:0] product_q;

  always @(posedge clk_i) begin
    if (weight_load_i) weight_q <= weight_i;
    product_q <= act_i * weight_q;
    psum_o <= psum_i + {{(ACC_W-ACT_W-WEIGHT_W){product_q[ACT_W+WEIGHT_W-1]}}, product_q};
  end
endmodule

module unpacked_array #(
  parameter integer ROWS     = 4,
  parameter integer COLUMNS  = 2,
  parameter integer ACT_W    = 9,
  parameter integer WEIGHT_W = 8,
  parameter integer GUARD_W  = 4
) (
  input  wire                                         clk_i,
  input  wire [ROWS-1:0]                              weight_load_i,
  input  wire [ROWS*COLUMNS*WEIGHT_W-1:0]             weight_i,
  input  wire [ROWS*ACT_W-1:0]                        act_i,
  output wire [COLUMNS*(ACT_W+WEIGHT_W+GUARD_W)-1:0]  psum_o
);

  localparam integer ACC_W = ACT_W + WEIGHT_W + GUARD_W;

  wire signed [ACC_W-1:0] psum [0:ROWS][0:COLUMNS-1];
  wire signed [ACT_W-1:0] operand [0:ROWS-1];

  genvar r, c;
  generate
    for (c = 0; c < COLUMNS; c = c + 1) begin : gen_edge
      assign psum[0][c] = {ACC_W{1'b0}};
      assign psum_o[c*ACC_W +: ACC_W] = psum[ROWS][c];
    end
    for (r = 0; r < ROWS; r = r + 1) begin : gen_row
      if (r == 0) begin : gen_first
        assign operand[0] = act_i[0 +: ACT_W];
      end else begin : gen_skew
        reg [r*ACT_W-1:0] skew_q;
        wire [(r+1)*ACT_W-1:0] skew_d = {skew_q, act_i[r*ACT_W +: ACT_W]};
        always @(posedge clk_i) skew_q <= skew_d[r*ACT_W-1:0];
        assign operand[r] = skew_q[(r-1)*ACT_W +: ACT_W];
      end
      for (c = 0; c < COLUMNS; c = c + 1) begin : gen_column
        unpacked_cell #(.ACT_W(ACT_W), .WEIGHT_W(WEIGHT_W), .ACC_W(ACC_W)) u_cell (
          .clk_i         (clk_i),
          .weight_load_i (weight_load_i[r]),
          .weight_i      (weight_i[(r*COLUMNS+c)*WEIGHT_W +: WEIGHT_W]),
          .act_i         (operand[r]),
          .psum_i        (psum[r][c]),
          .psum_o        (psum[r+1][c])
        );
      end
    end
  endgenerate
endmodule

`default_nettype wire

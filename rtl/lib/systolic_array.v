// systolic_array: Weight-stationary systolic array: partial sums move down one row a cycle, row r works r
// cycles after row 0.
//
// Parameters
//   ROWS      rows: elements of the reduction (1 to 256)
//   COLUMNS   columns: output channels (1 to 256)
//   LANES     pixels that share a weight (1 to 16)
//   ACT_W     bits of an operand, signed (2 to 17)
//   WEIGHT_W  bits of a weight, signed (2 to 16)
//   GUARD_W   bits of a sum beyond those of a product (1 to 33)
//
// Source: gen/blocks/systolic_array.cpp:40

`default_nettype none

module systolic_array #(
  parameter integer ROWS     = 4,
  parameter integer COLUMNS  = 2,
  parameter integer LANES    = 1,
  parameter integer ACT_W    = 9,
  parameter integer WEIGHT_W = 8,
  parameter integer GUARD_W  = 4
) (
  input  wire                                                                        clk_i,
  input  wire [ROWS*COLUMNS-1:0]                                                     weight_load_i,  // a bit a row and column
  input  wire [ROWS*COLUMNS*WEIGHT_W-1:0]                                            weight_i,       // row-major
  input  wire [ROWS*LANES*ACT_W-1:0]                                                 act_i,          // operands of all rows for one step
  output wire [COLUMNS*LANES*ACT_W+COLUMNS*LANES*WEIGHT_W+COLUMNS*LANES*GUARD_W-1:0] psum_o          // below the last row
);

  localparam integer ACC_W = ACT_W + WEIGHT_W + GUARD_W;  // bits of a partial sum, signed
  localparam integer OPERAND_W = LANES*ACT_W;  // bits of a row's operands
  localparam integer SUM_W = LANES*ACC_W;  // bits of a column's partial sums

  wire signed [ACC_W-1:0] psum [0:ROWS][0:LANES-1][0:COLUMNS-1] /* verilator split_var */;
  wire signed [WEIGHT_W-1:0] weight [0:ROWS-1][0:COLUMNS-1] /* verilator split_var */;

  genvar i_edge;
  generate
    for (i_edge = 0; i_edge < LANES; i_edge = i_edge + 1) begin : gen_edge
      genvar i_column;
      for (i_column = 0; i_column < COLUMNS; i_column = i_column + 1) begin : gen_column
        assign psum[0][i_edge][i_column] = {ACC_W{1'b0}};
        assign psum_o[ACC_W*i_edge+SUM_W*i_column +: ACC_W] = psum[ROWS][i_edge][i_column];
      end
    end
  endgenerate

  genvar i_row;
  generate
    for (i_row = 0; i_row < ROWS; i_row = i_row + 1) begin : gen_row
      wire [OPERAND_W-1:0] operand;

      if (i_row == 0) begin : gen_first
        assign operand = act_i[0 +: OPERAND_W];
      end else begin : gen_skew
        // Row r waits r cycles: a shift register of r operands.
        reg [OPERAND_W*i_row-1:0] skew_q;
        wire [OPERAND_W*i_row+OPERAND_W-1:0] skew_d = {skew_q, act_i[OPERAND_W*i_row +: OPERAND_W]};

        always @(posedge clk_i) begin
          skew_q <= skew_d[OPERAND_W*i_row-1:0];
        end

        assign operand = skew_q[OPERAND_W*i_row-OPERAND_W +: OPERAND_W];

        wire _unused_skew_d = |skew_d[OPERAND_W*i_row +: OPERAND_W];
      end

      genvar i_weight;
      for (i_weight = 0; i_weight < COLUMNS; i_weight = i_weight + 1) begin : gen_weight
        reg signed [WEIGHT_W-1:0] weight_q;

        always @(posedge clk_i) begin
          if (weight_load_i[COLUMNS*i_row+i_weight]) begin
            weight_q <= weight_i[COLUMNS*WEIGHT_W*i_row+WEIGHT_W*i_weight +: WEIGHT_W];
          end
        end

        assign weight[i_row][i_weight] = weight_q;
      end

      genvar i_lane;
      for (i_lane = 0; i_lane < LANES; i_lane = i_lane + 1) begin : gen_lane
        wire signed [ACT_W-1:0] act = operand[ACT_W*i_lane +: ACT_W];

        genvar i_column;
        for (i_column = 0; i_column < COLUMNS; i_column = i_column + 1) begin : gen_column
          wire signed [ACT_W+WEIGHT_W+GUARD_W-1:0] psum_below;

          mac_cell #(
            .ACT_W    (ACT_W),
            .WEIGHT_W (WEIGHT_W),
            .GUARD_W  (GUARD_W)
          ) u_cell (
            .clk_i    (clk_i),
            .weight_i (weight[i_row][i_column]),
            .act_i    (act),
            .psum_i   (psum[i_row][i_lane][i_column]),
            .psum_o   (psum_below)
          );

          assign psum[i_row+1][i_lane][i_column] = psum_below;
        end
      end
    end
  endgenerate
endmodule

`default_nettype wire

// column: A column of processing elements; partial sums flow down.
//
// Parameters
//   ROWS    processing elements (1 to 64)
//   DATA_W  operand width in bits (2 to 16)
//
// Source: tests/hw/print_verilog_test.cpp:63

`default_nettype none

module column #(
  parameter integer ROWS   = 4,
  parameter integer DATA_W = 8
) (
  input  wire                          clk_i,
  input  wire                          rst_ni,
  input  wire                          load_i,
  input  wire                          en_i,
  input  wire        [ROWS*DATA_W-1:0] weight_i,  // ROWS operands, row 0 lowest
  input  wire        [ROWS*DATA_W-1:0] act_i,     // ROWS operands, row 0 lowest
  output wire signed [2*DATA_W+31:0]   sum_o
);

  localparam integer ACC_W = 2*DATA_W + 32;  // holds any sum

  // psum[r] enters row r; psum[ROWS] is the result.
  wire signed [ACC_W-1:0] psum [0:ROWS];

  assign psum[0] = {ACC_W{1'b0}};

  genvar i_row;
  generate
    for (i_row = 0; i_row < ROWS; i_row = i_row + 1) begin : gen_row
      wire signed [DATA_W-1:0] act;
      wire signed [ACC_W-1:0] acc;

      mac_pe #(
        .DATA_W (DATA_W),
        .ACC_W  (ACC_W)
      ) u_pe (
        .clk_i    (clk_i),
        .rst_ni   (rst_ni),
        .load_i   (load_i),
        .en_i     (en_i),
        .weight_i (weight_i[DATA_W*i_row +: DATA_W]),
        .act_i    (act_i[DATA_W*i_row +: DATA_W]),
        .acc_i    (psum[i_row]),
        .act_o    (act),
        .acc_o    (acc)
      );

      wire _unused_act = |act;

      assign psum[i_row+1] = acc;
    end
  endgenerate

  assign sum_o = psum[ROWS];
endmodule

`default_nettype wire

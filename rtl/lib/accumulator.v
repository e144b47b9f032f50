// accumulator: Sums of one column and lane over the tiles of a reduction, one sum a pixel, kept in a memory.
//
// Parameters
//   ACC_W  bits of a sum, signed (4 to 49)
//   DEPTH  pixels of a tile (2 to 1048576)
//
// Source: gen/blocks/accumulator.cpp:8

`default_nettype none

module accumulator #(
  parameter integer ACC_W = 32,
  parameter integer DEPTH = 64
) (
  input  wire                            clk_i,
  input  wire        [$clog2(DEPTH)-1:0] read_address_i,  // a cycle before psum_i
  input  wire        [$clog2(DEPTH)-1:0] address_i,       // of psum_i's pixel
  input  wire                            store_i,         // more tiles follow for this pixel
  input  wire                            first_i,         // first tile: start from the bias
  input  wire                            forward_i,       // the sum of the cycle before was for this pixel
  input  wire signed [ACC_W-1:0]         bias_i,          // of the column
  input  wire signed [ACC_W-1:0]         psum_i,          // the tile's sum
  output wire signed [ACC_W-1:0]         sum_o            // sum of the tiles so far, a cycle after psum_i
);

  reg signed [ACC_W-1:0] mem [0:DEPTH-1];

  reg signed [ACC_W-1:0] stored_q;
  reg signed [ACC_W-1:0] sum_q;
  wire signed [ACC_W-1:0] start = first_i ? bias_i : (forward_i ? sum_q : stored_q);
  wire signed [ACC_W-1:0] sum = start + psum_i;

  always @(posedge clk_i) begin
    stored_q <= mem[read_address_i];
    if (store_i) begin
      mem[address_i] <= sum;
    end
    sum_q <= sum;
  end

  assign sum_o = sum_q;
endmodule

`default_nettype wire

// rotate_down_8: Turns 8 elements: element i comes out at place (i - amount) mod 8.
//
// Parameters
//   WIDTH  bits of an element (1 to 256)
//
// Source: gen/blocks/rotate.cpp:18

`default_nettype none

module rotate_down_8 #(
  parameter integer WIDTH = 8
) (
  input  wire [2:0]         amount_i,  // places to turn by
  input  wire [8*WIDTH-1:0] data_i,    // element 0 lowest
  output wire [8*WIDTH-1:0] data_o     // in the same cycle
);

  wire [8*WIDTH-1:0] turned_1 = amount_i[0] ? {data_i[0 +: WIDTH], data_i[WIDTH +: 7*WIDTH]} : data_i;
  wire [8*WIDTH-1:0] turned_2 = amount_i[1] ? {turned_1[0 +: 2*WIDTH], turned_1[2*WIDTH +: 6*WIDTH]} :
      turned_1;
  wire [8*WIDTH-1:0] turned_4 = amount_i[2] ? {turned_2[0 +: 4*WIDTH], turned_2[4*WIDTH +: 4*WIDTH]} :
      turned_2;

  assign data_o = turned_4;
endmodule

`default_nettype wire

// rotate_up_32: Turns 32 elements: element i comes out at place (i + amount) mod 32.
//
// Parameters
//   WIDTH  bits of an element (1 to 256)
//
// Source: gen/blocks/rotate.cpp:18

`default_nettype none

module rotate_up_32 #(
  parameter integer WIDTH = 8
) (
  input  wire [4:0]          amount_i,  // places to turn by
  input  wire [32*WIDTH-1:0] data_i,    // element 0 lowest
  output wire [32*WIDTH-1:0] data_o     // in the same cycle
);

  wire [32*WIDTH-1:0] turned_1 = amount_i[0] ? {data_i[0 +: 31*WIDTH], data_i[31*WIDTH +: WIDTH]} : data_i;
  wire [32*WIDTH-1:0] turned_2 = amount_i[1] ? {turned_1[0 +: 30*WIDTH], turned_1[30*WIDTH +: 2*WIDTH]} :
      turned_1;
  wire [32*WIDTH-1:0] turned_4 = amount_i[2] ? {turned_2[0 +: 28*WIDTH], turned_2[28*WIDTH +: 4*WIDTH]} :
      turned_2;
  wire [32*WIDTH-1:0] turned_8 = amount_i[3] ? {turned_4[0 +: 24*WIDTH], turned_4[24*WIDTH +: 8*WIDTH]} :
      turned_4;
  wire [32*WIDTH-1:0] turned_16 = amount_i[4] ? {turned_8[0 +: 16*WIDTH], turned_8[16*WIDTH +: 16*WIDTH]} :
      turned_8;

  assign data_o = turned_16;
endmodule

`default_nettype wire

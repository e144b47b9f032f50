// rotate_up_16: Turns 16 elements: element i comes out at place (i + amount) mod 16.
//
// Parameters
//   WIDTH  bits of an element (1 to 256)
//
// Source: gen/blocks/rotate.cpp:18

`default_nettype none

module rotate_up_16 #(
  parameter integer WIDTH = 8
) (
  input  wire [3:0]          amount_i,  // places to turn by
  input  wire [16*WIDTH-1:0] data_i,    // element 0 lowest
  output wire [16*WIDTH-1:0] data_o     // in the same cycle
);

  wire [16*WIDTH-1:0] turned_1 = amount_i[0] ? {data_i[0 +: 15*WIDTH], data_i[15*WIDTH +: WIDTH]} : data_i;
  wire [16*WIDTH-1:0] turned_2 = amount_i[1] ? {turned_1[0 +: 14*WIDTH], turned_1[14*WIDTH +: 2*WIDTH]} :
      turned_1;
  wire [16*WIDTH-1:0] turned_4 = amount_i[2] ? {turned_2[0 +: 12*WIDTH], turned_2[12*WIDTH +: 4*WIDTH]} :
      turned_2;
  wire [16*WIDTH-1:0] turned_8 = amount_i[3] ? {turned_4[0 +: 8*WIDTH], turned_4[8*WIDTH +: 8*WIDTH]} :
      turned_4;

  assign data_o = turned_8;
endmodule

`default_nettype wire

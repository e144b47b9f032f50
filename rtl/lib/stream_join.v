// stream_join: COUNT streams to one: a word of each, side by side, when all have one. Combinational:
// in_valid_i to out_valid_o and in_ready_o, in_data_i to out_data_o, out_ready_i to in_ready_o.
//
// Parameters
//   WIDTH  bits of a word (1 to 4096)
//   COUNT  inputs (2 to 64)
//
// Source: gen/blocks/stream_fork.cpp:39

`default_nettype none

module stream_join #(
  parameter integer WIDTH = 8,
  parameter integer COUNT = 2
) (
  input  wire [WIDTH*COUNT-1:0] in_data_i,    // word i in the bits from i*WIDTH
  input  wire [COUNT-1:0]       in_valid_i,   // one bit a stream
  output wire [COUNT-1:0]       in_ready_o,   // one bit a stream; may wait for valid
  output wire [WIDTH*COUNT-1:0] out_data_o,   // word i in the bits from i*WIDTH
  output wire                   out_valid_o,
  input  wire                   out_ready_i
);

  wire complete = &in_valid_i;

  assign in_ready_o = {COUNT{complete & out_ready_i}};
  assign out_valid_o = complete;
  assign out_data_o = in_data_i;
endmodule

`default_nettype wire

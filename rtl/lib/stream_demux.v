// stream_demux: One stream to COUNT: a word goes to the output that its select names. Combinational:
// in_valid_i and in_select_i to out_valid_o, in_data_i to out_data_o, out_ready_i and in_select_i to
// in_ready_o.
//
// Parameters
//   WIDTH  bits of a word (1 to 4096)
//   COUNT  outputs (2 to 64)
//
// Source: gen/blocks/stream_route.cpp:8

`default_nettype none

module stream_demux #(
  parameter integer WIDTH = 8,
  parameter integer COUNT = 2
) (
  input  wire [WIDTH-1:0]         in_data_i,
  input  wire                     in_valid_i,
  output wire                     in_ready_o,
  input  wire [$clog2(COUNT)-1:0] in_select_i,  // which output; a word with COUNT or more is never taken
  output wire [WIDTH-1:0]         out_data_o,   // the same word for all outputs
  output wire [COUNT-1:0]         out_valid_o,  // one bit a stream
  input  wire [COUNT-1:0]         out_ready_i   // one bit a stream
);

  wire [COUNT-1:0] chosen;

  genvar i_output;
  generate
    for (i_output = 0; i_output < COUNT; i_output = i_output + 1) begin : gen_output
      localparam integer _k_i_output = i_output;
      assign chosen[i_output] = in_select_i == _k_i_output[$clog2(COUNT)-1:0];
    end
  endgenerate

  assign in_ready_o = |(chosen & out_ready_i);
  assign out_valid_o = {COUNT{in_valid_i}} & chosen;
  assign out_data_o = in_data_i;
endmodule

`default_nettype wire

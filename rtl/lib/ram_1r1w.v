// ram_1r1w: Memory with one write port and one registered read port; a read of the word being written gives
// the old word.
//
// Parameters
//   WIDTH  bits of a word (1 to 4096)
//   DEPTH  words (2 to 1048576)
//
// Source: gen/blocks/ram.cpp:6

`default_nettype none

module ram_1r1w #(
  parameter integer WIDTH = 8,
  parameter integer DEPTH = 64
) (
  input  wire                     clk_i,
  input  wire                     write_i,          // write write_data_i
  input  wire [$clog2(DEPTH)-1:0] write_address_i,  // where it goes
  input  wire [WIDTH-1:0]         write_data_i,     // a word
  input  wire [$clog2(DEPTH)-1:0] read_address_i,   // of the word to read
  output wire [WIDTH-1:0]         read_data_o       // a cycle after read_address_i
);

  reg [WIDTH-1:0] mem [0:DEPTH-1];

  reg [WIDTH-1:0] data_q;

  always @(posedge clk_i) begin
    if (write_i) begin
      mem[write_address_i] <= write_data_i;
    end
    data_q <= mem[read_address_i];
  end

  assign read_data_o = data_q;
endmodule

`default_nettype wire

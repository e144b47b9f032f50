// ram_1r1rw: Memory with a port that writes or reads and one that reads, both registered; a read of the word
// being written gives the old word.
//
// Parameters
//   WIDTH  bits of a word (1 to 4096)
//   DEPTH  words (2 to 1048576)
//
// Source: gen/blocks/ram.cpp:29

`default_nettype none

module ram_1r1rw #(
  parameter integer WIDTH = 8,
  parameter integer DEPTH = 64
) (
  input  wire                     clk_i,
  input  wire                     write_i,          // write write_data_i
  input  wire [$clog2(DEPTH)-1:0] write_address_i,  // where it goes, and what is read back
  input  wire [WIDTH-1:0]         write_data_i,     // a word
  input  wire [$clog2(DEPTH)-1:0] read_address_i,   // of the word to read
  output wire [WIDTH-1:0]         read_data_o,      // a cycle after read_address_i
  output wire [WIDTH-1:0]         read_back_o       // the word of write_address_i, a cycle later
);

  reg [WIDTH-1:0] mem [0:DEPTH-1];

  reg [WIDTH-1:0] data_q;
  reg [WIDTH-1:0] back_q;

  always @(posedge clk_i) begin
    data_q <= mem[read_address_i];
  end

  always @(posedge clk_i) begin
    if (write_i) begin
      mem[write_address_i] <= write_data_i;
    end
    back_q <= mem[write_address_i];
  end

  assign read_data_o = data_q;
  assign read_back_o = back_q;
endmodule

`default_nettype wire

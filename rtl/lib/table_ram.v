// table_ram: Table filled from a file at start, with one registered read port and a write port to fill it
// anew.
//
// Parameters
//   WIDTH      bits of a word (1 to 65536)
//   DEPTH      words (2 to 1048576)
//   INIT_FILE  words in hexadecimal, one a line, for $readmemh
//
// Source: gen/blocks/ram.cpp:56

`default_nettype none

module table_ram #(
  parameter integer WIDTH = 8,
  parameter integer DEPTH = 64,
  parameter INIT_FILE = ""
) (
  input  wire                     clk_i,
  input  wire                     write_i,          // write write_data_i
  input  wire [$clog2(DEPTH)-1:0] write_address_i,  // where it goes
  input  wire [WIDTH-1:0]         write_data_i,     // a word
  input  wire [$clog2(DEPTH)-1:0] address_i,        // of the word to read
  output wire [WIDTH-1:0]         data_o            // a cycle after address_i
);

  reg [WIDTH-1:0] mem [0:DEPTH-1];
  initial if (INIT_FILE != "") $readmemh(INIT_FILE, mem);

  reg [WIDTH-1:0] data_q;

  always @(posedge clk_i) begin
    if (write_i) begin
      mem[write_address_i] <= write_data_i;
    end
    data_q <= mem[address_i];
  end

  assign data_o = data_q;
endmodule

`default_nettype wire

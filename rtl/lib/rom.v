// rom: Table filled from a file at start, with one registered read port.
//
// Parameters
//   WIDTH      bits of a word (1 to 65536)
//   DEPTH      words (2 to 1048576)
//   INIT_FILE  words in hexadecimal, one a line, for $readmemh
//
// Source: gen/blocks/ram.cpp:78

`default_nettype none

module rom #(
  parameter integer WIDTH = 8,
  parameter integer DEPTH = 64,
  parameter INIT_FILE = ""
) (
  input  wire                     clk_i,
  input  wire [$clog2(DEPTH)-1:0] address_i,  // of the word to read
  output wire [WIDTH-1:0]         data_o      // a cycle after address_i
);

  (* ram_style = "block" *)
  reg [WIDTH-1:0] mem [0:DEPTH-1];
  initial if (INIT_FILE != "") $readmemh(INIT_FILE, mem);

  reg [WIDTH-1:0] data_q;

  always @(posedge clk_i) begin
    data_q <= mem[address_i];
  end

  assign data_o = data_q;
endmodule

`default_nettype wire

// weight_bank: Weights of one array row; a load is read here and passed to the next row's bank a cycle later.
//
// Parameters
//   WIDTH      bits of a word: the weights of all columns (2 to 1024)
//   DEPTH      tiles (2 to 1048576)
//   INIT_FILE  a word a tile in hexadecimal, for $readmemh
//
// Source: gen/blocks/weight_bank.cpp:19

`default_nettype none

module weight_bank #(
  parameter integer WIDTH = 16,
  parameter integer DEPTH = 64,
  parameter INIT_FILE = ""
) (
  input  wire                     clk_i,
  input  wire                     load_i,           // read the word of address_i
  input  wire [$clog2(DEPTH)-1:0] address_i,        // of the word
  input  wire                     write_i,          // write write_data_i
  input  wire [$clog2(DEPTH)-1:0] write_address_i,  // where it goes
  input  wire [WIDTH-1:0]         write_data_i,     // a word
  output wire                     load_o,           // weight_o is new; also the next row's load_i
  output wire [$clog2(DEPTH)-1:0] address_o,        // address_i a cycle later, for the next row
  output wire [WIDTH-1:0]         weight_o          // the word, a cycle after load_i
);

  localparam integer ADDRESS_W = $clog2(DEPTH);  // bits of a tile's address

  reg [WIDTH-1:0] mem [0:DEPTH-1];
  initial if (INIT_FILE != "") $readmemh(INIT_FILE, mem);

  // Banks side by side have the same requests: each keeps its own.
  (* keep = "true" *)
  reg load_q;
  (* keep = "true" *)
  reg [ADDRESS_W-1:0] address_q;
  reg [WIDTH-1:0] weight_q;

  (* keep = "true" *)
  always @(posedge clk_i) begin
    load_q <= load_i;
    address_q <= address_i;
  end

  always @(posedge clk_i) begin
    if (write_i) begin
      mem[write_address_i] <= write_data_i;
    end
    if (load_i) begin
      weight_q <= mem[address_i];
    end
  end

  assign load_o = load_q;
  assign address_o = address_q;
  assign weight_o = weight_q;
endmodule

`default_nettype wire

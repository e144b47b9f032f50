// delay_line: Fixed delay of DEPTH cycles, kept in a small memory with one turning pointer.
//
// Parameters
//   WIDTH  bits of a word (1 to 4096)
//   DEPTH  cycles from data_i to data_o (3 to 1024)
//
// Source: gen/blocks/delay_line.cpp:6

`default_nettype none

module delay_line #(
  parameter integer WIDTH = 8,
  parameter integer DEPTH = 4
) (
  input  wire             clk_i,
  input  wire             rst_ni,
  input  wire [WIDTH-1:0] data_i,  // a word a cycle
  output wire [WIDTH-1:0] data_o   // data_i of DEPTH cycles before
);

  localparam integer WORDS = DEPTH - 1;  // words in the memory
  localparam integer POINTER_W = $clog2(WORDS);  // bits of the pointer

  reg [WIDTH-1:0] mem [0:WORDS-1];

  reg [POINTER_W-1:0] pointer_q;
  reg [WIDTH-1:0] data_q;
  localparam integer _k_WORDS_m_1 = WORDS - 1;
  wire last = pointer_q == _k_WORDS_m_1[POINTER_W-1:0];

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      pointer_q <= {POINTER_W{1'b0}};
    end else begin
      pointer_q <= last ? {POINTER_W{1'b0}} : (pointer_q + 1'b1);
    end
  end

  always @(posedge clk_i) begin
    data_q <= mem[pointer_q];
    mem[pointer_q] <= data_i;
  end

  assign data_o = data_q;
endmodule

`default_nettype wire

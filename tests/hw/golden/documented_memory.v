// documented_memory: A memory that says what it is for.
//
// Source: tests/hw/print_verilog_test.cpp:206

`default_nettype none

module documented_memory (
  input  wire       clk_i,
  input  wire [3:0] address_i,
  input  wire       write_i,
  input  wire [7:0] data_i,
  output wire [7:0] data_o
);

  // Words in the order in which they came.
  reg [7:0] words [0:15];

  reg [7:0] word_q;

  always @(posedge clk_i) begin
    if (write_i) begin
      words[address_i] <= data_i;
    end
    word_q <= words[address_i];
  end

  assign data_o = word_q;
endmodule

`default_nettype wire

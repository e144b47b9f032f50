// mac_pe: Weight-stationary processing element: acc_o = acc_i + act_i * weight, one cycle later.
//
// Parameters
//   DATA_W  operand width in bits (2 to 16)
//   ACC_W   accumulator width in bits (33 to 64)
//
// Source: tests/hw/print_verilog_test.cpp:26

`default_nettype none

module mac_pe #(
  parameter integer DATA_W = 8,
  parameter integer ACC_W  = 40
) (
  input  wire                     clk_i,
  input  wire                     rst_ni,
  input  wire                     load_i,    // take weight_i
  input  wire                     en_i,      // advance
  input  wire signed [DATA_W-1:0] weight_i,
  input  wire signed [DATA_W-1:0] act_i,
  input  wire signed [ACC_W-1:0]  acc_i,
  output wire signed [DATA_W-1:0] act_o,
  output wire signed [ACC_W-1:0]  acc_o
);

  reg signed [DATA_W-1:0] weight_q;
  reg signed [DATA_W-1:0] act_q;
  reg signed [ACC_W-1:0] acc_q;
  wire signed [2*DATA_W-1:0] prod = act_i * weight_q;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      act_q <= {DATA_W{1'b0}};
      acc_q <= {ACC_W{1'b0}};
    end else begin
      if (en_i) begin
        act_q <= act_i;
        acc_q <= acc_i + {{(ACC_W-2*DATA_W){prod[2*DATA_W-1]}}, prod};
      end
    end
  end

  always @(posedge clk_i) begin
    if (load_i) begin
      weight_q <= weight_i;
    end
  end

  assign act_o = act_q;
  assign acc_o = acc_q;
endmodule

`default_nettype wire

// edges: A running parity: the first stage has no left neighbour.
//
// Parameters
//   N  bits (1 to 64)
//
// Source: tests/hw/print_verilog_test.cpp:134

`default_nettype none

module edges #(
  parameter integer N = 8
) (
  input  wire [N-1:0] x_i,
  output wire [N-1:0] y_o
);

  genvar i_bit;
  generate
    for (i_bit = 0; i_bit < N; i_bit = i_bit + 1) begin : gen_bit
      if (i_bit == 0) begin : gen_first
        assign y_o[i_bit] = x_i[i_bit];
      end else begin : gen_rest
        assign y_o[i_bit] = x_i[i_bit] ^ x_i[i_bit-1];
      end
    end
  endgenerate
endmodule

`default_nettype wire

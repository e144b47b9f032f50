// stream_register_forward: Registers data and valid of a stream: one word a cycle, one cycle of latency,
// holds one word. Combinational: out_ready_i to in_ready_o.
//
// Parameters
//   WIDTH  bits of a word (1 to 4096)
//
// Source: gen/blocks/stream_registers.cpp:25

`default_nettype none

module stream_register_forward #(
  parameter integer WIDTH = 8
) (
  input  wire             clk_i,
  input  wire             rst_ni,
  input  wire [WIDTH-1:0] in_data_i,
  input  wire             in_valid_i,
  output wire             in_ready_o,
  output wire [WIDTH-1:0] out_data_o,
  output wire             out_valid_o,
  input  wire             out_ready_i
);

  reg valid_q;
  reg [WIDTH-1:0] data_q;
  wire room = ~valid_q | out_ready_i;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      valid_q <= 1'b0;
    end else begin
      if (room) begin
        valid_q <= in_valid_i;
      end
    end
  end

  always @(posedge clk_i) begin
    if (room & in_valid_i) begin
      data_q <= in_data_i;
    end
  end

  assign in_ready_o = room;
  assign out_valid_o = valid_q;
  assign out_data_o = data_q;

`ifdef FORMAL
  reg f_in_waiting_q;
  reg f_in_after_reset_q;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      f_in_waiting_q <= 1'b0;
      f_in_after_reset_q <= 1'b1;
    end else begin
      f_in_waiting_q <= in_valid_i & ~in_ready_o;
      f_in_after_reset_q <= 1'b0;
    end
  end

  always @(posedge clk_i) begin
    if (rst_ni) begin
      m_in_valid_stays: assume ((f_in_waiting_q & ~in_valid_i) == 1'b0);
      m_in_silent_after_reset: assume (~f_in_after_reset_q | (in_valid_i == 1'b0));
    end
  end

  reg [WIDTH-1:0] f_in_data_q;

  always @(posedge clk_i) begin
    f_in_data_q <= in_data_i;
  end

  always @(posedge clk_i) begin
    if (rst_ni) begin
      m_in_data_stays: assume ((f_in_waiting_q == 1'b0) | (in_data_i == f_in_data_q));
    end
  end

  reg f_out_waiting_q;
  reg f_out_after_reset_q;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      f_out_waiting_q <= 1'b0;
      f_out_after_reset_q <= 1'b1;
    end else begin
      f_out_waiting_q <= out_valid_o & ~out_ready_i;
      f_out_after_reset_q <= 1'b0;
    end
  end

  always @(posedge clk_i) begin
    if (rst_ni) begin
      a_out_valid_stays: assert ((f_out_waiting_q & ~out_valid_o) == 1'b0);
      a_out_silent_after_reset: assert (~f_out_after_reset_q | (out_valid_o == 1'b0));
    end
  end

  reg [WIDTH-1:0] f_out_data_q;

  always @(posedge clk_i) begin
    f_out_data_q <= out_data_o;
  end

  always @(posedge clk_i) begin
    if (rst_ni) begin
      a_out_data_stays: assert ((f_out_waiting_q == 1'b0) | (out_data_o == f_out_data_q));
    end
  end

  // A word in every cycle passes through.
  reg [2:0] f_passed_q;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      f_passed_q <= 3'd0;
    end else begin
      f_passed_q <= {f_passed_q[1:0], out_valid_o & out_ready_i};
    end
  end

  always @(posedge clk_i) begin
    if (rst_ni) begin
      c_full_rate: cover (&f_passed_q);
      c_refused: cover (in_valid_i & ~in_ready_o);
    end
  end
`endif
endmodule

`default_nettype wire

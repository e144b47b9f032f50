// stream_fork: One stream to COUNT: every output takes every word once, at its own time. Combinational:
// in_valid_i to out_valid_o, in_data_i to out_data_o, out_ready_i to in_ready_o.
//
// Parameters
//   WIDTH  bits of a word (1 to 4096)
//   COUNT  outputs (2 to 64)
//
// Source: gen/blocks/stream_fork.cpp:8

`default_nettype none

module stream_fork #(
  parameter integer WIDTH = 8,
  parameter integer COUNT = 2
) (
  input  wire             clk_i,
  input  wire             rst_ni,
  input  wire [WIDTH-1:0] in_data_i,
  input  wire             in_valid_i,
  output wire             in_ready_o,
  output wire [WIDTH-1:0] out_data_o,   // the same word for all outputs
  output wire [COUNT-1:0] out_valid_o,  // one bit a stream
  input  wire [COUNT-1:0] out_ready_i   // one bit a stream
);

  // Who has taken the word at hand already.
  reg [COUNT-1:0] done_q;
  wire [COUNT-1:0] done = done_q | out_ready_i;
  wire all_done = &done;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      done_q <= {COUNT{1'b0}};
    end else begin
      if (in_valid_i) begin
        done_q <= all_done ? {COUNT{1'b0}} : done;
      end
    end
  end

  assign in_ready_o = all_done;
  assign out_valid_o = {COUNT{in_valid_i}} & ~done_q;
  assign out_data_o = in_data_i;

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

  reg [COUNT-1:0] f_out_waiting_q;
  reg f_out_after_reset_q;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      f_out_waiting_q <= {COUNT{1'b0}};
      f_out_after_reset_q <= 1'b1;
    end else begin
      f_out_waiting_q <= out_valid_o & ~out_ready_i;
      f_out_after_reset_q <= 1'b0;
    end
  end

  always @(posedge clk_i) begin
    if (rst_ni) begin
      a_out_valid_stays: assert ((f_out_waiting_q & ~out_valid_o) == {COUNT{1'b0}});
      a_out_silent_after_reset: assert (~f_out_after_reset_q | (out_valid_o == {COUNT{1'b0}}));
    end
  end

  reg [WIDTH-1:0] f_out_data_q;

  always @(posedge clk_i) begin
    f_out_data_q <= out_data_o;
  end

  wire _a_not_finished_not = ~(&done_q);
  always @(posedge clk_i) begin
    if (rst_ni) begin
      a_out_data_stays: assert ((f_out_waiting_q == {COUNT{1'b0}}) | (out_data_o == f_out_data_q));
      // No word is taken from the input before all outputs have it, and none has it twice.
      a_not_finished: assert (_a_not_finished_not);
      a_only_of_a_word: assert (in_valid_i | (done_q == {COUNT{1'b0}}));
      c_at_once: cover (in_valid_i & in_ready_o & (done_q == {COUNT{1'b0}}));
      c_last_one: cover (in_valid_i & in_ready_o & (done_q != {COUNT{1'b0}}));
    end
  end
`endif
endmodule

`default_nettype wire

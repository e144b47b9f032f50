// proved: Counts to nine and starts again.
//
// Source: tests/hw/print_verilog_test.cpp:222

`default_nettype none

module proved (
  input  wire       clk_i,
  input  wire       rst_ni,
  input  wire       enable_i,
  output wire [3:0] count_o
);

  reg [3:0] count_q;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      count_q <= 4'd0;
    end else begin
      if (enable_i) begin
        count_q <= (count_q == 4'd9) ? 4'd0 : (count_q + 4'd1);
      end
    end
  end

  assign count_o = count_q;

`ifdef FORMAL
  reg [3:0] f_before_q;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      f_before_q <= 4'd0;
    end else begin
      f_before_q <= count_q;
    end
  end

  always @(posedge clk_i) begin
    if (rst_ni) begin
      // It never leaves its range,
      a_range: assert (count_q <= 4'd9);
      // and never jumps.
      a_step: assert ((count_q == f_before_q) | (count_q == (f_before_q + 4'd1)) | (count_q == 4'd0));
      m_enabled: assume (enable_i | (count_q != 4'd3));
      c_last: cover (count_q == 4'd9);
    end
  end

  always @(posedge clk_i) begin
    a_known: assert ((count_q ^ count_q) == 4'd0);
  end
`endif
endmodule

`default_nettype wire

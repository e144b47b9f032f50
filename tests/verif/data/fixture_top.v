// A stand-in for an accelerator, small enough to build in a second: the class of a sample is the sum of its bytes
// (two a beat) plus a word of a memory image, its exit is the number of its beats modulo 4. The input bug_i picks a
// fault, so that each rule of the harness can be seen to catch it; 0 is none.
`default_nettype none

module fixture__top (
    input  wire        ap_clk,
    input  wire        ap_rst_n,
    input  wire [3:0]  bug_i,
    input  wire [15:0] s_axis_tdata,
    input  wire        s_axis_tvalid,
    output wire        s_axis_tready,
    input  wire        s_axis_tlast,
    input  wire [15:0] s_axis_tuser,
    output wire [31:0] m_axis_tdata,
    output wire        m_axis_tvalid,
    input  wire        m_axis_tready,
    output wire        m_axis_tlast,
    output wire [15:0] m_axis_tuser,
    input  wire [7:0]  s_axi_awaddr,
    input  wire        s_axi_awvalid,
    output wire        s_axi_awready,
    input  wire [31:0] s_axi_wdata,
    input  wire [3:0]  s_axi_wstrb,
    input  wire        s_axi_wvalid,
    output wire        s_axi_wready,
    output wire [1:0]  s_axi_bresp,
    output wire        s_axi_bvalid,
    input  wire        s_axi_bready,
    input  wire [7:0]  s_axi_araddr,
    input  wire        s_axi_arvalid,
    output wire        s_axi_arready,
    output wire [31:0] s_axi_rdata,
    output wire [1:0]  s_axi_rresp,
    output wire        s_axi_rvalid,
    input  wire        s_axi_rready
);

  reg  [15:0]  bias_mem [0:0];
  initial $readmemh("mem/bias.hex", bias_mem);

  reg          first_q, full_q;
  reg  [15:0]  id_q, sum_q, out_id_q;
  reg  [1:0]   beats_q, out_exit_q;
  reg  [7:0]   results_q;
  reg          again_q, tick_q;
  wire [15:0]  lane_sum [0:1];
  wire         take = s_axis_tready && (s_axis_tvalid || bug_i == 4'd8);
  wire         done = take && s_axis_tlast && s_axis_tvalid;
  wire         leave = m_axis_tvalid && m_axis_tready;
  // Signals of several widths for the tests of probes.
  wire [39:0]  forty_bits = {s_axis_tuser, 8'hA5, sum_q};
  wire [99:0]  hundred_bits = {4'h9, s_axis_tdata, {5{sum_q}}};
  wire [63:0]  sixty_four = {48'h8000_0000_0000, sum_q};

  assign s_axis_tready = !full_q && bug_i != 4'd9;

  genvar g;
  generate
    for (g = 0; g < 2; g = g + 1) begin : gen_lane
      fixture__lane #(
          .W(16)
      ) u__lane (
          .clk_i  (ap_clk),
          .clear_i(first_q),
          .en_i   (take),
          .byte_i (s_axis_tdata[8*g +: 8]),
          .sum_o  (lane_sum[g])
      );
    end
  endgenerate

  always @(posedge ap_clk) begin
    tick_q <= !tick_q;
    if (!ap_rst_n) begin
      first_q   <= 1'b1;
      full_q    <= bug_i == 4'd13;
      beats_q   <= 2'd0;
      results_q <= 8'd0;
      again_q   <= 1'b0;
      tick_q    <= 1'b0;
    end else begin
      if (take) begin
        first_q <= s_axis_tlast;
        if (first_q) id_q <= s_axis_tuser;
        beats_q <= s_axis_tlast ? 2'd0 : beats_q + 2'd1;
      end
      if (done) begin
        full_q     <= !(bug_i == 4'd6 && results_q[1:0] == 2'd3);
        sum_q      <= lane_sum[0] + lane_sum[1] + bias_mem[0];
        out_id_q   <= (first_q ? s_axis_tuser : id_q) + {15'd0, bug_i == 4'd4};
        out_exit_q <= beats_q + 2'd1;
        results_q  <= results_q + 8'd1;
        again_q    <= bug_i == 4'd5;
      end
      if (leave) begin
        full_q  <= again_q;
        again_q <= 1'b0;
      end
    end
  end

  assign m_axis_tvalid = (full_q && !(bug_i == 4'd1 && tick_q)) || (bug_i == 4'd7 && !ap_rst_n);
  assign m_axis_tdata  = {bug_i == 4'd14 ? 8'd1 : 8'd0, 6'd0, out_exit_q,
                          sum_q ^ {15'd0, bug_i == 4'd2 && tick_q}};
  assign m_axis_tlast  = bug_i != 4'd3;
  assign m_axis_tuser  = out_id_q ^ {15'd0, bug_i == 4'd15 && tick_q};

  fixture_regs u_regs (
      .clk_i    (ap_clk),
      .rst_ni   (ap_rst_n),
      .bug_i    (bug_i),
      .count_i  (leave),
      .awaddr_i (s_axi_awaddr),
      .awvalid_i(s_axi_awvalid),
      .awready_o(s_axi_awready),
      .wdata_i  (s_axi_wdata),
      .wstrb_i  (s_axi_wstrb),
      .wvalid_i (s_axi_wvalid),
      .wready_o (s_axi_wready),
      .bresp_o  (s_axi_bresp),
      .bvalid_o (s_axi_bvalid),
      .bready_i (s_axi_bready),
      .araddr_i (s_axi_araddr),
      .arvalid_i(s_axi_arvalid),
      .arready_o(s_axi_arready),
      .rdata_o  (s_axi_rdata),
      .rresp_o  (s_axi_rresp),
      .rvalid_o (s_axi_rvalid),
      .rready_i (s_axi_rready)
  );

endmodule

`default_nettype wire

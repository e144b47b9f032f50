// Four 32-bit registers behind AXI4-Lite; register 3 counts results. Bugs 10 to 12 break the protocol.
`default_nettype none

module fixture_regs (
    input  wire        clk_i,
    input  wire        rst_ni,
    input  wire [3:0]  bug_i,
    input  wire        count_i,
    input  wire [7:0]  awaddr_i,
    input  wire        awvalid_i,
    output wire        awready_o,
    input  wire [31:0] wdata_i,
    input  wire [3:0]  wstrb_i,
    input  wire        wvalid_i,
    output wire        wready_o,
    output wire [1:0]  bresp_o,
    output wire        bvalid_o,
    input  wire        bready_i,
    input  wire [7:0]  araddr_i,
    input  wire        arvalid_i,
    output wire        arready_o,
    output wire [31:0] rdata_o,
    output wire [1:0]  rresp_o,
    output wire        rvalid_o,
    input  wire        rready_i
);

  reg [31:0] regs_q [0:3];
  reg        aw_q, w_q, b_q, r_q;
  reg [1:0]  index_q;
  reg [31:0] wdata_q, rdata_q;
  reg [3:0]  wstrb_q;
  reg        tick_q;

  assign awready_o = !aw_q && !b_q;
  assign wready_o  = !w_q && !b_q;
  assign bresp_o   = 2'd0;
  assign bvalid_o  = (b_q && !(bug_i == 4'd12 && tick_q)) || (bug_i == 4'd10 && tick_q);
  assign arready_o = !r_q;
  assign rdata_o   = rdata_q ^ {31'd0, bug_i == 4'd11 && tick_q};
  assign rresp_o   = 2'd0;
  assign rvalid_o  = r_q;

  integer i;
  always @(posedge clk_i) begin
    if (!rst_ni) begin
      aw_q   <= 1'b0;
      w_q    <= 1'b0;
      b_q    <= 1'b0;
      r_q    <= 1'b0;
      tick_q <= 1'b0;
      for (i = 0; i < 4; i = i + 1) regs_q[i] <= 32'd0;
    end else begin
      tick_q <= !tick_q;
      if (awvalid_i && awready_o) begin
        aw_q    <= 1'b1;
        index_q <= awaddr_i[3:2];
      end
      if (wvalid_i && wready_o) begin
        w_q     <= 1'b1;
        wdata_q <= wdata_i;
        wstrb_q <= wstrb_i;
      end
      if (count_i) regs_q[3] <= regs_q[3] + 32'd1;
      if (aw_q && w_q) begin
        aw_q <= 1'b0;
        w_q  <= 1'b0;
        b_q  <= 1'b1;
        for (i = 0; i < 4; i = i + 1) begin
          if (wstrb_q[i]) regs_q[index_q][8*i +: 8] <= wdata_q[8*i +: 8];
        end
      end
      if (bvalid_o && bready_i) b_q <= 1'b0;
      if (arvalid_i && arready_o) begin
        r_q     <= 1'b1;
        rdata_q <= regs_q[araddr_i[3:2]];
      end
      if (rvalid_o && rready_i) r_q <= 1'b0;
    end
  end

endmodule

`default_nettype wire

// An AXI4 read master that does what its inputs say, right or wrong.

`default_nettype none

module axi_puppet (
  input  wire         clk_i,
  input  wire         rst_ni,
  input  wire [31:0]  araddr_i,
  input  wire [7:0]   arlen_i,
  input  wire [2:0]   arsize_i,
  input  wire [1:0]   arburst_i,
  input  wire         arvalid_i,
  input  wire         rready_i,
  output wire [31:0]  m_axi_araddr,
  output wire [7:0]   m_axi_arlen,
  output wire [2:0]   m_axi_arsize,
  output wire [1:0]   m_axi_arburst,
  output wire [3:0]   m_axi_arcache,
  output wire [2:0]   m_axi_arprot,
  output wire         m_axi_arvalid,
  input  wire         m_axi_arready,
  input  wire [127:0] m_axi_rdata,
  input  wire [1:0]   m_axi_rresp,
  input  wire         m_axi_rlast,
  input  wire         m_axi_rvalid,
  output wire         m_axi_rready
);

  wire _unused_inputs = |{clk_i, rst_ni, m_axi_arready, m_axi_rdata, m_axi_rresp, m_axi_rlast, m_axi_rvalid};

  assign m_axi_araddr = araddr_i;
  assign m_axi_arlen = arlen_i;
  assign m_axi_arsize = arsize_i;
  assign m_axi_arburst = arburst_i;
  assign m_axi_arcache = 4'd3;
  assign m_axi_arprot = 3'd0;
  assign m_axi_arvalid = arvalid_i;
  assign m_axi_rready = rready_i;
endmodule

`default_nettype wire

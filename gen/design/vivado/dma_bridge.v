// dma_bridge: between an AXI DMA, which has no TUSER, and the accelerator, whose samples carry an ID there.
//
// Images going by are numbered from 0 (modulo 2^16, by their TLAST). A result of 32 bits becomes one of 64 bits with its
// image's number in [47:32] and 0 above, so that software can tell results apart when they come out of order. Data pass
// in the same cycle.
//
// Parameters:
//   IMAGE_BITS  width of the image stream
//
// A hand-written module of the block design; not used without it.

`default_nettype none

module dma_bridge #(
  parameter integer IMAGE_BITS = 32
) (
  (* X_INTERFACE_INFO = "xilinx.com:signal:clock:1.0 aclk CLK" *)
  (* X_INTERFACE_PARAMETER = "ASSOCIATED_BUSIF s_axis_image:m_axis_image:s_axis_result:m_axis_result, ASSOCIATED_RESET aresetn" *)
  input  wire                  aclk,
  (* X_INTERFACE_INFO = "xilinx.com:signal:reset:1.0 aresetn RST" *)
  (* X_INTERFACE_PARAMETER = "POLARITY ACTIVE_LOW" *)
  input  wire                  aresetn,
  input  wire [IMAGE_BITS-1:0] s_axis_image_tdata,
  input  wire                  s_axis_image_tvalid,
  output wire                  s_axis_image_tready,
  input  wire                  s_axis_image_tlast,
  output wire [IMAGE_BITS-1:0] m_axis_image_tdata,
  output wire                  m_axis_image_tvalid,
  input  wire                  m_axis_image_tready,
  output wire                  m_axis_image_tlast,
  output wire [15:0]           m_axis_image_tuser,
  input  wire [31:0]           s_axis_result_tdata,
  input  wire                  s_axis_result_tvalid,
  output wire                  s_axis_result_tready,
  input  wire                  s_axis_result_tlast,
  input  wire [15:0]           s_axis_result_tuser,
  output wire [63:0]           m_axis_result_tdata,
  output wire [7:0]            m_axis_result_tkeep,
  output wire                  m_axis_result_tvalid,
  input  wire                  m_axis_result_tready,
  output wire                  m_axis_result_tlast
);

  reg [15:0] number_q;

  assign s_axis_image_tready = m_axis_image_tready;
  assign m_axis_image_tdata = s_axis_image_tdata;
  assign m_axis_image_tvalid = s_axis_image_tvalid;
  assign m_axis_image_tlast = s_axis_image_tlast;
  assign m_axis_image_tuser = number_q;

  always @(posedge aclk) begin
    if (!aresetn) begin
      number_q <= 16'd0;
    end else if (s_axis_image_tvalid && s_axis_image_tready && s_axis_image_tlast) begin
      number_q <= number_q + 16'd1;
    end
  end

  assign s_axis_result_tready = m_axis_result_tready;
  assign m_axis_result_tdata = {16'd0, s_axis_result_tuser, s_axis_result_tdata};
  assign m_axis_result_tkeep = 8'hff;
  assign m_axis_result_tvalid = s_axis_result_tvalid;
  assign m_axis_result_tlast = s_axis_result_tlast;

endmodule

`default_nettype wire

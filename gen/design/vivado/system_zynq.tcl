# A Zynq-7000 (ZC706, PYNQ-Z2): clock, interrupts and DDR of the processing system.

set control_master ps/M_AXI_GP0
set control_spaces ps/Data
set control_extra 0
set accelerator_base 0x43C00000
set dma_base 0x40400000

set memory_slave ps/S_AXI_HP0
set memory_segment */HP0_DDR_LOWOCM
set memory_segments ps/S_AXI_HP0/*
set memory_spaces {}
set weight_slave ps/S_AXI_HP1
set weight_segment */HP1_DDR_LOWOCM
set weight_segments ps/S_AXI_HP1/*

set clock_pin ps/FCLK_CLK0
set reset_pin reset/peripheral_aresetn
set system_clocked {ps/M_AXI_GP0_ACLK ps/S_AXI_HP0_ACLK reset/slowest_sync_clk}
set system_kept_in_reset {}
if {$memory_bits > 0} {
  lappend system_clocked ps/S_AXI_HP1_ACLK
}
set interrupt_pin ps/IRQ_F2P

proc make_system {} {
  global clock_mhz memory_bits
  add_ip ps xilinx.com:ip:processing_system7
  apply_bd_automation -rule xilinx.com:bd_rule:processing_system7 \
    -config {make_external "FIXED_IO, DDR" apply_board_preset "1" Master "Disable" Slave "Disable"} [get_bd_cells ps]
  set_property -dict [list \
    CONFIG.PCW_USE_M_AXI_GP0 1 \
    CONFIG.PCW_USE_S_AXI_HP0 1 \
    CONFIG.PCW_S_AXI_HP0_DATA_WIDTH 64 \
    CONFIG.PCW_USE_FABRIC_INTERRUPT 1 \
    CONFIG.PCW_IRQ_F2P_INTR 1 \
    CONFIG.PCW_EN_CLK0_PORT 1 \
    CONFIG.PCW_EN_RST0_PORT 1 \
    CONFIG.PCW_FPGA0_PERIPHERAL_FREQMHZ $clock_mhz] [get_bd_cells ps]
  if {$memory_bits > 0} {
    set_property -dict [list CONFIG.PCW_USE_S_AXI_HP1 1 CONFIG.PCW_S_AXI_HP1_DATA_WIDTH 64] [get_bd_cells ps]
  }
  add_ip reset xilinx.com:ip:proc_sys_reset
  connect_pins ps/FCLK_RESET0_N reset/ext_reset_in
}

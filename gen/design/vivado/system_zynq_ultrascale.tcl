# A Zynq UltraScale+ MPSoC (ZCU106, ZCU104): clock, interrupts and DDR of the processing system.

set control_master ps/M_AXI_HPM0_FPD
set control_spaces ps/Data
set control_extra 0
set accelerator_base 0xA0000000
set dma_base 0xA0010000

set memory_slave ps/S_AXI_HP0_FPD
set memory_segment */HP0_DDR_LOW
set memory_segments ps/SAXIGP2/*
set memory_spaces {}
set weight_slave ps/S_AXI_HP1_FPD
set weight_segment */HP1_DDR_LOW
set weight_segments ps/SAXIGP3/*

set clock_pin ps/pl_clk0
set reset_pin reset/peripheral_aresetn
set system_clocked {ps/maxihpm0_fpd_aclk ps/saxihp0_fpd_aclk reset/slowest_sync_clk}
set system_kept_in_reset {}
if {$memory_bits > 0} {
  lappend system_clocked ps/saxihp1_fpd_aclk
}
set interrupt_pin ps/pl_ps_irq0

proc make_system {} {
  global clock_mhz memory_bits
  add_ip ps xilinx.com:ip:zynq_ultra_ps_e
  apply_bd_automation -rule xilinx.com:bd_rule:zynq_ultra_ps_e -config {apply_board_preset "1"} [get_bd_cells ps]
  set_property -dict [list \
    CONFIG.PSU__USE__M_AXI_GP0 1 \
    CONFIG.PSU__USE__M_AXI_GP1 0 \
    CONFIG.PSU__USE__M_AXI_GP2 0 \
    CONFIG.PSU__USE__S_AXI_GP2 1 \
    CONFIG.PSU__SAXIGP2__DATA_WIDTH 128 \
    CONFIG.PSU__USE__IRQ0 1 \
    CONFIG.PSU__FPGA_PL0_ENABLE 1 \
    CONFIG.PSU__CRL_APB__PL0_REF_CTRL__FREQMHZ $clock_mhz] [get_bd_cells ps]
  if {$memory_bits > 0} {
    set_property -dict [list CONFIG.PSU__USE__S_AXI_GP3 1 CONFIG.PSU__SAXIGP3__DATA_WIDTH 128] [get_bd_cells ps]
  }
  add_ip reset xilinx.com:ip:proc_sys_reset
  connect_pins ps/pl_resetn0 reset/ext_reset_in
}

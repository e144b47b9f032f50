# A board without a processor (Arty A7-100): the hardware manager writes registers, descriptors and images through
# JTAG to AXI, and the memory is 64 KiB of block RAM. It shows that a design works; it is no way to feed it fast, and a
# design whose weights lie in external memory has none here.

if {$memory_bits > 0} {
  fail "the weights of this design lie in external memory, and the JTAG system of $board has none; generate it for a board with a processor, or with all weights on the chip"
}

set control_master jtag/M_AXI
set control_spaces jtag/Data
set control_extra 1
set accelerator_base 0x44A00000
set dma_base 0x41E00000

set memory_slave store_control/S_AXI
set memory_segment */Mem0
set memory_segments store_control/S_AXI/*
set memory_spaces jtag/Data
set weight_slave ""
set weight_segment ""
set weight_segments ""

set clock_pin clock/clk_out1
set reset_pin reset/peripheral_aresetn
set system_clocked {jtag/aclk store_control/s_axi_aclk reset/slowest_sync_clk}
set system_kept_in_reset {jtag/aresetn store_control/s_axi_aresetn}
set interrupt_pin ""

proc make_system {} {
  global clock_mhz
  create_bd_port -dir I -type clk -freq_hz 100000000 sys_clock
  create_bd_port -dir I -type rst reset_n
  set_property CONFIG.POLARITY ACTIVE_LOW [get_bd_ports reset_n]
  add_ip clock xilinx.com:ip:clk_wiz [list \
    CONFIG.PRIM_IN_FREQ 100.000 \
    CONFIG.CLKOUT1_REQUESTED_OUT_FREQ $clock_mhz \
    CONFIG.USE_RESET false]
  connect_bd_net [get_bd_ports sys_clock] [get_bd_pins clock/clk_in1]
  add_ip reset xilinx.com:ip:proc_sys_reset
  connect_bd_net [get_bd_ports reset_n] [get_bd_pins reset/ext_reset_in]
  connect_pins clock/locked reset/dcm_locked
  add_ip jtag xilinx.com:ip:jtag_axi [list CONFIG.PROTOCOL 0 CONFIG.M_AXI_ADDR_WIDTH 32 CONFIG.M_AXI_DATA_WIDTH 32]
  add_ip store_control xilinx.com:ip:axi_bram_ctrl [list CONFIG.SINGLE_PORT_BRAM 1 CONFIG.DATA_WIDTH 64]
  add_ip store xilinx.com:ip:blk_mem_gen [list CONFIG.use_bram_block BRAM_Controller]
  connect_buses store_control/BRAM_PORTA store/BRAM_PORTA
}

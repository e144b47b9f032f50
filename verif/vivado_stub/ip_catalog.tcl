# The IP of AMD's catalog that block designs here use: properties with the values they take, and the interfaces, pins,
# address spaces and segments that follow from them. Written from AMD's product guides: PG021 (axi_dma), PG247
# (smartconnect), PG164 (proc_sys_reset), PG201 (zynq_ultra_ps_e), PG082 (processing_system7), PG078 (axi_bram_ctrl), PG058
# (blk_mem_gen), PG174 (jtag_axi), PG065 (clk_wiz); xlconcat has no guide. Only what scripts here need is in it.
#
# ip_properties: property, default, then the values it takes: a list, or {from LOW to HIGH}.
# ip.NAME CONFIG fills the dictionary of the caller with
#   interfaces  NAME {master|slave aximm|axis|bram|pins BITS}    BITS 0: takes what it is connected to
#   pins        NAME {input|output BITS clock|reset|interrupt|data REQUIRED}   REQUIRED: an input without a default
#   spaces      NAME {INTERFACE BITS}                     what a master addresses
#   segments    NAME {INTERFACE BYTES BASE}               what a slave offers; BASE: where it has to lie, or ""
#   windows     INTERFACE {BASE BYTES}                    all that the processor reaches through an interface
#   through     1 where what a slave interface takes goes to all masters

set ip_properties(axi_dma) {
  c_include_sg 1 {0 1}
  c_sg_include_stscntrl_strm 1 {0 1}
  c_sg_length_width 14 {from 8 to 26}
  c_addr_width 32 {from 32 to 64}
  c_include_mm2s 1 {0 1}
  c_m_axi_mm2s_data_width 32 {32 64 128 256 512 1024}
  c_m_axis_mm2s_tdata_width 32 {8 16 32 64 128 256 512 1024}
  c_mm2s_burst_size 16 {2 4 8 16 32 64 128 256}
  c_include_s2mm 1 {0 1}
  c_m_axi_s2mm_data_width 32 {32 64 128 256 512 1024}
  c_s2mm_burst_size 16 {2 4 8 16 32 64 128 256}
}
proc ip.axi_dma {config about} {
  upvar $about a
  if {![dict get $config c_include_sg] || ![dict get $config c_include_mm2s] || ![dict get $config c_include_s2mm]} {
    refuse "axi_dma: only scatter-gather with both directions is described here"
  }
  if {[dict get $config c_m_axis_mm2s_tdata_width] > [dict get $config c_m_axi_mm2s_data_width]} {
    refuse "axi_dma: the stream is wider than the memory port it is read through"
  }
  set bits [dict get $config c_addr_width]
  dict set a interfaces S_AXI_LITE {slave aximm 32}
  dict set a pins s_axi_lite_aclk {input 1 clock 1}
  dict set a pins m_axi_sg_aclk {input 1 clock 1}
  dict set a pins axi_resetn {input 1 reset 1}
  dict set a interfaces M_AXI_SG {master aximm 32}
  dict set a spaces Data_SG [list M_AXI_SG $bits]
  foreach {way WAY} {mm2s MM2S s2mm S2MM} {
    dict set a interfaces M_AXI_$WAY [list master aximm [dict get $config c_m_axi_${way}_data_width]]
    dict set a pins m_axi_${way}_aclk {input 1 clock 1}
    dict set a pins ${way}_introut {output 1 interrupt 0}
    dict set a pins ${way}_prmry_reset_out_n {output 1 reset 0}
    dict set a spaces Data_$WAY [list M_AXI_$WAY $bits]
  }
  dict set a interfaces M_AXIS_MM2S [list master axis [dict get $config c_m_axis_mm2s_tdata_width]]
  dict set a interfaces S_AXIS_S2MM {slave axis 0}
  if {[dict get $config c_sg_include_stscntrl_strm]} {
    dict set a interfaces M_AXIS_CNTRL {master axis 32}
    dict set a interfaces S_AXIS_STS {slave axis 32}
  }
  dict set a segments S_AXI_LITE/Reg {S_AXI_LITE 65536 ""}
}

set ip_properties(smartconnect) {
  NUM_SI 1 {from 1 to 16}
  NUM_MI 1 {from 1 to 16}
  NUM_CLKS 1 {from 1 to 16}
}
proc ip.smartconnect {config about} {
  upvar $about a
  foreach {count letter mode} {NUM_SI S slave NUM_MI M master} {
    for {set i 0} {$i < [dict get $config $count]} {incr i} {
      dict set a interfaces [format %s%02d_AXI $letter $i] [list $mode aximm 0]
    }
  }
  dict set a pins aclk {input 1 clock 1}
  dict set a pins aresetn {input 1 reset 1}
  dict set a through 1
}

set ip_properties(proc_sys_reset) {
  C_EXT_RESET_HIGH 1 {0 1}
  C_AUX_RESET_HIGH 1 {0 1}
}
proc ip.proc_sys_reset {config about} {
  upvar $about a
  dict set a pins slowest_sync_clk {input 1 clock 1}
  dict set a pins ext_reset_in {input 1 reset 1}
  dict set a pins aux_reset_in {input 1 reset 0}
  dict set a pins mb_debug_sys_rst {input 1 reset 0}
  dict set a pins dcm_locked {input 1 data 0}
  foreach pin {mb_reset bus_struct_reset peripheral_reset interconnect_aresetn peripheral_aresetn} {
    dict set a pins $pin {output 1 reset 0}
  }
}

set ip_properties(zynq_ultra_ps_e) {
  PSU__USE__M_AXI_GP0 1 {0 1}
  PSU__USE__M_AXI_GP1 1 {0 1}
  PSU__USE__M_AXI_GP2 0 {0 1}
  PSU__USE__S_AXI_GP2 0 {0 1}
  PSU__USE__S_AXI_GP3 0 {0 1}
  PSU__SAXIGP2__DATA_WIDTH 128 {32 64 128}
  PSU__SAXIGP3__DATA_WIDTH 128 {32 64 128}
  PSU__USE__IRQ0 1 {0 1}
  PSU__FPGA_PL0_ENABLE 1 {0 1}
  PSU__CRL_APB__PL0_REF_CTRL__FREQMHZ 100 {from 1 to 400}
}
proc ip.zynq_ultra_ps_e {config about} {
  upvar $about a
  foreach {use name clock} {
    M_AXI_GP0 M_AXI_HPM0_FPD maxihpm0_fpd_aclk M_AXI_GP1 M_AXI_HPM1_FPD maxihpm1_fpd_aclk
    M_AXI_GP2 M_AXI_HPM0_LPD maxihpm0_lpd_aclk
  } {
    if {[dict get $config PSU__USE__$use]} {
      dict set a interfaces $name {master aximm 128}
      dict set a pins $clock {input 1 clock 1}
      # The windows of 256 MiB in which the processor sees the ports.
      set window [dict get {M_AXI_GP0 0xA0000000 M_AXI_GP1 0xB0000000 M_AXI_GP2 0x80000000} $use]
      dict set a windows $name [list $window 0x10000000]
      dict set a spaces Data [list $name 40]
    }
  }
  foreach {gp hp} {2 0 3 1} {
    if {[dict get $config PSU__USE__S_AXI_GP$gp]} {
      dict set a interfaces S_AXI_HP${hp}_FPD [list slave aximm [dict get $config PSU__SAXIGP${gp}__DATA_WIDTH]]
      dict set a pins saxihp${hp}_fpd_aclk {input 1 clock 1}
      foreach {name bytes base} {
        DDR_LOW 0x80000000 0 DDR_HIGH 0x800000000 0x800000000 QSPI 0x20000000 0xC0000000 LPS_OCM 0x1000000 0xFF000000
      } {
        dict set a segments SAXIGP${gp}/HP${hp}_$name [list S_AXI_HP${hp}_FPD $bytes $base]
      }
    }
  }
  if {[dict get $config PSU__USE__IRQ0]} {
    dict set a pins pl_ps_irq0 {input 0 interrupt 0}
  }
  if {[dict get $config PSU__FPGA_PL0_ENABLE]} {
    dict set a pins pl_clk0 {output 1 clock 0}
    dict set a pins pl_resetn0 {output 1 reset 0}
  }
}

set ip_properties(processing_system7) {
  PCW_USE_M_AXI_GP0 0 {0 1}
  PCW_USE_M_AXI_GP1 0 {0 1}
  PCW_USE_S_AXI_HP0 0 {0 1}
  PCW_USE_S_AXI_HP1 0 {0 1}
  PCW_S_AXI_HP0_DATA_WIDTH 64 {32 64}
  PCW_S_AXI_HP1_DATA_WIDTH 64 {32 64}
  PCW_USE_FABRIC_INTERRUPT 0 {0 1}
  PCW_IRQ_F2P_INTR 0 {0 1}
  PCW_EN_CLK0_PORT 0 {0 1}
  PCW_EN_RST0_PORT 0 {0 1}
  PCW_FPGA0_PERIPHERAL_FREQMHZ 50 {from 1 to 250}
}
proc ip.processing_system7 {config about} {
  upvar $about a
  foreach {index window} {0 0x40000000 1 0x80000000} {
    if {[dict get $config PCW_USE_M_AXI_GP$index]} {
      dict set a interfaces M_AXI_GP$index {master aximm 32}
      dict set a pins M_AXI_GP${index}_ACLK {input 1 clock 1}
      dict set a windows M_AXI_GP$index [list $window 0x40000000]
      dict set a spaces Data [list M_AXI_GP$index 32]
    }
    if {[dict get $config PCW_USE_S_AXI_HP$index]} {
      dict set a interfaces S_AXI_HP$index [list slave aximm [dict get $config PCW_S_AXI_HP${index}_DATA_WIDTH]]
      dict set a pins S_AXI_HP${index}_ACLK {input 1 clock 1}
      dict set a segments S_AXI_HP${index}/HP${index}_DDR_LOWOCM [list S_AXI_HP$index 0x20000000 0]
    }
  }
  if {[dict get $config PCW_USE_FABRIC_INTERRUPT] && [dict get $config PCW_IRQ_F2P_INTR]} {
    dict set a pins IRQ_F2P {input 0 interrupt 0}
  }
  if {[dict get $config PCW_EN_CLK0_PORT]} {
    dict set a pins FCLK_CLK0 {output 1 clock 0}
  }
  if {[dict get $config PCW_EN_RST0_PORT]} {
    dict set a pins FCLK_RESET0_N {output 1 reset 0}
  }
  dict set a interfaces DDR {master pins 0}
  dict set a interfaces FIXED_IO {master pins 0}
}

set ip_properties(xlconcat) {
  NUM_PORTS 2 {from 1 to 128}
}
proc ip.xlconcat {config about} {
  upvar $about a
  set count [dict get $config NUM_PORTS]
  for {set i 0} {$i < $count} {incr i} {
    dict set a pins In$i {input 1 data 1}
  }
  dict set a pins dout [list output $count data 0]
}

set ip_properties(clk_wiz) {
  PRIM_IN_FREQ 100.000 {from 1 to 1000}
  CLKOUT1_REQUESTED_OUT_FREQ 100.000 {from 1 to 1000}
  USE_RESET true {true false}
  USE_LOCKED true {true false}
}
proc ip.clk_wiz {config about} {
  upvar $about a
  dict set a pins clk_in1 {input 1 clock 1}
  dict set a pins clk_out1 {output 1 clock 0}
  if {[dict get $config USE_RESET]} {
    dict set a pins reset {input 1 reset 1}
  }
  if {[dict get $config USE_LOCKED]} {
    dict set a pins locked {output 1 data 0}
  }
}

set ip_properties(jtag_axi) {
  PROTOCOL 0 {0 2}
  M_AXI_ADDR_WIDTH 32 {32 64}
  M_AXI_DATA_WIDTH 32 {32 64}
}
proc ip.jtag_axi {config about} {
  upvar $about a
  dict set a interfaces M_AXI [list master aximm [dict get $config M_AXI_DATA_WIDTH]]
  dict set a spaces Data [list M_AXI [dict get $config M_AXI_ADDR_WIDTH]]
  dict set a pins aclk {input 1 clock 1}
  dict set a pins aresetn {input 1 reset 1}
}

set ip_properties(axi_bram_ctrl) {
  SINGLE_PORT_BRAM 0 {0 1}
  DATA_WIDTH 32 {32 64 128 256 512 1024}
}
proc ip.axi_bram_ctrl {config about} {
  upvar $about a
  dict set a interfaces S_AXI [list slave aximm [dict get $config DATA_WIDTH]]
  dict set a interfaces BRAM_PORTA {master bram 0}
  if {![dict get $config SINGLE_PORT_BRAM]} {
    dict set a interfaces BRAM_PORTB {master bram 0}
  }
  dict set a pins s_axi_aclk {input 1 clock 1}
  dict set a pins s_axi_aresetn {input 1 reset 1}
  dict set a segments S_AXI/Mem0 {S_AXI 65536 ""}
}

set ip_properties(blk_mem_gen) {
  use_bram_block Stand_Alone {Stand_Alone BRAM_Controller}
  Memory_Type Single_Port_RAM {Single_Port_RAM True_Dual_Port_RAM}
}
proc ip.blk_mem_gen {config about} {
  upvar $about a
  if {[dict get $config use_bram_block] ne "BRAM_Controller"} {
    refuse "blk_mem_gen: only memories of a BRAM controller are described here"
  }
  dict set a interfaces BRAM_PORTA {slave bram 0}
}

# A module of the design as IP of the project's repositories.
proc describe_module {module about} {
  upvar $about a
  dict for {name interface} [interfaces_of $module] {
    lassign [split [dict get $interface vlnv] :] vendor library kind
    set signals [dict get $interface signals]
    set any [lindex [dict values $signals] 0]
    switch $kind {
      axis {
        lassign [dict get $signals TVALID] port direction
        set mode [expr {$direction eq "output" ? "master" : "slave"}]
        dict set a interfaces $name [list $mode axis [lindex [dict get $signals TDATA] 2]]
      }
      aximm {
        lassign [dict get $signals ARVALID] port direction
        set mode [expr {$direction eq "output" ? "master" : "slave"}]
        dict set a interfaces $name [list $mode aximm [lindex [dict get $signals RDATA] 2]]
        set bits [lindex [dict get $signals ARADDR] 2]
        if {$mode eq "master"} {
          dict set a spaces $name [list $name $bits]
        } else {
          dict set a segments $name/reg0 [list $name [expr {1 << $bits}] ""]
        }
      }
      clock - reset - interrupt {
        lassign $any port direction bits
        dict set a pins $port [list $direction $bits $kind 1]
      }
    }
  }
}

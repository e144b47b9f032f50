# The accelerator in a whole system for the board of vivado/design.tcl, as a Vivado project:
#
#   vivado -mode batch -source vivado/block_design.tcl -tclargs OUT_DIRECTORY [bitstream]
#
# package_ip.tcl has to have run. Images and results go through an AXI DMA with scatter-gather; vivado/system.tcl has what
# differs between boards: processor or JTAG, clock, memory. With the word `bitstream` the project is built, and
# OUT_DIRECTORY gets TOP.bit and TOP.xsa; status 1 where timing is missed.

source [file join [file dirname [info script]] common.tcl]
source [file join $design_dir vivado system.tcl]

set build [expr {$argc > 1 ? [lindex $argv 1] : ""}]
if {$build ni {"" bitstream}} {
  fail "what is '$build'? After the output directory there may be the word bitstream"
}
if {![file exists [file join $out_dir ip $top component.xml]]} {
  fail "the IP is not in [file join $out_dir ip $top]; run vivado/package_ip.tcl first"
}

create_project -force $top [file join $out_dir project] -part $part
set known_board [get_board_parts -quiet -latest_file_version ${board_part}:*]
if {[llength $known_board] == 0} {
  fail "Vivado does not know the board $board_part; install its board files (Tools, Vivado Store, Boards)"
}
set_property board_part [lindex $known_board end] [current_project]
set_property ip_repo_paths [file join $out_dir ip] [current_project]
update_ip_catalog

create_bd_design system

proc add_ip {name vlnv {config {}}} {
  create_bd_cell -type ip -vlnv $vlnv $name
  if {[llength $config] > 0} {
    set_property -dict $config [get_bd_cells $name]
  }
}

proc connect_buses {from to} {
  connect_bd_intf_net [get_bd_intf_pins $from] [get_bd_intf_pins $to]
}

# One net from the first pin to all others.
proc connect_pins {args} {
  foreach pin [lrange $args 1 end] {
    connect_bd_net [get_bd_pins [lindex $args 0]] [get_bd_pins $pin]
  }
}

make_system

add_ip accelerator $ip_vendor:$ip_library:$top

# A descriptor moves one image or takes one result. The DMA has no TUSER, so all images come with the ID 0; results tell
# which image they are of by its number in their own bits.
set dma_bits [expr {$stream_bits > 64 ? $stream_bits : 64}]
add_ip dma xilinx.com:ip:axi_dma [list \
  CONFIG.c_include_sg 1 \
  CONFIG.c_sg_include_stscntrl_strm 0 \
  CONFIG.c_sg_length_width 26 \
  CONFIG.c_addr_width 32 \
  CONFIG.c_include_mm2s 1 \
  CONFIG.c_m_axi_mm2s_data_width $dma_bits \
  CONFIG.c_m_axis_mm2s_tdata_width $stream_bits \
  CONFIG.c_mm2s_burst_size 16 \
  CONFIG.c_include_s2mm 1 \
  CONFIG.c_m_axi_s2mm_data_width 32 \
  CONFIG.c_s2mm_burst_size 16]
connect_buses dma/M_AXIS_MM2S accelerator/s_axis
connect_buses accelerator/m_axis dma/S_AXIS_S2MM

# Registers.
add_ip control xilinx.com:ip:smartconnect [list CONFIG.NUM_SI 1 CONFIG.NUM_MI [expr {2 + $control_extra}]]
connect_buses $control_master control/S00_AXI
connect_buses control/M00_AXI accelerator/s_axi
connect_buses control/M01_AXI dma/S_AXI_LITE

# Memory: descriptors, images, results; weights have a port of their own where the system has one.
set masters {dma/M_AXI_SG dma/M_AXI_MM2S dma/M_AXI_S2MM}
if {$control_extra > 0} {
  lappend masters control/M02_AXI
}
add_ip memory xilinx.com:ip:smartconnect [list CONFIG.NUM_SI [llength $masters] CONFIG.NUM_MI 1]
set index 0
foreach master $masters {
  connect_buses $master memory/[format S%02d_AXI $index]
  incr index
}
connect_buses memory/M00_AXI $memory_slave

set clocked {
  accelerator/ap_clk control/aclk memory/aclk dma/s_axi_lite_aclk dma/m_axi_sg_aclk dma/m_axi_mm2s_aclk dma/m_axi_s2mm_aclk
}
set kept_in_reset {accelerator/ap_rst_n control/aresetn memory/aresetn dma/axi_resetn}
if {$memory_bits > 0} {
  add_ip weights xilinx.com:ip:smartconnect [list CONFIG.NUM_SI 1 CONFIG.NUM_MI 1]
  connect_buses accelerator/m_axi weights/S00_AXI
  connect_buses weights/M00_AXI $weight_slave
  lappend clocked weights/aclk
  lappend kept_in_reset weights/aresetn
}
connect_pins $clock_pin {*}$clocked {*}$system_clocked
connect_pins $reset_pin {*}$kept_in_reset {*}$system_kept_in_reset

# The interrupt lights a LED of the board as well, so that the first result can be seen.
create_bd_port -dir O led_irq
connect_bd_net [get_bd_pins accelerator/irq] [get_bd_ports led_irq]
if {$interrupt_pin ne ""} {
  add_ip interrupts xilinx.com:ip:xlconcat [list CONFIG.NUM_PORTS 3]
  connect_pins accelerator/irq interrupts/In0
  connect_pins dma/mm2s_introut interrupts/In1
  connect_pins dma/s2mm_introut interrupts/In2
  connect_pins interrupts/dout $interrupt_pin
}

# Addresses. What a port of the processor offers beside the memory in use is excluded: no master needs it.
foreach space $control_spaces {
  assign_bd_address -offset $accelerator_base -range 64K -target_address_space [get_bd_addr_spaces $space] \
    [get_bd_addr_segs accelerator/s_axi/reg0] -force
  assign_bd_address -offset $dma_base -range 64K -target_address_space [get_bd_addr_spaces $space] \
    [get_bd_addr_segs dma/S_AXI_LITE/Reg] -force
}
proc assign_memory {space used offered} {
  foreach segment [get_bd_addr_segs $offered] {
    if {[string match $used $segment]} {
      assign_bd_address -target_address_space [get_bd_addr_spaces $space] $segment -force
    } else {
      exclude_bd_addr_seg -target_address_space [get_bd_addr_spaces $space] $segment
    }
  }
}
foreach space [concat {dma/Data_SG dma/Data_MM2S dma/Data_S2MM} $memory_spaces] {
  assign_memory $space $memory_segment $memory_segments
}
if {$memory_bits > 0} {
  assign_memory accelerator/m_axi $weight_segment $weight_segments
}

validate_bd_design
save_bd_design

set diagram [get_files system.bd]
generate_target all $diagram
add_files -norecurse [make_wrapper -files $diagram -top]
add_files -fileset constrs_1 -norecurse [file join $design_dir constraints $board.xdc]
set_property top system_wrapper [current_fileset]
update_compile_order -fileset sources_1
require_no_critical_warnings {the block design}

if {$build eq "bitstream"} {
  launch_runs synth_1 -jobs 4
  wait_on_run synth_1
  if {[get_property PROGRESS [get_runs synth_1]] ne "100%"} {
    fail "synthesis of the system failed; see the log in [get_property DIRECTORY [get_runs synth_1]]"
  }
  launch_runs impl_1 -to_step write_bitstream -jobs 4
  wait_on_run impl_1
  if {[get_property PROGRESS [get_runs impl_1]] ne "100%"} {
    fail "implementation of the system failed; see the log in [get_property DIRECTORY [get_runs impl_1]]"
  }
  open_run impl_1
  report_timing_summary -file [file join $out_dir ${top}_system_timing.rpt]
  report_utilization -hierarchical -file [file join $out_dir ${top}_system_utilization.rpt]
  require_timing
  file copy -force [file join [get_property DIRECTORY [get_runs impl_1]] system_wrapper.bit] [file join $out_dir $top.bit]
  write_hw_platform -fixed -include_bit -force -file [file join $out_dir $top.xsa]
}
close_project

# Runs a Vivado script without Vivado:
#
#   tclsh run.tcl NETLIST SCRIPT [ARGUMENT ...]
#
# Every command that the script may use is defined here and checks what it is given: options, files, ports, parts, boards,
# IP, properties, pins and addresses. Anything else is an error; so is an object that is not found. NETLIST describes the
# modules of the design (netlist.tcl says how). Exit status 0: the script ran to its end.
#
# What the commands accept is written from AMD's guides: UG835 (Tcl commands), UG994 (block designs), UG1118 (packaging),
# UG903 (constraints), and for the IP those that ip_catalog.tcl names. None of it was compared with a Vivado.
#
# VIVADO_STUB_SLACK and VIVADO_STUB_CRITICAL_WARNINGS in the environment say what slack paths have and how many critical
# warnings there were, to see a script stop.

set stub_dir [file dirname [file normalize [info script]]]
foreach part {arguments netlist devices objects build_flow constraints project packager ip_catalog block_design validate} {
  source [file join $stub_dir $part.tcl]
}

if {$argc < 2} {
  puts stderr "usage: tclsh run.tcl NETLIST SCRIPT \[ARGUMENT ...\]"
  exit 2
}
read_netlist [lindex $argv 0]

# The script has an interpreter of its own, with Tcl's commands and those of Vivado: its variables are not the stub's.
set vivado [interp create]
foreach command {
  read_verilog read_xdc synth_design opt_design place_design phys_opt_design route_design write_checkpoint open_checkpoint
  report_utilization report_timing_summary report_power report_methodology report_drc get_timing_paths get_msg_config
  set_property get_property get_board_parts
  create_project close_project current_project current_fileset add_files get_files update_compile_order get_runs
  launch_runs wait_on_run open_run write_hw_platform update_ip_catalog
  ipx::package_project ipx::current_core ipx::get_bus_interfaces ipx::associate_bus_interfaces ipx::get_bus_parameters
  ipx::add_bus_parameter ipx::get_memory_maps ipx::add_memory_map ipx::get_address_blocks ipx::add_address_block
  ipx::add_register ipx::create_xgui_files ipx::update_checksums ipx::check_integrity ipx::save_core
  create_bd_design create_bd_cell create_bd_port get_bd_cells get_bd_intf_pins get_bd_pins get_bd_ports
  connect_bd_intf_net connect_bd_net apply_bd_automation get_bd_addr_spaces get_bd_addr_segs assign_bd_address
  exclude_bd_addr_seg validate_bd_design save_bd_design generate_target make_wrapper
} {
  $vivado alias $command $command
}
# Tcl would look for a program of the name.
proc refuse_unknown {args} {
  refuse "unknown command '[lindex $args 0]'"
}
$vivado alias unknown refuse_unknown

$vivado eval [list set argv [lrange $argv 2 end]]
$vivado eval [list set argc [expr {$argc - 2}]]
if {[catch {$vivado eval [list source [lindex $argv 1]]} message options]} {
  puts stderr "vivado stub: $message"
  puts stderr [dict get $options -errorinfo]
  exit 1
}
require_finished

# Out-of-context synthesis, non-project mode:
#
#   vivado -mode batch -source vivado/synth.tcl -tclargs OUT_DIRECTORY
#
# The checkpoint and the reports go to OUT_DIRECTORY, by default DESIGN.vivado beside the design folder. Ends with status 1
# where a critical warning occurs.

source [file join [file dirname [info script]] common.tcl]

foreach file $rtl {
  read_verilog $file
}
read_xdc -mode out_of_context constraints/${top}_ooc.xdc

synth_design -mode out_of_context -top $top -part $part
write_checkpoint -force [file join $out_dir ${top}_synth.dcp]
report_utilization -hierarchical -file [file join $out_dir ${top}_synth_utilization.rpt]
report_timing_summary -file [file join $out_dir ${top}_synth_timing.rpt]
require_no_critical_warnings synthesis

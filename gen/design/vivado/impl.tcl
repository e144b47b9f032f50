# Out-of-context implementation of the checkpoint that synth.tcl wrote:
#
#   vivado -mode batch -source vivado/impl.tcl -tclargs OUT_DIRECTORY
#
# Ends with status 1 where timing is missed or a critical warning occurs; the reports are there in any case.

source [file join [file dirname [info script]] common.tcl]

set synthesized [file join $out_dir ${top}_synth.dcp]
if {![file exists $synthesized]} {
  fail "there is no $synthesized; run vivado/synth.tcl first"
}
open_checkpoint $synthesized

opt_design
place_design
phys_opt_design
route_design

write_checkpoint -force [file join $out_dir ${top}_routed.dcp]
report_timing_summary -max_paths 10 -file [file join $out_dir ${top}_timing.rpt]
report_utilization -hierarchical -file [file join $out_dir ${top}_utilization.rpt]
report_power -file [file join $out_dir ${top}_power.rpt]
report_methodology -file [file join $out_dir ${top}_methodology.rpt]
report_drc -file [file join $out_dir ${top}_drc.rpt]
require_timing
require_no_critical_warnings implementation

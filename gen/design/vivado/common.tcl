# What every script beside this one begins with: the design's facts, the folder for what Vivado writes, and the ways to
# stop. The design folder itself stays as its manifest says.

set design_dir [file normalize [file join [file dirname [info script]] ..]]
source [file join $design_dir vivado design.tcl]

if {$argc > 0} {
  set out_dir [file normalize [lindex $argv 0]]
} else {
  set out_dir $design_dir.vivado
}
file mkdir $out_dir

# Memory images are named relative to the design folder.
cd $design_dir

proc fail {message} {
  puts stderr "offramp: $message"
  exit 1
}

# A critical warning is a mistake that Vivado goes on after: an image that was not found, a constraint without an object.
proc require_no_critical_warnings {step} {
  set count [get_msg_config -count -severity {CRITICAL WARNING}]
  if {$count > 0} {
    fail "$step gave $count critical warnings; the log above has them"
  }
}

# Stops where a path misses its time, or where there is no path at all: then no clock reached the design.
proc require_timing {} {
  foreach {kind name} {max setup min hold} {
    set path [get_timing_paths -delay_type $kind -max_paths 1]
    if {[llength $path] == 0} {
      fail "there is no $name path: is the clock constrained?"
    }
    set slack [get_property SLACK $path]
    puts "offramp: worst $name slack $slack ns"
    if {$slack < 0} {
      fail "timing is missed: worst $name slack $slack ns; lower clock_mhz in vivado/design.tcl and the clock in constraints/"
    }
  }
}

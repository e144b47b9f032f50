# Non-project builds: sources, synthesis, implementation, reports.

set flow(stage) empty
set flow(verilog) {}

proc require_stage {command stages} {
  global flow
  if {$flow(stage) ni $stages} {
    refuse "$command: the design is '$flow(stage)'; it has to be [join $stages { or }]"
  }
}

proc read_verilog {args} {
  global flow
  set found [parse read_verilog {-sv 0 -library 1} $args]
  require_words read_verilog $found 1
  foreach file [lindex [dict get $found words] 0] {
    require_file read_verilog $file
    if {$file in $flow(verilog)} {
      refuse "read_verilog: '$file' is read twice"
    }
    lappend flow(verilog) $file
  }
}

proc synth_design {args} {
  global flow
  set found [parse synth_design {-mode 1 -top 1 -part 1 -flatten_hierarchy 1} $args]
  require_words synth_design $found 0
  require_stage synth_design empty
  require_part synth_design [option $found -part]
  require_module synth_design [option $found -top]
  if {[option $found -mode] ni {"" out_of_context default}} {
    refuse "synth_design: there is no mode '[option $found -mode]'"
  }
  # The module of a file has its name.
  set read {}
  foreach file $flow(verilog) {
    lappend read [file rootname [file tail $file]]
  }
  global netlist
  foreach module $netlist(needed) {
    if {$module ni $read} {
      refuse "synth_design: no file was read that has the module '$module'"
    }
  }
  require_images $flow(verilog)
  set flow(stage) synthesized
}

# Every memory image that a file names lies where the name leads from here.
proc require_images {files} {
  foreach file $files {
    set channel [open $file]
    set text [read $channel]
    close $channel
    foreach {all image} [regexp -all -inline {"([^"\n]+\.(?:hex|mem))"} $text] {
      if {![file isfile $image]} {
        refuse "$file: could not open \$readmem data file '$image'"
      }
    }
  }
}

proc write_checkpoint {args} {
  global flow
  set found [parse write_checkpoint {-force 0} $args]
  require_words write_checkpoint $found 1
  require_stage write_checkpoint {synthesized routed}
  require_place write_checkpoint [lindex [dict get $found words] 0]
}

proc open_checkpoint {file} {
  global flow
  require_file open_checkpoint $file
  set flow(stage) synthesized
}

foreach {step before after} {
  opt_design synthesized optimized
  place_design optimized placed
  route_design placed routed
} {
  proc $step {args} "
    global flow
    require_words $step \[parse $step {-directive 1} \$args\] 0
    require_stage $step $before
    set flow(stage) $after
  "
}

proc phys_opt_design {args} {
  require_words phys_opt_design [parse phys_opt_design {-directive 1} $args] 0
  require_stage phys_opt_design {placed routed}
}

proc report {command options args} {
  set found [parse $command $options $args]
  require_words $command $found 0
  require_stage $command {synthesized optimized placed routed}
  require_place $command [option $found -file]
}
proc report_utilization {args} { report report_utilization {-hierarchical 0 -file 1} {*}$args }
proc report_timing_summary {args} { report report_timing_summary {-max_paths 1 -file 1} {*}$args }
proc report_power {args} { report report_power {-file 1} {*}$args }
proc report_methodology {args} { report report_methodology {-file 1} {*}$args }
proc report_drc {args} { report report_drc {-file 1} {*}$args }

proc get_timing_paths {args} {
  global property env
  set found [parse get_timing_paths {-delay_type 1 -max_paths 1} $args]
  require_words get_timing_paths $found 0
  require_stage get_timing_paths routed
  if {[option $found -delay_type max] ni {min max}} {
    refuse "get_timing_paths: there is no delay type '[option $found -delay_type]'"
  }
  set property(path,SLACK) [expr {[info exists env(VIVADO_STUB_SLACK)] ? $env(VIVADO_STUB_SLACK) : 0.125}]
  return [make_object path path]
}

proc get_msg_config {args} {
  global env
  set found [parse get_msg_config {-count 0 -severity 1} $args]
  if {![dict exists $found -count] || [option $found -severity] ni {ERROR {CRITICAL WARNING} WARNING}} {
    refuse "get_msg_config: -count and -severity are needed"
  }
  return [expr {[info exists env(VIVADO_STUB_CRITICAL_WARNINGS)] ? $env(VIVADO_STUB_CRITICAL_WARNINGS) : 0}]
}

# Projects: files, filesets, runs, what comes out of them.

proc create_project {args} {
  global project
  set found [parse create_project {-force 0 -part 1 -in_memory 0} $args]
  require_words create_project $found 2
  require_part create_project [option $found -part]
  array unset project
  lassign [dict get $found words] project(name) project(directory)
  set project(part) [option $found -part]
  set project(files) {}
  set project(constraints) {}
  file mkdir $project(directory)
  make_object project current_project
  make_object fileset sources_1
  make_object fileset constrs_1
}

proc require_project {command} {
  global project
  if {![info exists project(name)]} {
    refuse "$command: no project is open"
  }
}

proc current_project {} {
  require_project current_project
  return current_project
}

proc current_fileset {} {
  require_project current_fileset
  return sources_1
}

proc close_project {} {
  global project
  require_project close_project
  array unset project
}

proc add_files {args} {
  global project
  set found [parse add_files {-norecurse 0 -fileset 1} $args]
  require_words add_files $found 1
  require_project add_files
  set list [expr {[option $found -fileset sources_1] eq "constrs_1" ? "constraints" : "files"}]
  if {[option $found -fileset sources_1] ni {sources_1 constrs_1}} {
    refuse "add_files: there is no fileset '[option $found -fileset]'"
  }
  foreach file [lindex [dict get $found words] 0] {
    require_file add_files $file
    if {$file in $project($list)} {
      refuse "add_files: '$file' is added twice"
    }
    lappend project($list) $file
  }
}

proc get_files {name} {
  global project
  require_project get_files
  foreach file $project(files) {
    if {[file tail $file] eq $name} {
      return $file
    }
  }
  refuse "get_files: the project has no file '$name'"
}

proc update_compile_order {args} {
  set found [parse update_compile_order {-fileset 1} $args]
  require_words update_compile_order $found 0
  kind_of update_compile_order [option $found -fileset sources_1]
}

proc get_runs {name} {
  global property project
  if {$name ni {synth_1 impl_1}} {
    refuse "get_runs: there is no run '$name'"
  }
  set property($name,DIRECTORY) [file join $project(directory) runs $name]
  set property($name,PROGRESS) [expr {[info exists project(done,$name)] ? "100%" : "0%"}]
  return [make_object run $name]
}

# A run builds the diagram's wrapper; the project's constraints have to fit the wrapper's ports.
proc launch_runs {args} {
  global project
  set found [parse launch_runs {-to_step 1 -jobs 1} $args]
  require_words launch_runs $found 1
  set run [lindex [dict get $found words] 0]
  get_runs $run
  if {$run eq "impl_1"} {
    if {![info exists project(done,synth_1)]} {
      refuse "launch_runs: impl_1 before synth_1"
    }
    if {[option $found -to_step write_bitstream] ne "write_bitstream"} {
      refuse "launch_runs: there is no step '[option $found -to_step]'"
    }
  }
  set project(launched,$run) 1
}

proc wait_on_run {run} {
  global project constrained
  if {![info exists project(launched,$run)]} {
    refuse "wait_on_run: '$run' was not launched"
  }
  set constrained $project(wrapper)
  foreach file $project(constraints) {
    apply_constraints $file
  }
  set directory [get_property DIRECTORY [get_runs $run]]
  file mkdir $directory
  if {$run eq "impl_1"} {
    require_place wait_on_run [file join $directory system_wrapper.bit]
  }
  set project(done,$run) 1
}

proc open_run {run} {
  global project flow
  if {![info exists project(done,$run)]} {
    refuse "open_run: '$run' is not done"
  }
  set flow(stage) routed
}

proc write_hw_platform {args} {
  set found [parse write_hw_platform {-fixed 0 -include_bit 0 -force 0 -file 1} $args]
  require_words write_hw_platform $found 0
  require_stage write_hw_platform routed
  require_place write_hw_platform [option $found -file]
}

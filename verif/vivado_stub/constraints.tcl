# Constraints, checked against the ports and cells of a module: a pattern that matches nothing is an error.

set clocks {}
# The module whose ports constraints mean.
set constrained ""

proc read_xdc {args} {
  global constrained netlist
  set found [parse read_xdc {-mode 1 -unmanaged 0} $args]
  require_words read_xdc $found 1
  set file [lindex [dict get $found words] 0]
  require_file read_xdc $file
  if {[option $found -mode out_of_context] ne "out_of_context"} {
    refuse "read_xdc: there is no mode '[option $found -mode]'"
  }
  set constrained [lindex $netlist(modules) 0]
  apply_constraints $file
}

# Only constraint commands may stand in the file.
proc apply_constraints {file} {
  set inner [interp create]
  $inner eval {
    foreach command [info commands] {
      if {$command ni {eval rename foreach info if expr list ::tcl}} {
        rename $command {}
      }
    }
  }
  foreach command {
    create_clock set_input_delay set_output_delay set_false_path get_ports get_cells get_clocks all_outputs all_inputs
    current_design set_property
  } {
    $inner alias $command $command
  }
  set channel [open $file]
  set text [read $channel]
  close $channel
  if {[catch {$inner eval $text} message]} {
    interp delete $inner
    refuse "[file tail $file]: $message"
  }
  interp delete $inner
}

# Ports by name or pattern; a port of several bits goes by NAME[*] or NAME[i].
proc get_ports {args} {
  global netlist constrained
  set found [parse get_ports {-quiet 0} $args]
  require_words get_ports $found 1
  set ports {}
  foreach pattern [lindex [dict get $found words] 0] {
    set matched 0
    foreach name $netlist($constrained,ports) {
      lassign $netlist($constrained,port,$name) direction bits
      # The brackets of an index are characters, not a set of them.
      set literal [string map {[ \\[ ] \\]} $pattern]
      if {$bits == 1} {
        set bit_names [list $name]
      } else {
        set bit_names {}
        for {set i 0} {$i < $bits} {incr i} {
          lappend bit_names "$name\[$i\]"
        }
      }
      foreach bit $bit_names {
        if {[string match $literal $bit]} {
          lappend ports [make_object port $bit]
          set matched 1
        }
      }
    }
    if {!$matched} {
      refuse "get_ports: no port of $constrained matches '$pattern'"
    }
  }
  return $ports
}

proc get_cells {args} {
  global netlist constrained
  set found [parse get_cells {-hierarchical 0 -quiet 0} $args]
  require_words get_cells $found 1
  set cells {}
  foreach pattern [lindex [dict get $found words] 0] {
    set matched [lsearch -all -inline -glob $netlist($constrained,cells) $pattern]
    if {[llength $matched] == 0} {
      refuse "get_cells: no cell of $constrained matches '$pattern'"
    }
    lappend cells {*}$matched
  }
  return $cells
}

proc get_clocks {name} {
  global clocks
  if {$name ni $clocks} {
    refuse "get_clocks: there is no clock '$name'"
  }
  return $name
}

proc create_clock {args} {
  global clocks
  set found [parse create_clock {-name 1 -period 1} $args]
  require_words create_clock $found 1
  require_positive create_clock [option $found -period]
  require_direction create_clock input [lindex [dict get $found words] 0]
  lappend clocks [option $found -name]
}

proc require_positive {command number} {
  if {![string is double -strict $number] || $number <= 0} {
    refuse "$command: '$number' is no number above 0"
  }
}

proc require_direction {command direction ports} {
  global netlist constrained
  foreach bit $ports {
    set name [lindex [split $bit {[}] 0]
    if {[lindex $netlist($constrained,port,$name) 0] ne $direction} {
      refuse "$command: the port '$name' is no $direction"
    }
  }
}

proc port_delay {command direction words} {
  set found [parse $command {-clock 1} $words]
  require_words $command $found 2
  lassign [dict get $found words] delay ports
  require_positive $command $delay
  get_clocks [option $found -clock]
  if {[llength $ports] == 0} {
    refuse "$command: there is no port"
  }
  require_direction $command $direction $ports
}
proc set_input_delay {args} { port_delay set_input_delay input $args }
proc set_output_delay {args} { port_delay set_output_delay output $args }

proc set_false_path {args} {
  set found [parse set_false_path {-from 1 -to 1} $args]
  require_words set_false_path $found 0
  if {![dict exists $found -from] && ![dict exists $found -to]} {
    refuse "set_false_path: neither -from nor -to"
  }
  if {[dict exists $found -from]} {
    require_direction "set_false_path -from" input [dict get $found -from]
  }
  if {[dict exists $found -to]} {
    require_direction "set_false_path -to" output [dict get $found -to]
  }
}

proc current_design {} {
  return [make_object design current_design]
}

# What validate_bd_design looks at, and what a script has to have done at its end.

proc cell_of {path} {
  return /[lindex [split $path /] 1]
}

proc leaf_of {path} {
  return [join [lrange [split $path /] 2 end] /]
}

# {direction bits type} of a pin or port.
proc pin_about {pin} {
  global bd
  if {[string match port:* $pin]} {
    # Seen from inside, an input port drives.
    lassign $bd(port,[string range $pin 5 end]) direction bits type
    return [list [expr {$direction eq "input" ? "output" : "input"}] $bits $type]
  }
  return [dict get [about [cell_of $pin]] pins [leaf_of $pin]]
}

proc validate_bd_design {} {
  global bd
  require_open validate_bd_design
  validate_pins
  validate_interfaces
  validate_addresses
  set bd(state) valid
}

proc validate_pins {} {
  global bd
  set connected {}
  foreach net $bd(nets) {
    set drivers {}
    set readers {}
    foreach pin $net {
      lappend connected $pin
      if {[lindex [pin_about $pin] 0] eq "output"} {
        lappend drivers $pin
      } else {
        lappend readers $pin
      }
    }
    if {[llength $drivers] != 1} {
      refuse "validate_bd_design: the net of {$net} has [llength $drivers] drivers: {$drivers}"
    }
    lassign [pin_about [lindex $drivers 0]] direction driven type
    foreach pin $readers {
      lassign [pin_about $pin] direction bits wanted
      if {$bits != 0 && $bits != $driven} {
        refuse "validate_bd_design: '$pin' has $bits bits and is driven with $driven by '[lindex $drivers 0]'"
      }
      if {$wanted in {clock reset} && $type ne $wanted} {
        refuse "validate_bd_design: '$pin' is a $wanted and is driven by '[lindex $drivers 0]', a $type"
      }
    }
  }
  foreach cell $bd(cells) {
    dict for {name pin} [dict get [about $cell] pins] {
      lassign $pin direction bits type required
      if {$direction eq "input" && $required && "$cell/$name" ni $connected} {
        refuse "validate_bd_design: the input '$cell/$name' is not connected"
      }
    }
  }
  foreach port $bd(ports) {
    if {"port:$port" ni $connected} {
      refuse "validate_bd_design: the port '$port' is not connected"
    }
  }
}

proc validate_interfaces {} {
  global bd
  foreach cell $bd(cells) {
    dict for {name interface} [dict get [about $cell] interfaces] {
      lassign $interface mode kind bits
      if {![info exists bd(intf,$cell/$name)]} {
        refuse "validate_bd_design: the interface '$cell/$name' is not connected"
      }
      set other $bd(intf,$cell/$name)
      if {$other eq "external"} continue
      lassign [dict get [about [cell_of $other]] interfaces [leaf_of $other]] other_mode other_kind other_bits
      if {$mode eq $other_mode} {
        refuse "validate_bd_design: '$cell/$name' and '$other' are both ${mode}s"
      }
      if {$kind ne $other_kind} {
        refuse "validate_bd_design: '$cell/$name' is $kind and '$other' is $other_kind"
      }
      if {$kind eq "axis" && $bits != 0 && $other_bits != 0 && $bits != $other_bits} {
        refuse "validate_bd_design: the stream '$cell/$name' has $bits bits and '$other' $other_bits"
      }
    }
  }
}

# Segments that a master's space can have: through interconnects to slaves.
proc reachable_segments {space} {
  global bd
  lassign [dict get [about [cell_of $space]] spaces [leaf_of $space]] interface bits
  set todo [list [cell_of $space]/$interface]
  set seen {}
  set segments {}
  while {[llength $todo] > 0} {
    set todo [lassign $todo master]
    if {$master in $seen || ![info exists bd(intf,$master)]} continue
    lappend seen $master
    set slave $bd(intf,$master)
    set cell [cell_of $slave]
    set about [about $cell]
    if {[dict get $about through]} {
      dict for {name other} [dict get $about interfaces] {
        if {[lindex $other 0] eq "master"} {
          lappend todo $cell/$name
        }
      }
    }
    dict for {name segment} [dict get $about segments] {
      if {"$cell/[lindex $segment 0]" eq $slave} {
        lappend segments $cell/$name
      }
    }
  }
  return $segments
}

proc validate_addresses {} {
  global bd
  foreach cell $bd(cells) {
    set about [about $cell]
    dict for {name description} [dict get $about spaces] {
      lassign $description interface bits
      set space $cell/$name
      set windows {}
      if {[dict exists $about windows $interface]} {
        set windows [dict get $about windows $interface]
      }
      set taken {}
      foreach segment [reachable_segments $space] {
        set places [lsearch -all -inline -glob $bd(addresses) [list $space $segment *]]
        if {[llength $places] + ([list $space $segment] in $bd(excluded)) != 1} {
          refuse "validate_bd_design: '$segment' is assigned [llength $places] times in '$space', and has to be assigned or excluded once"
        }
        foreach place $places {
          lassign $place at_space at_segment offset range
          if {$offset + $range > 1 << $bits} {
            refuse "validate_bd_design: '$segment' at [format 0x%X $offset] is beyond the $bits bits of '$space'"
          }
          foreach other $taken {
            lassign $other other_segment other_offset other_range
            if {$offset < $other_offset + $other_range && $other_offset < $offset + $range} {
              refuse "validate_bd_design: '$segment' and '$other_segment' overlap in '$space' at [format 0x%X $offset]"
            }
          }
          if {[llength $windows] > 0} {
            lassign $windows low size
            if {$offset < $low || $offset + $range > $low + $size} {
              refuse "validate_bd_design: '$segment' at [format 0x%X $offset] is outside of what '$cell/$interface' reaches, $low and [format %d $size] bytes on"
            }
          }
          lappend taken [list $segment $offset $range]
        }
      }
    }
  }
}

# At the end of a script: constraints fit the wrapper, and nothing is left half done.
proc require_finished {} {
  global bd project
  if {$bd(state) ni {none saved}} {
    puts stderr "vivado stub: the script ended with the block design '$bd(state)'"
    exit 1
  }
  if {[info exists project(name)]} {
    puts stderr "vivado stub: the script ended with the project '$project(name)' open"
    exit 1
  }
}

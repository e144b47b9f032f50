# Block designs: cells, connections, addresses. Objects go by their paths: /cell, /cell/PIN, /cell/SLAVE/SEGMENT.

set bd(cells) {}
set bd(ports) {}
set bd(nets) {}
set bd(addresses) {}
set bd(excluded) {}
set bd(state) none

proc create_bd_design {name} {
  global bd
  require_project create_bd_design
  set bd(name) $name
  set bd(state) open
}

proc require_open {command} {
  global bd
  if {$bd(state) eq "none"} {
    refuse "$command: no block design is open"
  }
  set bd(state) open
}

proc create_bd_cell {args} {
  global bd repository ip_properties
  require_open create_bd_cell
  set found [parse create_bd_cell {-type 1 -vlnv 1} $args]
  require_words create_bd_cell $found 1
  set name /[dict get $found words]
  if {$name in $bd(cells)} {
    refuse "create_bd_cell: there is a cell '$name' already"
  }
  switch [option $found -type] {
    ip {
      set vlnv [option $found -vlnv]
      lassign [split $vlnv :] vendor library ip version
      if {$vendor eq "xilinx.com" && $library eq "ip" && [info exists ip_properties($ip)]} {
        set bd($name,ip) $ip
        set bd($name,config) [dict create]
        foreach {key default values} $ip_properties($ip) {
          dict set bd($name,config) $key $default
        }
      } else {
        set known [dict filter $repository key $vlnv:*]
        if {[dict size $known] == 0} {
          set known [dict filter $repository key $vlnv]
        }
        if {[dict size $known] != 1} {
          refuse "create_bd_cell: the catalog has no IP '$vlnv'"
        }
        set bd($name,module) [lindex [dict values $known] 0]
      }
    }
    default {
      refuse "create_bd_cell: there is no type '[option $found -type]'"
    }
  }
  lappend bd(cells) $name
  return [make_object bd_cell $name]
}

proc set_cell_property {cell name value} {
  global bd ip_properties
  if {![string match CONFIG.* $name]} {
    refuse "set_property: a cell has no property '$name'"
  }
  set name [string range $name 7 end]
  if {[info exists bd($cell,module)]} {
    refuse "set_property: the accelerator has no property 'CONFIG.$name'"
  }
  foreach {key default values} $ip_properties($bd($cell,ip)) {
    if {$key ne $name} continue
    if {[llength $values] == 4 && [lindex $values 0] eq "from"} {
      lassign $values from low to high
      if {![string is double -strict $value] || $value < $low || $value > $high} {
        refuse "set_property: CONFIG.$name of $bd($cell,ip) is '$value'; it goes from $low to $high"
      }
    } elseif {$value ni $values} {
      refuse "set_property: CONFIG.$name of $bd($cell,ip) is '$value'; it is one of $values"
    }
    dict set bd($cell,config) $name $value
    return
  }
  refuse "set_property: the IP $bd($cell,ip) has no property 'CONFIG.$name'"
}

# What the cell has at present: the dictionary that ip_catalog.tcl describes.
proc about {cell} {
  global bd
  set about [dict create interfaces {} pins {} spaces {} segments {} windows {} through 0]
  if {[info exists bd($cell,module)]} {
    describe_module $bd($cell,module) about
  } else {
    ip.$bd($cell,ip) $bd($cell,config) about
  }
  return $about
}

proc get_bd_cells {name} {
  global bd
  set name /[string trimleft $name /]
  if {$name ni $bd(cells)} {
    refuse "get_bd_cells: there is no cell '$name'"
  }
  return $name
}

# Splits /cell/REST and refuses where there is no such cell.
proc split_path {command path} {
  set path [string trimleft $path /]
  set slash [string first / $path]
  if {$slash < 0} {
    refuse "$command: '$path' is not CELL/NAME"
  }
  return [list [get_bd_cells [string range $path 0 $slash-1]] [string range $path $slash+1 end]]
}

proc get_bd_intf_pins {path} {
  lassign [split_path get_bd_intf_pins $path] cell name
  if {![dict exists [about $cell] interfaces $name]} {
    refuse "get_bd_intf_pins: $cell has no interface '$name'; it has [dict keys [dict get [about $cell] interfaces]]"
  }
  return [make_object bd_intf_pin $cell/$name]
}

proc get_bd_pins {path} {
  lassign [split_path get_bd_pins $path] cell name
  if {![dict exists [about $cell] pins $name]} {
    refuse "get_bd_pins: $cell has no pin '$name'; it has [dict keys [dict get [about $cell] pins]]"
  }
  return [make_object bd_pin $cell/$name]
}

proc create_bd_port {args} {
  global bd
  require_open create_bd_port
  set found [parse create_bd_port {-dir 1 -type 1 -freq_hz 1 -from 1 -to 1} $args]
  require_words create_bd_port $found 1
  if {[option $found -dir] ni {I O}} {
    refuse "create_bd_port: there is no direction '[option $found -dir]'"
  }
  if {[option $found -type data] ni {clk rst intr data}} {
    refuse "create_bd_port: there is no type '[option $found -type]'"
  }
  set name [dict get $found words]
  lappend bd(ports) $name
  set bd(port,$name) [list [expr {[option $found -dir] eq "I" ? "input" : "output"}] 1 \
    [dict get {clk clock rst reset intr interrupt data data} [option $found -type data]]]
  return [make_object bd_port port:$name]
}

proc get_bd_ports {name} {
  return [string range [kind_and_name $name] 0 end]
}

proc kind_and_name {name} {
  global bd
  if {$name ni $bd(ports)} {
    refuse "get_bd_ports: there is no port '$name'"
  }
  return port:$name
}

proc connect_bd_intf_net {from to} {
  global bd
  require_open connect_bd_intf_net
  foreach pin [list $from $to] {
    if {[kind_of connect_bd_intf_net $pin] ne "bd_intf_pin"} {
      refuse "connect_bd_intf_net: '$pin' is no interface"
    }
    if {[info exists bd(intf,$pin)]} {
      refuse "connect_bd_intf_net: '$pin' is connected to '$bd(intf,$pin)' already"
    }
  }
  set bd(intf,$from) $to
  set bd(intf,$to) $from
}

proc connect_bd_net {from to} {
  global bd
  require_open connect_bd_net
  foreach pin [list $from $to] {
    if {[kind_of connect_bd_net $pin] ni {bd_pin bd_port}} {
      refuse "connect_bd_net: '$pin' is no pin"
    }
  }
  # Nets are lists of pins; two that meet become one.
  set joined [list $from $to]
  set others {}
  foreach net $bd(nets) {
    if {$from in $net || $to in $net} {
      lappend joined {*}$net
    } else {
      lappend others $net
    }
  }
  set bd(nets) [concat $others [list [lsort -unique $joined]]]
}

proc apply_bd_automation {args} {
  global bd
  require_open apply_bd_automation
  set found [parse apply_bd_automation {-rule 1 -config 1} $args]
  require_words apply_bd_automation $found 1
  lassign [split [option $found -rule] :] vendor library rule
  set cell [dict get $found words]
  kind_of apply_bd_automation $cell
  set keys [dict get {zynq_ultra_ps_e {apply_board_preset}
    processing_system7 {make_external apply_board_preset Master Slave}} $rule]
  if {$vendor ne "xilinx.com" || $library ne "bd_rule" || $bd($cell,ip) ne $rule} {
    refuse "apply_bd_automation: the rule '[option $found -rule]' is not for $cell"
  }
  foreach {key value} [option $found -config] {
    if {$key ni $keys} {
      refuse "apply_bd_automation: $rule has no setting '$key'"
    }
  }
  if {$rule eq "processing_system7"} {
    # What make_external does.
    foreach name {DDR FIXED_IO} {
      set bd(intf,$cell/$name) external
    }
  }
}

proc get_bd_addr_spaces {path} {
  lassign [split_path get_bd_addr_spaces $path] cell name
  if {![dict exists [about $cell] spaces $name]} {
    refuse "get_bd_addr_spaces: $cell has no address space '$name'"
  }
  return [make_object bd_addr_space $cell/$name]
}

proc get_bd_addr_segs {path} {
  lassign [split_path get_bd_addr_segs $path] cell pattern
  set segments {}
  foreach name [dict keys [dict get [about $cell] segments] $pattern] {
    lappend segments [make_object bd_addr_seg $cell/$name]
  }
  if {[llength $segments] == 0} {
    refuse "get_bd_addr_segs: $cell has no segment '$pattern'"
  }
  return $segments
}

proc bytes {text} {
  if {[regexp {^(\d+)([KMG])$} $text all number unit]} {
    return [expr {$number << [dict get {K 10 M 20 G 30} $unit]}]
  }
  if {![string is entier -strict $text]} {
    refuse "'$text' is no address or range"
  }
  return [expr {$text}]
}

proc require_space_and_segment {command found} {
  set space [option $found -target_address_space]
  if {[kind_of $command $space] ne "bd_addr_space"} {
    refuse "$command: '$space' is no address space"
  }
  set segment [dict get $found words]
  if {[llength $segment] != 1 || [kind_of $command [lindex $segment 0]] ne "bd_addr_seg"} {
    refuse "$command: '$segment' is no segment"
  }
  set segment [lindex $segment 0]
  if {$segment ni [reachable_segments $space]} {
    refuse "$command: no connection leads from '$space' to '$segment'"
  }
  return [list $space $segment]
}

proc assign_bd_address {args} {
  global bd
  require_open assign_bd_address
  set found [parse assign_bd_address {-offset 1 -range 1 -target_address_space 1 -force 0} $args]
  lassign [require_space_and_segment assign_bd_address $found] space segment
  lassign [split_path assign_bd_address $segment] cell name
  lassign [dict get [about $cell] segments $name] interface size base
  set range [bytes [option $found -range $size]]
  set offset [bytes [option $found -offset [expr {$base eq "" ? 0 : $base}]]]
  if {$base ne "" && ($offset < $base || $offset + $range > $base + $size)} {
    refuse "assign_bd_address: '$segment' lies at $base"
  }
  if {$range < 4096 || ($range & ($range - 1)) || $offset % $range} {
    refuse "assign_bd_address: '$segment' at $offset with $range bytes: a range is a power of two from 4K, and the offset its multiple"
  }
  lappend bd(addresses) [list $space $segment $offset $range]
}

proc exclude_bd_addr_seg {args} {
  global bd
  require_open exclude_bd_addr_seg
  set found [parse exclude_bd_addr_seg {-target_address_space 1} $args]
  lappend bd(excluded) [require_space_and_segment exclude_bd_addr_seg $found]
}

proc save_bd_design {} {
  global bd project
  if {$bd(state) ne "valid"} {
    refuse "save_bd_design: the design was changed after it was validated"
  }
  set file [file join $project(directory) $bd(name).bd]
  require_place save_bd_design $file
  lappend project(files) $file
  set bd(state) saved
}

proc generate_target {what file} {
  global bd
  require_file generate_target $file
  if {$what ne "all" || $bd(state) ne "saved"} {
    refuse "generate_target: the block design is not saved"
  }
}

# The wrapper's ports are those of the diagram; constraints are checked against them.
proc make_wrapper {args} {
  global bd project netlist
  set found [parse make_wrapper {-files 1 -top 0} $args]
  require_words make_wrapper $found 0
  require_file make_wrapper [option $found -files]
  set project(wrapper) $bd(name)_wrapper
  module $project(wrapper)
  foreach name $bd(ports) {
    lassign $bd(port,$name) direction bits
    port $name $direction $bits ""
  }
  set file [file join $project(directory) $project(wrapper).v]
  require_place make_wrapper $file
  return $file
}

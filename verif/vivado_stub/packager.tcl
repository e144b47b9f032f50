# The IP packager: interfaces that follow from the ports, registers, and the package itself.

namespace eval ipx {}

# Interfaces of a module, by the X_INTERFACE_INFO of its ports. (Vivado would infer some from names alone, too.)
proc interfaces_of {module} {
  global netlist
  set interfaces [dict create]
  foreach name $netlist($module,ports) {
    lassign $netlist($module,port,$name) direction bits info
    if {$info eq ""} continue
    if {[scan $info {%[^ ] %[^ ] %s} vlnv interface signal] != 3} {
      refuse "the port '$name' has a damaged X_INTERFACE_INFO '$info'"
    }
    if {[dict exists $interfaces $interface] && [dict get $interfaces $interface vlnv] ne $vlnv} {
      refuse "the ports of '$interface' name two kinds of interface"
    }
    dict set interfaces $interface vlnv $vlnv
    dict set interfaces $interface signals [string toupper $signal] [list $name $direction $bits]
  }
  return $interfaces
}

proc ipx::package_project {args} {
  global core project property netlist object
  set found [parse ipx::package_project {-root_dir 1 -vendor 1 -library 1 -taxonomy 1 -force 0 -import_files 0} $args]
  require_words ipx::package_project $found 0
  if {![file isdirectory [option $found -root_dir]]} {
    refuse "ipx::package_project: there is no directory '[option $found -root_dir]'"
  }
  foreach needed {-vendor -library} {
    if {[option $found $needed] eq ""} {
      refuse "ipx::package_project: $needed is missing"
    }
  }
  if {![info exists property(sources_1,top)]} {
    refuse "ipx::package_project: the fileset has no top"
  }
  foreach file $project(files) {
    if {![string match [option $found -root_dir]/* $file]} {
      refuse "ipx::package_project: '$file' is outside of the IP's directory"
    }
  }
  set core(root) [option $found -root_dir]
  set core(vendor) [option $found -vendor]
  set core(library) [option $found -library]
  set core(top) $property(sources_1,top)
  set core(interfaces) [interfaces_of $core(top)]
  set core(clocked) {}
  set core(files) $project(files)
  make_object core core
  dict for {name about} $core(interfaces) {
    make_object bus_interface bus.$name
    if {[string match *aximm* [dict get $about vlnv]] && [dict exists $about signals AWVALID]
        && [lindex [dict get $about signals AWVALID] 1] eq "input"} {
      make_object memory_map map.$name
      make_object address_block map.$name/reg0
    }
  }
}

proc ipx::current_core {} {
  kind_of ipx::current_core core
  return core
}

# `pattern` below `owner`, as far as there is such an object.
proc existing {name} {
  global object
  return [expr {[info exists object($name)] ? $name : ""}]
}

proc ipx::get_bus_interfaces {args} {
  set found [parse ipx::get_bus_interfaces {-of_objects 1} $args]
  kind_of ipx::get_bus_interfaces [option $found -of_objects]
  return [existing bus.[dict get $found words]]
}

proc ipx::associate_bus_interfaces {args} {
  global core
  set found [parse ipx::associate_bus_interfaces {-busif 1 -clock 1 -reset 1} $args]
  require_words ipx::associate_bus_interfaces $found 1
  kind_of ipx::associate_bus_interfaces [dict get $found words]
  if {[dict exists $found -busif] + [dict exists $found -reset] != 1 || ![dict exists $found -clock]} {
    refuse "ipx::associate_bus_interfaces: a clock and either a bus or a reset are needed"
  }
  foreach {what kind} {-busif interface -clock signal:clock -reset signal:reset} {
    if {![dict exists $found $what]} continue
    set name [dict get $found $what]
    if {![dict exists $core(interfaces) $name]} {
      refuse "ipx::associate_bus_interfaces: there is no interface '$name'"
    }
    if {![string match *:$kind:* [dict get $core(interfaces) $name vlnv]]} {
      refuse "ipx::associate_bus_interfaces: '$name' is no $kind"
    }
  }
  lappend core(clocked) [option $found -busif [option $found -reset]]
}

proc ipx::get_bus_parameters {args} {
  set found [parse ipx::get_bus_parameters {-of_objects 1} $args]
  kind_of ipx::get_bus_parameters [option $found -of_objects]
  return [existing [option $found -of_objects].[dict get $found words]]
}

proc ipx::add_bus_parameter {name bus} {
  if {$name ni {POLARITY SENSITIVITY ASSOCIATED_BUSIF ASSOCIATED_RESET FREQ_HZ}} {
    refuse "ipx::add_bus_parameter: there is no parameter '$name'"
  }
  kind_of ipx::add_bus_parameter $bus
  return [make_object bus_parameter $bus.$name]
}

proc ipx::get_memory_maps {args} {
  set found [parse ipx::get_memory_maps {-of_objects 1} $args]
  return [existing map.[dict get $found words]]
}

proc ipx::add_memory_map {name core} {
  kind_of ipx::add_memory_map $core
  return [make_object memory_map map.$name]
}

proc ipx::get_address_blocks {args} {
  set found [parse ipx::get_address_blocks {-of_objects 1} $args]
  return [existing [option $found -of_objects]/[dict get $found words]]
}

proc ipx::add_address_block {name map} {
  kind_of ipx::add_address_block $map
  return [make_object address_block $map/$name]
}

proc ipx::add_register {name block} {
  global core
  kind_of ipx::add_register $block
  if {[existing $block/$name] ne ""} {
    refuse "ipx::add_register: there is a register '$name' already"
  }
  lappend core(registers) $block/$name
  return [make_object register $block/$name]
}

proc ipx::create_xgui_files {core} { kind_of ipx::create_xgui_files $core }
proc ipx::update_checksums {core} { kind_of ipx::update_checksums $core }

proc ipx::check_integrity {name} {
  global core property
  kind_of ipx::check_integrity $name
  dict for {interface about} $core(interfaces) {
    if {[regexp {:interface:|:reset:} [dict get $about vlnv]] && $interface ni $core(clocked)} {
      refuse "ipx::check_integrity: the interface '$interface' has no clock"
    }
  }
  foreach field {name version} {
    if {![info exists property(core,$field)]} {
      refuse "ipx::check_integrity: the core has no $field"
    }
  }
  set used [dict create]
  foreach register $core(registers) {
    foreach field {address_offset size access} {
      if {![info exists property($register,$field)]} {
        refuse "ipx::check_integrity: the register '$register' has no $field"
      }
    }
    set offset [expr {$property($register,address_offset)}]
    if {[dict exists $used $offset]} {
      refuse "ipx::check_integrity: '$register' and '[dict get $used $offset]' have one address"
    }
    if {$offset % 4 || $offset + 4 > $property([file dirname $register],range)} {
      refuse "ipx::check_integrity: '$register' lies at $offset, outside of its block or between words"
    }
    dict set used $offset $register
  }
  # Copied to wherever Vivado likes, the sources find their images by base name.
  set names {}
  foreach file $core(files) {
    lappend names [file tail $file]
  }
  foreach file $core(files) {
    if {[file extension $file] ne ".v"} continue
    set channel [open $file]
    set text [read $channel]
    close $channel
    foreach {all image} [regexp -all -inline {"([^"\n]+\.(?:hex|mem))"} $text] {
      if {$image ni $names || [file extension $image] ne ".mem"} {
        refuse "ipx::check_integrity: [file tail $file] names the image '$image', which is no memory file of the IP"
      }
    }
  }
}

# Only a mark with what a block design needs to know; Vivado writes IP-XACT.
proc ipx::save_core {name} {
  global core property
  kind_of ipx::save_core $name
  set channel [open [file join $core(root) component.xml] w]
  puts $channel [list $core(vendor):$core(library):$property(core,name):$property(core,version) $core(top)]
  close $channel
}

# IP of the repositories of the project.
proc update_ip_catalog {} {
  global property repository
  set repository [dict create]
  if {![info exists property(current_project,ip_repo_paths)]} {
    return
  }
  foreach path $property(current_project,ip_repo_paths) {
    foreach file [glob -nocomplain [file join $path * component.xml]] {
      set channel [open $file]
      lassign [read $channel] vlnv top
      close $channel
      dict set repository $vlnv $top
    }
  }
}

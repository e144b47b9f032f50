# Objects that commands give and take: a name and a kind; kinds know their properties.

# Properties that may be set, and those that may only be read.
set settable {
  project {board_part ip_repo_paths}
  fileset {top}
  core {name version display_name description supported_families}
  bus_interface {slave_memory_map_ref}
  bus_parameter {value}
  memory_map {}
  address_block {range width usage}
  register {address_offset size access reset_value description}
  run {}
  path {}
  design {CFGBVS CONFIG_VOLTAGE}
  port {PACKAGE_PIN IOSTANDARD}
  bd_cell {}
  bd_port {CONFIG.POLARITY}
}
set readable {
  run {PROGRESS DIRECTORY}
  path {SLACK}
}

# Object names are kept apart from each other by a tag where a name alone could mean two things.
proc make_object {kind name} {
  global object
  set object($name) $kind
  return $name
}

proc kind_of {command name} {
  global object
  if {![info exists object($name)]} {
    refuse "$command: '$name' is no object"
  }
  return $object($name)
}

proc set_property {args} {
  global property settable
  set found [parse set_property {-dict 0} $args]
  set words [dict get $found words]
  if {[dict exists $found -dict]} {
    require_words set_property $found 2
    lassign $words pairs objects
    if {[llength $pairs] % 2} {
      refuse "set_property -dict: a name without a value in {$pairs}"
    }
  } else {
    require_words set_property $found 3
    set pairs [lrange $words 0 1]
    set objects [lindex $words 2]
  }
  if {[llength $objects] == 0} {
    refuse "set_property [lindex $pairs 0]: there is no object to set it on"
  }
  foreach object $objects {
    set kind [kind_of set_property $object]
    foreach {name value} $pairs {
      if {$kind eq "bd_cell"} {
        set_cell_property $object $name $value
      } elseif {$name ni [dict get $settable $kind]} {
        refuse "set_property: a $kind has no property '$name'"
      } else {
        set property($object,$name) $value
        check_property $kind $object $name $value
      }
    }
  }
}

# Values that mean something outside of their object.
proc check_property {kind object name value} {
  global project
  switch $kind.$name {
    project.board_part {
      if {[part_of_board $value] ne $project(part)} {
        refuse "set_property board_part: the board '$value' has the part [part_of_board $value], the project $project(part)"
      }
    }
    project.ip_repo_paths {
      foreach path $value {
        if {![file isdirectory $path]} {
          refuse "set_property ip_repo_paths: there is no directory '$path'"
        }
      }
    }
    register.access {
      if {$value ni {read-only read-write write-only}} {
        refuse "set_property access: '$value' is none"
      }
    }
    fileset.top {
      if {$value ne "system_wrapper" || ![info exists project(wrapper)]} {
        require_module "set_property top" $value
      }
    }
    bus_interface.slave_memory_map_ref - core.name - core.version {
      if {$value eq ""} {
        refuse "set_property $name: it is empty"
      }
    }
    register.address_offset - register.reset_value - address_block.range {
      if {![string is entier -strict $value]} {
        refuse "set_property $name: '$value' is no number"
      }
    }
  }
}

proc get_property {name object} {
  global property readable
  set kind [kind_of get_property $object]
  if {$kind ni [dict keys $readable] || $name ni [dict get $readable $kind]} {
    refuse "get_property: a $kind has no property '$name'"
  }
  return $property($object,$name)
}

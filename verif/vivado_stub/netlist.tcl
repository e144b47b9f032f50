# The modules of the design as Yosys sees them. A netlist file is a Tcl script of the commands
#
#   module NAME            the ones below belong to it
#   port NAME input|output BITS INTERFACE     INTERFACE: the port's X_INTERFACE_INFO, or ""
#   cell PATH                                 an instance below the module, by its hierarchical name
#   needs MODULE ...                          all modules of the design

set netlist(modules) {}
set netlist(now) ""

proc read_netlist {file} {
  source $file
}

proc module {name} {
  global netlist
  lappend netlist(modules) $name
  set netlist(now) $name
  foreach kind {ports cells} {
    set netlist($name,$kind) {}
  }
}

proc port {name direction bits interface} {
  global netlist
  lappend netlist($netlist(now),ports) $name
  set netlist($netlist(now),port,$name) [list $direction $bits $interface]
}

proc cell {path} {
  global netlist
  lappend netlist($netlist(now),cells) $path
}

proc needs {args} {
  global netlist
  set netlist(needed) $args
}

proc require_module {command name} {
  global netlist
  if {$name ni $netlist(modules)} {
    refuse "$command: there is no module '$name'"
  }
}

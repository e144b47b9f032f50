# Packages the accelerator as IP for the catalog of any project:
#
#   vivado -mode batch -source vivado/package_ip.tcl -tclargs OUT_DIRECTORY
#
# The IP goes to OUT_DIRECTORY/ip/TOP; add OUT_DIRECTORY/ip to a project's ip_repo_paths. The component.xml of the design
# folder describes the same interfaces and registers for tools that read IP-XACT from the design as it is.

source [file join [file dirname [info script]] common.tcl]

set ip_dir [file join $out_dir ip $top]
file delete -force $ip_dir
file mkdir [file join $ip_dir src]

proc read_text {name} {
  set file [open $name r]
  set text [read $file]
  close $file
  return $text
}

proc write_text {name text} {
  set file [open $name w]
  puts -nonewline $file $text
  close $file
}

# Vivado copies an IP's files to places of its own and finds images there by their base names; only the ending .mem makes
# a file a memory image. The copies are named, and name each other, that way.
set sources {}
foreach file $rtl {
  set copy [file join $ip_dir src [file tail $file]]
  write_text $copy [regsub -all {"mem/([^"]+)\.hex"} [read_text $file] {"\1.mem"}]
  lappend sources $copy
}
foreach file $images {
  set copy [file join $ip_dir src [file rootname [file tail $file]].mem]
  file copy $file $copy
  lappend sources $copy
}

create_project -force package_ip [file join $out_dir package_ip] -part $part
add_files -norecurse $sources
set_property top $top [current_fileset]
update_compile_order -fileset sources_1

ipx::package_project -root_dir $ip_dir -vendor $ip_vendor -library $ip_library -taxonomy /UserIP -force
set core [ipx::current_core]
set_property name $top $core
set_property version $ip_version $core
set_property display_name $top $core
set_property description $description $core
set_property supported_families [list $family Production] $core

# The attributes of the ports name the interfaces; nothing is left to guess.
foreach {bus kind} $buses {
  if {[llength [ipx::get_bus_interfaces $bus -of_objects $core]] != 1} {
    fail "Vivado did not infer the $kind interface $bus from the ports of $top"
  }
  ipx::associate_bus_interfaces -busif $bus -clock ap_clk $core
}
ipx::associate_bus_interfaces -clock ap_clk -reset ap_rst_n $core
foreach {interface parameter value} {ap_rst_n POLARITY ACTIVE_LOW irq SENSITIVITY LEVEL_HIGH} {
  set bus [ipx::get_bus_interfaces $interface -of_objects $core]
  if {[llength $bus] != 1} {
    fail "Vivado did not infer the interface $interface from the ports of $top"
  }
  if {[llength [ipx::get_bus_parameters $parameter -of_objects $bus]] == 0} {
    ipx::add_bus_parameter $parameter $bus
  }
  set_property value $value [ipx::get_bus_parameters $parameter -of_objects $bus]
}

# Registers, so that PYNQ and the software tools know them by name.
set map [ipx::get_memory_maps s_axi -of_objects $core]
if {[llength $map] == 0} {
  set map [ipx::add_memory_map s_axi $core]
  set_property slave_memory_map_ref s_axi [ipx::get_bus_interfaces s_axi -of_objects $core]
}
set block [ipx::get_address_blocks reg0 -of_objects $map]
if {[llength $block] == 0} {
  set block [ipx::add_address_block reg0 $map]
}
set_property range $register_range $block
set_property width 32 $block
set_property usage register $block
foreach {name offset access reset text} $registers {
  set register [ipx::add_register $name $block]
  set_property address_offset $offset $register
  set_property size 32 $register
  set_property access $access $register
  set_property reset_value $reset $register
  set_property description $text $register
}

ipx::create_xgui_files $core
ipx::update_checksums $core
ipx::check_integrity $core
ipx::save_core $core
close_project
require_no_critical_warnings packaging

# Digilent Arty A7-100T (XC7A100T-1): timing of an Offramp accelerator inside a block design.
#
# The accelerator has no package pins of its own: clock, reset, streams and registers come from inside the device.
# This file is for a project whose top is the accelerator itself; the period is the design target of target.json.
# Inside a block design the clock wizard or processing system constrains ap_clk, and this file is left out.
create_clock -name ap_clk -period 10.000 [get_ports ap_clk]

# Bank 0 of this board runs at 3.3 V.
set_property CFGBVS VCCO [current_design]
set_property CONFIG_VOLTAGE 3.3 [current_design]

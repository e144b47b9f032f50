# TUL PYNQ-Z2 (XC7Z020-1): timing of an Offramp accelerator inside a block design.
#
# The accelerator has no package pins of its own: clock, reset, streams and registers come from inside the device.
# This file is for a project whose top is the accelerator itself; the period is the design target of target.json.
# Inside a block design the clock wizard or processing system constrains ap_clk, and this file is left out.
create_clock -name ap_clk -period 10.000 [get_ports ap_clk]

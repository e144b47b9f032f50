# Digilent Arty A7-100T: pins of the block design (vivado/block_design.tcl). The accelerator itself has none.

# The oscillator of 100 MHz. Its period comes from the clock wizard's own constraints.
set_property -dict {PACKAGE_PIN E3 IOSTANDARD LVCMOS33} [get_ports sys_clock]

# The button RESET: pressed by hand, so at no time of any clock; the reset block synchronizes it.
set_property -dict {PACKAGE_PIN C2 IOSTANDARD LVCMOS33} [get_ports reset_n]
set_false_path -from [get_ports reset_n]

# LED LD4 shows the interrupt. Nobody looks at a LED in time with a clock.
set_property -dict {PACKAGE_PIN H5 IOSTANDARD LVCMOS33} [get_ports led_irq]
set_false_path -to [get_ports led_irq]

# Bank 0 of this board runs at 3.3 V.
set_property CFGBVS VCCO [current_design]
set_property CONFIG_VOLTAGE 3.3 [current_design]

# AMD ZCU106: pins of the block design (vivado/block_design.tcl). The accelerator itself has none; DDR
# and the other pins of the processing system are set by its own block.

# GPIO LED 0 shows the interrupt. Nobody looks at a LED in time with a clock.
set_property -dict {PACKAGE_PIN AL11 IOSTANDARD LVCMOS12} [get_ports led_irq]
set_false_path -to [get_ports led_irq]

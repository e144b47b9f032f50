#pragma once
// Everything a generator needs.
#include "hw/check.h"
#include "hw/design.h"
#include "hw/module_builder.h"
#include "hw/print_verilog.h"
#include "hw/stream.h"

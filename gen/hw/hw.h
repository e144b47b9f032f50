#pragma once
// Everything a generator needs.
#include "hw/check.h"
#include "hw/design.h"
#include "hw/fixed_point.h"
#include "hw/fsm.h"
#include "hw/module_builder.h"
#include "hw/print_verilog.h"
#include "hw/stream.h"

#pragma once
// What an accelerator takes of a device.
namespace offramp::model {

struct Resources {
  double lut = 0;  // lookup tables, those that serve as memory or shift register included
  double ff = 0;
  int dsp = 0;
  int bram18 = 0;  // halves of a 36 Kb block RAM
  int uram = 0;
};

}  // namespace offramp::model

#pragma once
// The functions of a design's C driver, taken from its library.
#include "verif/driver_library.h"

namespace offramp::verif {

struct DriverCalls {
  explicit DriverCalls(const DriverLibrary& library);

  template <typename Function>
  struct Named {
    Function* function;
    template <typename... Arguments>
    auto operator()(Arguments... arguments) const {
      return function(arguments...);
    }
  };
#define OFFRAMP_DRIVER_CALL(name) Named<decltype(::offramp_##name)> name
  OFFRAMP_DRIVER_CALL(error_text);
  OFFRAMP_DRIVER_CALL(open);
  OFFRAMP_DRIVER_CALL(reset);
  OFFRAMP_DRIVER_CALL(read);
  OFFRAMP_DRIVER_CALL(write);
  OFFRAMP_DRIVER_CALL(start);
  OFFRAMP_DRIVER_CALL(stop);
  OFFRAMP_DRIVER_CALL(set_weights);
  OFFRAMP_DRIVER_CALL(load);
  OFFRAMP_DRIVER_CALL(load_word);
  OFFRAMP_DRIVER_CALL(set_criterion);
  OFFRAMP_DRIVER_CALL(get_criterion);
  OFFRAMP_DRIVER_CALL(set_threshold);
  OFFRAMP_DRIVER_CALL(get_threshold);
  OFFRAMP_DRIVER_CALL(set_skip);
  OFFRAMP_DRIVER_CALL(get_skip);
  OFFRAMP_DRIVER_CALL(exit_count);
  OFFRAMP_DRIVER_CALL(samples);
  OFFRAMP_DRIVER_CALL(cycles);
  OFFRAMP_DRIVER_CALL(status);
  OFFRAMP_DRIVER_CALL(errors);
  OFFRAMP_DRIVER_CALL(enable_interrupts);
  OFFRAMP_DRIVER_CALL(take_interrupts);
  OFFRAMP_DRIVER_CALL(watch_clear);
  OFFRAMP_DRIVER_CALL(histogram);
  OFFRAMP_DRIVER_CALL(set_window);
  OFFRAMP_DRIVER_CALL(windows);
  OFFRAMP_DRIVER_CALL(set_band);
  OFFRAMP_DRIVER_CALL(drift);
  OFFRAMP_DRIVER_CALL(set_hold);
  OFFRAMP_DRIVER_CALL(set_steps);
  OFFRAMP_DRIVER_CALL(window_latency);
  OFFRAMP_DRIVER_CALL(threshold_now);
  OFFRAMP_DRIVER_CALL(dma_open);
  OFFRAMP_DRIVER_CALL(dma_send);
  OFFRAMP_DRIVER_CALL(dma_receive);
  OFFRAMP_DRIVER_CALL(dma_run);
  OFFRAMP_DRIVER_CALL(dma_errors);
  OFFRAMP_DRIVER_CALL(dma_recover);
  OFFRAMP_DRIVER_CALL(dma_enable_interrupts);
  OFFRAMP_DRIVER_CALL(dma_take_interrupt);
#undef OFFRAMP_DRIVER_CALL
};

}  // namespace offramp::verif

#include "verif/driver_calls.h"

namespace offramp::verif {

DriverCalls::DriverCalls(const DriverLibrary& library)
    : error_text{library.function<decltype(::offramp_error_text)>("offramp_error_text")},
      open{library.function<decltype(::offramp_open)>("offramp_open")},
      reset{library.function<decltype(::offramp_reset)>("offramp_reset")},
      read{library.function<decltype(::offramp_read)>("offramp_read")},
      write{library.function<decltype(::offramp_write)>("offramp_write")},
      start{library.function<decltype(::offramp_start)>("offramp_start")},
      stop{library.function<decltype(::offramp_stop)>("offramp_stop")},
      set_weights{library.function<decltype(::offramp_set_weights)>("offramp_set_weights")},
      load{library.function<decltype(::offramp_load)>("offramp_load")},
      load_word{library.function<decltype(::offramp_load_word)>("offramp_load_word")},
      set_criterion{library.function<decltype(::offramp_set_criterion)>("offramp_set_criterion")},
      get_criterion{library.function<decltype(::offramp_get_criterion)>("offramp_get_criterion")},
      set_threshold{library.function<decltype(::offramp_set_threshold)>("offramp_set_threshold")},
      get_threshold{library.function<decltype(::offramp_get_threshold)>("offramp_get_threshold")},
      set_skip{library.function<decltype(::offramp_set_skip)>("offramp_set_skip")},
      get_skip{library.function<decltype(::offramp_get_skip)>("offramp_get_skip")},
      exit_count{library.function<decltype(::offramp_exit_count)>("offramp_exit_count")},
      samples{library.function<decltype(::offramp_samples)>("offramp_samples")},
      cycles{library.function<decltype(::offramp_cycles)>("offramp_cycles")},
      status{library.function<decltype(::offramp_status)>("offramp_status")},
      errors{library.function<decltype(::offramp_errors)>("offramp_errors")},
      enable_interrupts{library.function<decltype(::offramp_enable_interrupts)>("offramp_enable_interrupts")},
      take_interrupts{library.function<decltype(::offramp_take_interrupts)>("offramp_take_interrupts")},
      watch_clear{library.function<decltype(::offramp_watch_clear)>("offramp_watch_clear")},
      histogram{library.function<decltype(::offramp_histogram)>("offramp_histogram")},
      set_window{library.function<decltype(::offramp_set_window)>("offramp_set_window")},
      windows{library.function<decltype(::offramp_windows)>("offramp_windows")},
      set_band{library.function<decltype(::offramp_set_band)>("offramp_set_band")},
      drift{library.function<decltype(::offramp_drift)>("offramp_drift")},
      set_hold{library.function<decltype(::offramp_set_hold)>("offramp_set_hold")},
      set_steps{library.function<decltype(::offramp_set_steps)>("offramp_set_steps")},
      window_latency{library.function<decltype(::offramp_window_latency)>("offramp_window_latency")},
      threshold_now{library.function<decltype(::offramp_threshold_now)>("offramp_threshold_now")},
      dma_open{library.function<decltype(::offramp_dma_open)>("offramp_dma_open")},
      dma_send{library.function<decltype(::offramp_dma_send)>("offramp_dma_send")},
      dma_receive{library.function<decltype(::offramp_dma_receive)>("offramp_dma_receive")},
      dma_run{library.function<decltype(::offramp_dma_run)>("offramp_dma_run")},
      dma_errors{library.function<decltype(::offramp_dma_errors)>("offramp_dma_errors")},
      dma_recover{library.function<decltype(::offramp_dma_recover)>("offramp_dma_recover")},
      dma_enable_interrupts{
          library.function<decltype(::offramp_dma_enable_interrupts)>("offramp_dma_enable_interrupts")},
      dma_take_interrupt{
          library.function<decltype(::offramp_dma_take_interrupt)>("offramp_dma_take_interrupt")} {}

}  // namespace offramp::verif

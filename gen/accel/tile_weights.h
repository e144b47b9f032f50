#pragma once
// The weight that a cell of the array holds: one lookup for the memory images of on-chip and external
// weights.
#include <cstdint>

#include "accel/accelerator.h"

namespace offramp::accel {

/// Weights of one layer by tile row and output channel.
class TileWeights {
 public:
  TileWeights(const quant::QNetwork& network, const LayerPlan& plan);
  /// 0 where the row is unused, belongs to another group or the channel is none of the layer's.
  [[nodiscard]] std::int32_t at(const TileRow& row, int channel) const;

 private:
  const quant::QConv* conv_ = nullptr;
  const quant::QAdd* add_ = nullptr;
  int channels_ = 0;
  int group_in_ = 1, group_out_ = 1;
  int kernel_h_ = 1, kernel_w_ = 1;
};

}  // namespace offramp::accel

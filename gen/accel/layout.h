#pragma once
// Chooses the pitches of every stored tensor so that the layers that read it need the fewest array passes,
// and packs the tensors into the engine's activation memory by their lifetimes.
#include <vector>

#include "accel/accelerator.h"

namespace offramp::accel {

/// Elements of the reduction of one channel tile, with offsets for the given pitches of the input tensor(s).
/// `base_difference` is where the second input of an Add lies relative to the first.
[[nodiscard]] std::vector<TileRow> reduction(const quant::QNetwork& network, const quant::QLayer& layer,
                                             int channel_tile, int columns, const TensorLayout& in,
                                             int base_difference);

/// The layout (base 0) of tensor `t` with the least sum of passes * pixels over the readers in `layers`
/// (indices of the quantized network's layers, those of another engine with their own shape).
struct Reader {
  int qlayer = 0;
  ArrayShape shape;
};
[[nodiscard]] TensorLayout choose_pitches(const quant::QNetwork& network, int t,
                                          const std::vector<Reader>& readers, const ArrayShape& writer,
                                          int banks);

/// Elements from the first to one past the last.
[[nodiscard]] int extent(const net::Shape& shape, const TensorLayout& layout);

}  // namespace offramp::accel

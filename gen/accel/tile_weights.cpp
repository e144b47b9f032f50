#include "accel/tile_weights.h"

namespace offramp::accel {

TileWeights::TileWeights(const quant::QNetwork& network, const LayerPlan& plan) : channels_(plan.channels) {
  const auto& layer = network.layers[static_cast<std::size_t>(plan.qlayer)];
  conv_ = std::get_if<quant::QConv>(&layer.op);
  add_ = std::get_if<quant::QAdd>(&layer.op);
  if (conv_ == nullptr) return;
  const int in_channels = network.tensors[static_cast<std::size_t>(layer.inputs.front())].shape.channels;
  group_in_ = in_channels / conv_->groups;
  group_out_ = channels_ / conv_->groups;
  kernel_h_ = conv_->window.kernel_h;
  kernel_w_ = conv_->window.kernel_w;
}

std::int32_t TileWeights::at(const TileRow& row, int channel) const {
  if (!row.used || channel >= channels_) return 0;
  if (add_ != nullptr) return row.channel != channel ? 0 : row.source == 0 ? add_->weight_a : add_->weight_b;
  if (conv_ == nullptr) return row.channel == channel ? 1 : 0;  // max pooling passes values on
  if (conv_->groups > 1 && row.channel / group_in_ != channel / group_out_) return 0;
  const int in_channel = conv_->groups > 1 ? row.channel % group_in_ : row.channel;
  const int index = ((channel * group_in_ + in_channel) * kernel_h_ + row.dy) * kernel_w_ + row.dx;
  return conv_->weights[static_cast<std::size_t>(index)];
}

}  // namespace offramp::accel

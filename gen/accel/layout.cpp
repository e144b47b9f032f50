#include "accel/layout.h"

#include <algorithm>
#include <limits>
#include <set>

#include "accel/tiles.h"

namespace offramp::accel {
namespace {

const net::Shape& shape_of(const quant::QNetwork& network, int tensor) {
  return network.tensors[static_cast<std::size_t>(tensor)].shape;
}

/// Whether a writer's columns of all lanes fall into different banks, for output pixels `pixel_pitch` apart.
bool writes_without_conflict(int pixel_pitch, const ArrayShape& writer, int banks) {
  std::set<int> seen;
  for (int lane = 0; lane < writer.lanes; ++lane) {
    for (int c = 0; c < writer.columns; ++c) {
      if (!seen.insert((lane * pixel_pitch + c) % banks).second) return false;
    }
  }
  return true;
}

std::int64_t passes_times_pixels(const quant::QNetwork& network, const Reader& reader, const TensorLayout& in,
                                 int banks) {
  const auto& layer = network.layers[static_cast<std::size_t>(reader.qlayer)];
  const net::Shape& out = shape_of(network, layer.output);
  const int columns = reader.shape.columns;
  const int channel_tiles = (out.channels + columns - 1) / columns;
  // Without groups every channel tile reads the same elements; with groups the first stands for all.
  std::vector<int> offsets;
  for (const TileRow& e : reduction(network, layer, 0, columns, in, 0)) offsets.push_back(e.offset);
  return std::int64_t{count_tiles(offsets, reader.shape.rows, banks)} * channel_tiles * out.height *
         out.width;
}

}  // namespace

std::vector<TileRow> reduction(const quant::QNetwork& network, const quant::QLayer& layer, int channel_tile,
                               int columns, const TensorLayout& in, int base_difference) {
  std::vector<TileRow> elements;
  const net::Shape& in_shape = shape_of(network, layer.inputs.front());
  const net::Shape& out_shape = shape_of(network, layer.output);
  const int first = channel_tile * columns;
  const int last = std::min(first + columns, out_shape.channels);
  auto add = [&](int dy, int dx, int channel, int source) {
    elements.push_back(
        {.used = true,
         .dy = dy,
         .dx = dx,
         .channel = channel,
         .source = source,
         .offset = source * base_difference + dy * in.row_pitch + dx * in.pixel_pitch + channel});
  };
  if (const auto* conv = std::get_if<quant::QConv>(&layer.op)) {
    const int group_in = in_shape.channels / conv->groups;
    const int group_out = out_shape.channels / conv->groups;
    const int c0 = first / group_out * group_in;
    const int c1 = ((last - 1) / group_out + 1) * group_in;
    for (int ky = 0; ky < conv->window.kernel_h; ++ky) {
      for (int kx = 0; kx < conv->window.kernel_w; ++kx) {
        for (int c = c0; c < c1; ++c) add(ky, kx, c, 0);
      }
    }
  } else {
    const int sources = std::holds_alternative<quant::QAdd>(layer.op) ? 2 : 1;
    for (int source = 0; source < sources; ++source) {
      for (int c = first; c < last; ++c) add(0, 0, c, source);
    }
  }
  return elements;
}

TensorLayout choose_pitches(const quant::QNetwork& network, int t, const std::vector<Reader>& readers,
                            const ArrayShape& writer, int banks) {
  const net::Shape& shape = shape_of(network, t);
  TensorLayout layout{.tensor = t, .base = 0, .pixel_pitch = shape.channels, .row_pitch = 0};
  if (shape.width > 1) {
    while (!writes_without_conflict(layout.pixel_pitch, writer, banks)) ++layout.pixel_pitch;
  }
  const int tight = shape.width * layout.pixel_pitch;
  std::int64_t best = std::numeric_limits<std::int64_t>::max();
  for (int slack = 0; slack < (shape.height > 1 ? banks : 1); ++slack) {
    TensorLayout trial = layout;
    trial.row_pitch = tight + slack;
    std::int64_t cost = 0;
    for (const Reader& r : readers) cost += passes_times_pixels(network, r, trial, banks);
    if (cost < best) {
      best = cost;
      layout.row_pitch = trial.row_pitch;
    }
  }
  return layout;
}

int extent(const net::Shape& shape, const TensorLayout& layout) {
  return (shape.height - 1) * layout.row_pitch + (shape.width - 1) * layout.pixel_pitch + shape.channels;
}

}  // namespace offramp::accel

#include "explore/shapes.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace offramp::explore {
namespace {

int ceil_div(int a, int b) {
  return (a + b - 1) / b;
}

}  // namespace

Work work_of(const quant::QNetwork& network, int layer, double weight) {
  const quant::QLayer& l = network.layers[static_cast<std::size_t>(layer)];
  const net::Shape& in = network.tensors[static_cast<std::size_t>(l.inputs[0])].shape;
  const net::Shape& out = network.tensors[static_cast<std::size_t>(l.output)].shape;
  Work w{.reduction = 1,
         .channels = out.channels,
         .pixels = out.height * out.width,
         .groups = 1,
         .weight = weight};
  if (const auto* conv = std::get_if<quant::QConv>(&l.op)) {
    w.groups = conv->groups;
    w.reduction = conv->window.kernel_h * conv->window.kernel_w * (in.channels / conv->groups);
    w.channels = out.channels / conv->groups;
  } else if (std::holds_alternative<quant::QAdd>(l.op)) {
    w.groups = out.channels;
    w.channels = 1;
    w.reduction = 2;
  } else {
    w.weight = 0;  // a max pool is folded into the layer before it
  }
  return w;
}

double passes(const std::vector<Work>& work, const accel::ArrayShape& shape) {
  double sum = 0;
  for (const Work& w : work) {
    sum += w.weight * w.groups * ceil_div(w.reduction, shape.rows) * ceil_div(w.channels, shape.columns) *
           ceil_div(w.pixels, shape.lanes);
  }
  return sum;
}

std::vector<accel::ArrayShape> best_shapes(const std::vector<Work>& work, int multipliers,
                                           std::size_t count) {
  std::vector<std::tuple<double, int, accel::ArrayShape>> ranked;
  for (int lanes = 1; lanes <= multipliers; ++lanes) {
    for (int columns = 1; lanes * columns <= multipliers; ++columns) {
      const int most = multipliers / (lanes * columns);
      // Of all row counts up to `most`, only those matter that a layer's reduction fills in a whole number of
      // passes.
      std::set<int> rows{most};
      for (const Work& w : work)
        rows.insert(std::min(most, ceil_div(w.reduction, ceil_div(w.reduction, most))));
      for (const int r : rows) {
        const accel::ArrayShape shape{.rows = r, .columns = columns, .lanes = lanes};
        ranked.emplace_back(passes(work, shape), shape.multipliers(), shape);
      }
    }
  }
  const auto better = [](const auto& a, const auto& b) {
    const auto key = [](const auto& t) {
      const auto& [cost, size, shape] = t;
      return std::tuple(cost, size, shape.lanes, shape.columns);
    };
    return key(a) < key(b);
  };
  std::sort(ranked.begin(), ranked.end(), better);
  std::vector<accel::ArrayShape> shapes;
  for (const auto& entry : ranked) {
    if (shapes.size() == count) break;
    shapes.push_back(std::get<2>(entry));
  }
  return shapes;
}

}  // namespace offramp::explore

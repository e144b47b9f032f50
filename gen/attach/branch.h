#pragma once
// The family of branch structures, cheapest first, and how a trained one becomes layers of the network.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/network.h"

namespace offramp::attach {

/// The feature map is pooled to a grid, goes through a small convolution with a ReLU or none, and then
/// through the dense layer that gives the logits.
///
///   avg1          global average pooling, dense
///   avg4, max2    a 4 x 4 (2 x 2) grid of averages (maxima), dense
///   avg4-pw32     grid, 1x1 convolution to 32 channels, ReLU, dense
///   avg4-dw       grid, depthwise 3x3 convolution, ReLU, dense
///   avg8-conv32s2 grid, 3x3 convolution to 32 channels with stride 2, ReLU, dense
struct Structure {
  enum class Pool : std::uint8_t { average, maximum };
  enum class Mixer : std::uint8_t { none, pointwise, depthwise, full };
  Pool pool = Pool::average;
  int grid = 1;  // rows and columns; a map smaller than this is taken as it is
  Mixer mixer = Mixer::none;
  int channels = 0;  // of a pointwise or full mixer
  int stride = 1;    // of a depthwise or full mixer, 1 or 2
  bool operator==(const Structure&) const = default;
};

/// The word for a structure, as in the list above, and back. Throws offramp::Error that shows the forms.
[[nodiscard]] std::string to_string(const Structure& structure);
[[nodiscard]] Structure parse_structure(std::string_view word);

/// The structure of this kind on `map`: a grid no finer than the map, and on a vector or a map of one pixel a
/// dense layer where a convolution stood. Structures that mean the same there become equal.
[[nodiscard]] Structure fitted(Structure structure, const net::Shape& map);

/// Window that pools `map` to the structure's grid: windows of equal size that cover all of it. Nothing where
/// the grid is the map.
[[nodiscard]] std::optional<net::Window> pool_window(const Structure& structure, const net::Shape& map);
/// The mixer's window; pads so that stride 1 keeps the size.
[[nodiscard]] net::Window mixer_window(const Structure& structure);

/// Shapes inside a branch on a feature map.
struct BranchShapes {
  net::Shape pooled;
  net::Shape mixed;  // what the dense layer reads
};
[[nodiscard]] BranchShapes branch_shapes(const Structure& structure, const net::Shape& map);

/// Weights and biases of a branch, and its multiply-accumulates for one image; average pooling counts, since
/// the hardware runs it as a depthwise convolution.
struct BranchCost {
  std::int64_t parameters = 0;
  std::int64_t macs = 0;
};
[[nodiscard]] BranchCost branch_cost(const Structure& structure, const net::Shape& map, int classes);

/// A trained branch of a fitted structure: mixer_weights as net::Conv has them, dense weights
/// [class][channel, row, column].
struct Branch {
  Structure structure;
  std::vector<float> mixer_weights = {}, mixer_bias = {};  // empty without a mixer
  std::vector<float> dense_weights = {}, dense_bias = {};
};

/// A branch with the node of the backbone that it taps, and the threshold on its softmax maximum.
struct AttachedBranch {
  int tap = 0;
  Branch branch;
  double level = 2;  // 2: never leaves
};

/// The backbone with branches, in the order of their taps, as exits exit0, exit1, ... before its own. Each
/// branch stands behind the node that it taps, as an import would put it. The backbone's nodes stay as they
/// are.
[[nodiscard]] net::Network with_branches(const net::Network& backbone,
                                         const std::vector<AttachedBranch>& branches);

/// The structures that are tried at a map where none is named, cheapest first: grids of averages and maxima
/// while the dense layer stays small, then small convolutions on a grid of averages.
[[nodiscard]] std::vector<Structure> usual_structures(const net::Shape& map, int classes);

}  // namespace offramp::attach

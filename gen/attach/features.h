#pragma once
// The features that branches are trained on: feature maps of the backbone, pooled to a grid, for many images.
// They are kept as bfloat16, whose 8 significant bits are about what the quantized network's activations will
// have.
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "attach/branch.h"
#include "net/dataset.h"
#include "net/network.h"

namespace offramp::attach {

/// Called with images (or steps) done and all of them.
using Progress = std::function<void(std::size_t done, std::size_t all)>;

/// rows x columns of bfloat16, row by row.
class FeatureMatrix {
 public:
  FeatureMatrix() = default;
  FeatureMatrix(std::size_t rows, std::size_t columns) : columns_(columns), data_(rows * columns) {}
  [[nodiscard]] std::size_t rows() const { return columns_ == 0 ? 0 : data_.size() / columns_; }
  [[nodiscard]] std::size_t columns() const { return columns_; }
  [[nodiscard]] std::size_t bytes() const { return data_.size() * sizeof data_[0]; }
  /// Stores a row, rounded to nearest even.
  void set(std::size_t row, const float* values);
  /// `count` rows from `row` on, as floats.
  void get(std::size_t row, std::size_t count, float* values) const;

 private:
  std::size_t columns_ = 0;
  std::vector<std::uint16_t> data_;
};

/// A pooled feature map that is asked for.
struct FeatureRequest {
  int node = 0;
  Structure::Pool pool = Structure::Pool::average;
  int grid = 1;
  bool operator==(const FeatureRequest&) const = default;
};

/// One matrix a request, a row for each of `images` (indices into the split), columns in (channel, row,
/// column) order. One pass over the images computes them all.
[[nodiscard]] std::vector<FeatureMatrix> extract_features(const net::Network& network,
                                                          const net::Split& split,
                                                          std::span<const std::size_t> images,
                                                          const std::vector<FeatureRequest>& requests,
                                                          int threads, const Progress& progress);

/// Bytes that a request takes for one image.
[[nodiscard]] std::size_t bytes_of(const FeatureRequest& request, const net::Network& network);

/// Logits of every exit for each of `images`: [exit][image][class].
[[nodiscard]] std::vector<std::vector<float>> run_exits(const net::Network& network, const net::Split& split,
                                                        std::span<const std::size_t> images, int threads,
                                                        const Progress& progress);

/// Pools one map to a grid as net's AveragePool or MaxPool with pool_window() does. For tests and for
/// extract_features.
void pool_map(const float* map, const net::Shape& shape, const Structure& structure, float* result);

}  // namespace offramp::attach

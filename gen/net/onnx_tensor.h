#pragma once
#include <onnx/onnx_pb.h>

#include <cstdint>
#include <filesystem>
#include <vector>

namespace offramp::net {

/// A constant of the model. Real element types are in `reals`, integer and boolean ones in `integers`.
struct TensorData {
  std::vector<std::int64_t> dims;
  std::vector<float> reals;
  std::vector<std::int64_t> integers;
  bool is_real = true;
  [[nodiscard]] std::size_t elements() const { return is_real ? reals.size() : integers.size(); }
};

/// Product of a tensor's dimensions, checked: throws Refused for a negative dimension or one above 2^31 - 1,
/// and for more elements than that.
[[nodiscard]] std::int64_t element_count(const onnx::TensorProto& tensor);

/// The elements, from whichever field or file holds them. Sizes are compared before memory is taken. Throws
/// Refused where data and dimensions disagree, for NaN and infinity, and for external data outside `folder`
/// (empty: for any external data).
[[nodiscard]] TensorData read_tensor(const onnx::TensorProto& tensor, const std::filesystem::path& folder);

}  // namespace offramp::net

#pragma once
#include <onnx/onnx_pb.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace offramp::net {

/// Reads `bytes` bytes of a tensor's external data. The location is a plain relative path below `folder`:
/// absolute paths, `..`, symbolic links at any component, and everything but regular files are refused
/// (Refused), each component being opened relative to the one before so that nothing can be exchanged in
/// between.
[[nodiscard]] std::string read_external_data(const onnx::TensorProto& tensor,
                                             const std::filesystem::path& folder, std::uint64_t bytes);

}  // namespace offramp::net

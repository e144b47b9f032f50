#pragma once
// Readers of the single file formats behind dataset.h. Every one throws offramp::Error naming file and
// values.
#include <filesystem>

#include "net/dataset.h"

namespace offramp::net {

/// The four MNIST-like IDX files of a folder, plain or gzipped.
[[nodiscard]] Dataset read_idx_folder(const std::filesystem::path& folder, const std::string& name);

/// CIFAR-10's binary distribution: data_batch_1.bin to data_batch_5.bin and test_batch.bin.
[[nodiscard]] Dataset read_cifar10_folder(const std::filesystem::path& folder, const std::string& name);

/// x_train.npy, y_train.npy, x_test.npy, y_test.npy with images (N, H, W) or (N, H, W, C).
[[nodiscard]] Dataset read_npy_folder(const std::filesystem::path& folder, const std::string& name);

/// Bytes of a file, unpacked where it is gzip; at most `limit` of them come out (then the file goes on).
[[nodiscard]] std::string read_maybe_gzip(const std::filesystem::path& file, std::uint64_t limit);

/// Largest data set file: that of 10 million small colour images.
inline constexpr std::uint64_t kMaxDatasetBytes = std::uint64_t{1} << 35;

}  // namespace offramp::net

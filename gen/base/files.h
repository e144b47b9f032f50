#pragma once
// Whole files in and out. An output file appears under its name complete or not at all.
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace offramp {

/// The bytes of a regular file. Throws offramp::Error naming the file and the reason: missing, not readable,
/// a directory or device, larger than `max_bytes`.
[[nodiscard]] std::string read_file(const std::filesystem::path& file,
                                    std::uint64_t max_bytes = std::uint64_t{2} << 30);

/// Writes `bytes` to a temporary file beside `file`, brings it to the disk and renames it, so that `file` is
/// the old one or the complete new one at any moment. Throws offramp::Error (directory missing or not
/// writable, disk full, ...) with the temporary file removed.
void write_file(const std::filesystem::path& file, std::string_view bytes);

/// Makes a directory with its parents; throws offramp::Error where something else is in the way or the parent
/// is not writable.
void make_directory(const std::filesystem::path& directory);

namespace detail {
/// Writes all bytes to a descriptor that belongs to `file`; throws offramp::Error in the file's name.
void write_all(int descriptor, std::string_view bytes, const std::filesystem::path& file);
}  // namespace detail

}  // namespace offramp

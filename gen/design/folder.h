#pragma once
// The design folder on disk: it appears whole or not at all, and is kept where it is already what was asked
// for.
#include <filesystem>
#include <map>
#include <string>

#include "design/manifest.h"

namespace offramp::design {

using Files = std::map<std::string, std::string>;  // name relative to the folder, bytes

/// Records of `files` for a manifest.
[[nodiscard]] std::map<std::string, FileRecord> records_of(const Files& files);

enum class Written { fresh, kept };

/// Writes `files` and the manifest to `folder` through a temporary folder beside it and a rename. A folder
/// that already holds just this design (and perhaps results of verification) is kept as it is. Throws
/// offramp::Error where something that is no design folder is in the way.
Written write_design(const std::filesystem::path& folder, const Files& files, Manifest manifest);

/// Adds or replaces results (verify.json, report.html, ...) and rewrites the manifest, which lists them,
/// last.
void add_results(const std::filesystem::path& folder, const Files& results);

}  // namespace offramp::design

#pragma once
// manifest.json: what a design was made from, how, and the SHA-256 of every file of its folder. It is written
// last, so a folder that has one is complete.
#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/version.h"

namespace offramp::design {

inline constexpr const char* kToolVersion = kVersionText;
inline constexpr const char* kManifestName = "manifest.json";
/// Figures that differ from run to run (seconds, simulation speed). Not in the manifest, so that the same
/// input gives the same bytes everywhere else.
inline constexpr const char* kTimingName = "timing.json";

struct FileRecord {
  std::string sha256;
  std::uint64_t bytes = 0;
  bool operator==(const FileRecord&) const = default;
};

struct Manifest {
  std::string version = kToolVersion;  // of the program that wrote it
  std::string network;
  std::string strategy;
  std::string top;                                   // module name
  std::map<std::string, std::string> inputs;         // name to SHA-256
  std::map<std::string, std::string> configuration;  // option to value, all that decides the bytes
  std::map<std::string, FileRecord> files;           // by name relative to the folder
  bool operator==(const Manifest&) const = default;
};

/// verify.json, exits.json, report.html, synth.json, synth_FAMILY.json and .bit, networks/NAME.verify.json: files
/// that later steps add to a design. A folder that has them beside the generated ones is still the same design.
[[nodiscard]] bool is_result_name(const std::string& name);

/// The manifest without results: what `generate` wrote.
[[nodiscard]] Manifest generated_part(Manifest manifest);

/// SHA-256 over the text of generated_part(): one hash for the design.
[[nodiscard]] std::string design_hash(const Manifest& manifest);

[[nodiscard]] std::string to_text(const Manifest& manifest);

/// Throws offramp::Error where the folder is missing, is no design folder, or its manifest is damaged.
[[nodiscard]] Manifest read_manifest(const std::filesystem::path& folder);

/// Throws offramp::Error naming the first listed file that is missing or has other bytes than the manifest
/// says, or a file that it does not list where tools would take it for part of the design: beside listed ones
/// below the folder. In the folder itself there may be others (timing.json, waves).
void check_files(const std::filesystem::path& folder, const Manifest& manifest);

/// The same, and gives the listed files' bytes, which are those that were checked. Stops between files on
/// Ctrl-C.
[[nodiscard]] std::map<std::string, std::string> read_checked(const std::filesystem::path& folder,
                                                              const Manifest& manifest);

}  // namespace offramp::design

#include "design/manifest.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "base/interrupt.h"
#include "base/sha256.h"
#include "base/text.h"
#include "design/exit_study.h"

namespace offramp::design {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

bool is_result_name(const std::string& name) {
  const bool synthesized =
      name == "synth.json" || (name.starts_with("synth_") && (name.ends_with(".json") || name.ends_with(".bit")));
  return name == "verify.json" || name == "report.html" || name == kExitStudyName || synthesized ||
         name.ends_with(".verify.json");
}

Manifest generated_part(Manifest manifest) {
  std::erase_if(manifest.files, [](const auto& file) { return is_result_name(file.first); });
  return manifest;
}

std::string design_hash(const Manifest& manifest) {
  return sha256_hex(to_text(generated_part(manifest)));
}

std::string to_text(const Manifest& manifest) {
  ordered_json out;
  out["tool"] = {{"name", "offramp"}, {"version", manifest.version}};
  out["network"] = manifest.network;
  out["strategy"] = manifest.strategy;
  out["top"] = manifest.top;
  out["inputs"] = ordered_json::object();
  for (const auto& [name, hash] : manifest.inputs) out["inputs"][name] = hash;
  out["configuration"] = ordered_json::object();
  for (const auto& [name, value] : manifest.configuration) out["configuration"][name] = value;
  out["files"] = ordered_json::object();
  for (const auto& [name, record] : manifest.files) {
    out["files"][name] = {{"sha256", record.sha256}, {"bytes", record.bytes}};
  }
  return out.dump(2) + "\n";
}

Manifest read_manifest(const fs::path& folder) {
  const fs::path file = folder / kManifestName;
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) {
    throw Error(
        fmt::format("there is no design folder {}; make one with 'offramp build' or 'offramp generate'",
                    in_quotes(folder.string())));
  }
  if (!fs::exists(file, ignored)) {
    throw Error(
        fmt::format("{} is not a design folder: it has no {}; name a folder that 'offramp generate' wrote, "
                    "for example out/lenet5/parallel",
                    in_quotes(folder.string()), kManifestName));
  }
  const std::string text = read_file(file, std::uint64_t{64} << 20);
  try {
    const ordered_json in = ordered_json::parse(text);
    Manifest m;
    m.version = in.at("tool").at("version");
    m.network = in.at("network");
    m.strategy = in.at("strategy");
    m.top = in.at("top");
    for (const auto& [name, hash] : in.at("inputs").items()) m.inputs[name] = hash;
    for (const auto& [name, value] : in.at("configuration").items()) m.configuration[name] = value;
    for (const auto& [name, record] : in.at("files").items()) {
      const fs::path relative = name;
      if (relative.is_absolute() || *relative.begin() == "..") {
        throw Error(fmt::format("{}: the file name {} leads out of the folder; generate the design again",
                                in_quotes(file.string()), in_quotes(name)));
      }
      m.files[name] = {record.at("sha256"), record.at("bytes")};
    }
    return m;
  } catch (const nlohmann::json::exception& e) {
    throw Error(
        fmt::format("{} is damaged ({}); generate the design again", in_quotes(file.string()), e.what()));
  }
}

namespace {

/// The listed file's bytes, which are as the manifest says.
std::string read_one(const fs::path& folder, const std::string& name, const FileRecord& record) {
  std::error_code ignored;
  const fs::path file = folder / name;
  if (!fs::exists(file, ignored)) {
    throw Error(fmt::format("{} is missing, and {} lists it; generate the design again",
                            in_quotes(file.string()), kManifestName));
  }
  std::string bytes = read_file(file);
  const std::string hash = sha256_hex(bytes);
  if (hash != record.sha256) {
    throw Error(fmt::format(
        "{} was changed after it was written (SHA-256 {}..., {} says {}...); undo the change "
        "or generate the design again",
        in_quotes(file.string()), hash.substr(0, 12), kManifestName, record.sha256.substr(0, 12)));
  }
  return bytes;
}

/// A tool that takes all of rtl/ or mem/ would take such a file, too.
void check_nothing_else(const fs::path& folder, const Manifest& manifest) {
  std::set<std::string> owned;
  for (const auto& [name, record] : manifest.files) {
    if (const fs::path parent = fs::path(name).parent_path(); !parent.empty()) owned.insert(parent.string());
  }
  for (const std::string& directory : owned) {
    std::error_code ignored;
    std::set<std::string> names;  // the first of several by name, on any file system
    for (const auto& entry : fs::directory_iterator(folder / directory, ignored)) {
      if (entry.is_regular_file(ignored)) names.insert(directory + "/" + entry.path().filename().string());
    }
    for (const std::string& name : names) {
      if (manifest.files.contains(name) || is_result_name(name)) continue;
      throw Error(fmt::format(
          "{} is not part of the design: {} does not list it; remove it or generate the design again",
          in_quotes((folder / name).string()), kManifestName));
    }
  }
}

}  // namespace

void check_files(const fs::path& folder, const Manifest& manifest) {
  for (const auto& [name, record] : manifest.files) static_cast<void>(read_one(folder, name, record));
  check_nothing_else(folder, manifest);
}

std::map<std::string, std::string> read_checked(const fs::path& folder, const Manifest& manifest) {
  std::map<std::string, std::string> files;
  for (const auto& [name, record] : manifest.files) {
    check_interrupted();
    files[name] = read_one(folder, name, record);
  }
  check_nothing_else(folder, manifest);
  return files;
}

}  // namespace offramp::design

#include "design/manifest.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/sha256.h"
#include "base/text.h"

namespace offramp::design {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

bool is_result_name(const std::string& name) {
  return name == "verify.json" || name == "report.html" || name.ends_with(".verify.json") ||
         name == "synth.json" || (name.starts_with("synth_") && name.ends_with(".json"));
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

void check_files(const fs::path& folder, const Manifest& manifest) {
  for (const auto& [name, record] : manifest.files) {
    std::error_code ignored;
    const fs::path file = folder / name;
    if (!fs::exists(file, ignored)) {
      throw Error(fmt::format("{} is missing, and {} lists it; generate the design again",
                              in_quotes(file.string()), kManifestName));
    }
    const std::string hash = sha256_hex(read_file(file));
    if (hash != record.sha256) {
      throw Error(fmt::format(
          "{} was changed after it was written (SHA-256 {}..., {} says {}...); undo the change "
          "or generate the design again",
          in_quotes(file.string()), hash.substr(0, 12), kManifestName, record.sha256.substr(0, 12)));
    }
  }
}

}  // namespace offramp::design

#include <fmt/format.h>

#include "base/files.h"
#include "base/interrupt.h"
#include "base/sha256.h"
#include "cli/verbs.h"
#include "design/archive.h"
#include "design/manifest.h"

namespace offramp::cli {

namespace fs = std::filesystem;

Answer package(const Arguments& arguments, Console&) {
  const fs::path input = fs::path(arguments.input).lexically_normal();
  const fs::path folder = input.has_filename() ? input : input.parent_path();
  const design::Manifest manifest = design::read_manifest(folder);
  // What the manifest lists and nothing else: waves and timing that lie beside are not part of the design.
  design::Files files = design::read_checked(folder, manifest);
  files[design::kManifestName] = read_file(folder / design::kManifestName);
  const std::string archive = design::tar_gz(manifest.top, files);
  check_interrupted();
  const fs::path output =
      arguments.output.empty() ? fs::path(folder.string() + ".tar.gz") : fs::path(arguments.output);
  write_file(output, archive);
  Answer answer;
  answer.json = {{"archive", output.string()},
                 {"files", files.size()},
                 {"bytes", archive.size()},
                 {"sha256", sha256_hex(archive)}};
  answer.text = fmt::format("Wrote {} ({} files, {} bytes)\n", output.string(), files.size(), archive.size());
  return answer;
}

}  // namespace offramp::cli

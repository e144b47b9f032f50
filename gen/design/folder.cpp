#include "design/folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/error.h"
#include "base/files.h"
#include "base/interrupt.h"
#include "base/sha256.h"
#include "base/text.h"

namespace offramp::design {
namespace {

namespace fs = std::filesystem;

/// A folder that goes away at the end of the scope unless it has been renamed.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(fs::path path) : path_(std::move(path)) {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }
  void rename_to(const fs::path& target) {
    std::error_code error;
    fs::rename(path_, target, error);
    if (error) throw Error(fmt::format("cannot write {}: {}", in_quotes(target.string()), error.message()));
    path_.clear();
  }

 private:
  fs::path path_;
};

/// Writes a file of a folder that nobody sees yet: unlike write_file it neither renames nor waits for the
/// disk. Should the power fail, the hashes of the manifest tell that the folder is not whole, and it is
/// written again.
void write_unseen(const fs::path& file, const std::string& bytes) {
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0) {
    throw Error(
        fmt::format("cannot write {}: {}", in_quotes(file.string()), std::generic_category().message(errno)));
  }
  try {
    offramp::detail::write_all(descriptor, bytes, file);
  } catch (...) {
    ::close(descriptor);
    throw;
  }
  // Some file systems tell of a full disk only here.
  if (::close(descriptor) != 0) {
    throw Error(
        fmt::format("cannot write {}: {}", in_quotes(file.string()), std::generic_category().message(errno)));
  }
}

fs::path without_trailing_slash(const fs::path& folder) {
  return folder.has_filename() ? folder : folder.parent_path();
}

/// Whether the folder holds exactly this design, unchanged.
bool holds(const fs::path& folder, const Manifest& manifest) {
  try {
    const Manifest there = read_manifest(folder);
    if (!(generated_part(there) == manifest)) return false;
    check_files(folder, there);
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

std::map<std::string, FileRecord> records_of(const Files& files) {
  std::map<std::string, FileRecord> records;
  for (const auto& [name, bytes] : files) records[name] = {sha256_hex(bytes), bytes.size()};
  return records;
}

Written write_design(const fs::path& requested, const Files& files, Manifest manifest) {
  const fs::path folder = without_trailing_slash(requested);
  manifest.files = records_of(files);
  std::error_code ignored;
  const bool exists = fs::exists(fs::symlink_status(folder, ignored));
  if (exists) {
    if (holds(folder, manifest)) return Written::kept;
    const bool empty = fs::is_directory(folder, ignored) && fs::is_empty(folder, ignored);
    if (!empty && !fs::exists(folder / kManifestName, ignored)) {
      throw Error(
          fmt::format("cannot write the design {}: something that is not a design is there; remove it or "
                      "choose another output folder (-o)",
                      in_quotes(folder.string())));
    }
  }
  make_directory(folder.parent_path().empty() ? fs::path(".") : folder.parent_path());
  TemporaryFolder temporary(fmt::format("{}.tmp.{}", folder.string(), ::getpid()));
  make_directory(temporary.path());
  for (const auto& [name, bytes] : files) {
    check_interrupted();
    const fs::path file = temporary.path() / name;
    if (file.has_parent_path()) make_directory(file.parent_path());
    write_unseen(file, bytes);
  }
  write_unseen(temporary.path() / kManifestName, to_text(manifest));
  check_interrupted();
  // A folder cannot be renamed over a full one: the old design steps aside first, and comes back should the
  // rename fail.
  if (exists) {
    TemporaryFolder old(fmt::format("{}.old.tmp.{}", folder.string(), ::getpid()));
    std::error_code error;
    fs::rename(folder, old.path(), error);
    if (error) throw Error(fmt::format("cannot replace {}: {}", in_quotes(folder.string()), error.message()));
    try {
      temporary.rename_to(folder);
    } catch (const Error&) {
      old.rename_to(folder);
      throw;
    }
  } else {
    temporary.rename_to(folder);
  }
  return Written::fresh;
}

void add_results(const fs::path& folder, const Files& results) {
  Manifest manifest = read_manifest(folder);
  // While results change the manifest does not list them, so an interruption leaves a folder that is in
  // order.
  bool listed = false;
  for (const auto& [name, bytes] : results) listed = manifest.files.erase(name) != 0 || listed;
  if (listed) write_file(folder / kManifestName, to_text(manifest));
  for (const auto& [name, bytes] : results) write_file(folder / name, bytes);
  for (auto& [name, record] : records_of(results)) manifest.files[name] = record;
  write_file(folder / kManifestName, to_text(manifest));
}

}  // namespace offramp::design

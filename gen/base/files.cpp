#include "base/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <system_error>

#include "base/error.h"
#include "base/text.h"

namespace offramp {
namespace {

namespace fs = std::filesystem;

std::string reason(int error) {
  return std::generic_category().message(error);
}

/// A descriptor closed at the end of its scope.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const { return number_; }
  /// Closes now and returns 0 or the error, for a writer that must know.
  [[nodiscard]] int close() {
    const int result = ::close(number_);
    number_ = -1;
    return result == 0 ? 0 : errno;
  }

 private:
  int number_;
};

/// Removes a temporary file unless it has been renamed away.
class Temporary {
 public:
  explicit Temporary(fs::path path) : path_(std::move(path)) {}
  ~Temporary() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  void renamed() { path_.clear(); }

 private:
  fs::path path_;
};

[[noreturn]] void fail_write(const fs::path& file, int error) {
  const std::string what = "cannot write " + in_quotes(file.string());
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      throw Error(what + ": the disk is full; free some space or choose another output folder");
    case EACCES:
    case EPERM:
    case EROFS:
      throw Error(fmt::format("{}: {} is not writable ({}); choose another output folder", what,
                              in_quotes(file.parent_path().empty() ? "." : file.parent_path().string()),
                              reason(error)));
    case ENOENT:
      throw Error(fmt::format("{}: there is no directory {}; make it first", what,
                              in_quotes(file.parent_path().string())));
    default:
      throw Error(fmt::format("{}: {}", what, reason(error)));
  }
}

/// Distinguishes the temporary files of one process; the process id distinguishes processes.
unsigned next_serial() {
  static std::atomic<unsigned> serial{0};
  return serial++;
}

}  // namespace

std::string read_file(const fs::path& file, std::uint64_t max_bytes) {
  const std::string what = "cannot read " + in_quotes(file.string());
  // O_NONBLOCK: opening a named pipe must not wait for a writer.
  const Descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (in.number() < 0) {
    const int error = errno;
    if (error == ENOENT) throw Error(what + ": there is no such file; check the path");
    throw Error(fmt::format("{}: {}", what, reason(error)));
  }
  struct stat info {};
  if (::fstat(in.number(), &info) != 0) throw Error(fmt::format("{}: {}", what, reason(errno)));
  if (S_ISDIR(info.st_mode)) throw Error(what + ": it is a directory; name a file in it");
  if (!S_ISREG(info.st_mode)) throw Error(what + ": it is a device, pipe or socket; name a regular file");
  const auto size = static_cast<std::uint64_t>(info.st_size);
  const auto refuse_large = [&](std::uint64_t bytes) {
    throw Error(fmt::format("{}: it has {} bytes and the limit is {}", what, bytes, max_bytes));
  };
  if (size > max_bytes) refuse_large(size);
  std::string bytes(static_cast<std::size_t>(size), '\0');
  std::size_t have = 0;
  while (true) {
    // The file may grow while it is read (and files of /proc say 0): read until there is no more.
    if (have == bytes.size()) bytes.resize(bytes.size() + (size == have ? 1 : 65536));
    const ssize_t got = ::read(in.number(), bytes.data() + have, bytes.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw Error(fmt::format("{}: {}", what, reason(errno)));
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
    if (have > max_bytes) refuse_large(have);
  }
  bytes.resize(have);
  return bytes;
}

namespace detail {

void write_all(int descriptor, std::string_view bytes, const fs::path& file) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(descriptor, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail_write(file, errno);
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
}

}  // namespace detail

void write_file(const fs::path& file, std::string_view bytes) {
  std::error_code ignored;  // what is wrong with the path shows when the file is made
  if (fs::is_directory(file, ignored)) {
    throw Error(fmt::format("cannot write {}: a directory has this name", in_quotes(file.string())));
  }
  const fs::path temporary = fmt::format("{}.tmp.{}.{}", file.string(), ::getpid(), next_serial());
  Descriptor out(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (out.number() < 0) fail_write(file, errno);
  Temporary guard(temporary);
  detail::write_all(out.number(), bytes, file);
  if (::fsync(out.number()) != 0) fail_write(file, errno);
  // Some file systems (NFS, quotas) tell of a full disk only here.
  if (const int error = out.close(); error != 0) fail_write(file, error);
  if (::rename(temporary.c_str(), file.c_str()) != 0) fail_write(file, errno);
  guard.renamed();
  // The name reaches the disk with its directory. A file system that cannot do this is no reason to fail.
  const fs::path directory = file.parent_path().empty() ? fs::path(".") : file.parent_path();
  const Descriptor parent(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (parent.number() >= 0) static_cast<void>(::fsync(parent.number()));
}

void make_directory(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  std::error_code ignored;
  if (fs::is_directory(directory, ignored)) return;
  if (error.value() == ENOSPC || error.value() == EDQUOT) {
    throw Error(fmt::format("cannot make the directory {}: the disk is full", in_quotes(directory.string())));
  }
  throw Error(fmt::format("cannot make the directory {}: {}; choose another output folder",
                          in_quotes(directory.string()),
                          fs::exists(directory, ignored) ? "a file has this name" : error.message()));
}

}  // namespace offramp

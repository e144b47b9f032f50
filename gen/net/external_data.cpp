#include "net/external_data.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <optional>
#include <system_error>
#include <utility>

#include "base/text.h"
#include "net/refused.h"

namespace offramp::net {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  void replace(int number) {
    if (number_ >= 0) ::close(number_);
    number_ = number;
  }
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

std::uint64_t number_of(const std::string& key, const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw Refused(
        fmt::format("its external data has the {} {}, which is not a number", key, in_quotes(text)));
  }
  return value;
}

struct Place {
  std::string location;
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> length;
};

Place place_of(const onnx::TensorProto& tensor) {
  Place place;
  for (const auto& entry : tensor.external_data()) {
    if (entry.key() == "location") place.location = entry.value();
    if (entry.key() == "offset") place.offset = number_of("offset", entry.value());
    if (entry.key() == "length") place.length = number_of("length", entry.value());
  }
  return place;
}

}  // namespace

std::string read_external_data(const onnx::TensorProto& tensor, const std::filesystem::path& folder,
                               std::uint64_t bytes) {
  const Place place = place_of(tensor);
  const std::string what = "its external data " + in_quotes(place.location);
  if (folder.empty()) throw Refused(what + " cannot be read: this model is not a file");
  const std::filesystem::path path = place.location;
  if (path.empty() || place.location.find('\0') != std::string::npos) {
    throw Refused(what + " is not the name of a file");
  }
  if (path.is_absolute()) {
    throw Refused(what + " has an absolute path; it must lie in the model's folder");
  }
  for (const auto& component : path) {
    if (component == "..") throw Refused(what + " leaves the model's folder by '..'");
  }
  if (place.length && *place.length != bytes) {
    throw Refused(
        fmt::format("{} has the length {} and its dimensions need {} bytes", what, *place.length, bytes));
  }

  Descriptor at(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (auto component = path.begin(); at.number() >= 0 && component != path.end(); ++component) {
    const bool last = std::next(component) == path.end();
    const int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | (last ? 0 : O_DIRECTORY);
    at.replace(::openat(at.number(), component->c_str(), flags));
  }
  if (at.number() < 0) {
    const int error = errno;
    if (error == ELOOP || error == ENOTDIR) {
      throw Refused(what +
                    " goes through a symbolic link or a file; put the data itself in the model's folder");
    }
    throw Refused(fmt::format("{} cannot be read: {}", what, std::generic_category().message(error)));
  }
  struct stat info {};
  if (::fstat(at.number(), &info) != 0 || !S_ISREG(info.st_mode))
    throw Refused(what + " is not a regular file");
  const auto size = static_cast<std::uint64_t>(info.st_size);
  if (place.offset > size || bytes > size - place.offset) {
    throw Refused(fmt::format("{} has {} bytes, too few for {} bytes at the offset {}", what, size, bytes,
                              place.offset));
  }
  std::string data(static_cast<std::size_t>(bytes), '\0');
  std::uint64_t have = 0;
  while (have < bytes) {
    const ssize_t got = ::pread(at.number(), data.data() + have, static_cast<std::size_t>(bytes - have),
                                static_cast<off_t>(place.offset + have));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) throw Refused(what + " became shorter while it was read");
    have += static_cast<std::uint64_t>(got);
  }
  return data;
}

}  // namespace offramp::net

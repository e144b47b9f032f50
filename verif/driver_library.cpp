#include "verif/driver_library.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

#include "base/error.h"
#include "base/process.h"
#include "base/text.h"

namespace offramp::verif {
namespace {

namespace fs = std::filesystem;

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (fs::temp_directory_path() / "offramp-driver-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw Error("cannot make a folder in " + name);
    path_ = name;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

}  // namespace

DriverLibrary::DriverLibrary(const fs::path& design_dir, const std::string& top) {
  require_tool("cc", "gcc");
  const TemporaryDirectory build;
  const fs::path file = build.path() / "driver.so";
  const fs::path driver = design_dir / "driver";
  const ProcessResult built =
      run_process({"cc", "-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-ffreestanding", "-O1",
                   "-fPIC", "-shared", "-o", file.string(), (driver / "offramp.c").string(),
                   (driver / "offramp_dma.c").string(), (driver / (top + ".c")).string()});
  if (built.exit_code != 0) {
    throw Error(
        fmt::format("the driver in {} does not compile:\n{}", in_quotes(driver.string()), built.output),
        ExitStatus::difference);
  }
  library_ = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library_ == nullptr) throw Error(fmt::format("cannot load the driver: {}", ::dlerror()));
  design_ = static_cast<const offramp_design*>(find(top + "_design"));
}

DriverLibrary::~DriverLibrary() {
  if (library_ != nullptr) ::dlclose(library_);
}

void* DriverLibrary::find(const std::string& name) const {
  void* found = ::dlsym(library_, name.c_str());
  if (found == nullptr) throw std::logic_error("the driver has no " + name);
  return found;
}

}  // namespace offramp::verif

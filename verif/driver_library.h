#pragma once
// The C driver of a design folder, compiled as it stands and loaded into this process.
#include <filesystem>
#include <string>

#include "design/driver/offramp_dma.h"

namespace offramp::verif {

class DriverLibrary {
 public:
  /// Compiles driver/*.c of a design folder (what needs an operating system left out) as freestanding C99
  /// with every warning an error. Throws offramp::Error with the compiler's first messages, or
  /// ExitStatus::missing_tool where there is no C compiler.
  DriverLibrary(const std::filesystem::path& design_dir, const std::string& top);
  ~DriverLibrary();
  DriverLibrary(const DriverLibrary&) = delete;
  DriverLibrary& operator=(const DriverLibrary&) = delete;

  /// A function or variable of the driver; std::logic_error where there is none.
  template <typename Function>
  [[nodiscard]] Function* function(const char* name) const {
    return reinterpret_cast<Function*>(find(name));
  }
  [[nodiscard]] const offramp_design& design() const { return *design_; }

 private:
  [[nodiscard]] void* find(const std::string& name) const;

  void* library_ = nullptr;
  const offramp_design* design_ = nullptr;
};

}  // namespace offramp::verif

#pragma once
#include <string>

#include "design/folder.h"

namespace offramp::design {

/// A .tar.gz (ustar) of `files` below the folder `root`, the same bytes for the same files: sorted names, no
/// owner, no time, mode 0644. Throws offramp::Error for a name that ustar cannot hold.
[[nodiscard]] std::string tar_gz(const std::string& root, const Files& files);

}  // namespace offramp::design

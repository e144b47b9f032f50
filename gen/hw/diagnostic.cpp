#include "hw/diagnostic.h"

#include <algorithm>
#include <string_view>

namespace offramp::hw {

std::string describe(SourceLoc loc) {
  std::string_view path = loc.file;
  std::size_t cut = std::string_view::npos;
  for (const std::string_view root : {"/gen/", "/tests/", "/verif/", "/bench/", "/docs/"}) {
    const auto at = path.rfind(root);
    if (at != std::string_view::npos && (cut == std::string_view::npos || at < cut)) cut = at;
  }
  if (cut != std::string_view::npos) {
    path.remove_prefix(cut + 1);
  } else if (path.starts_with("/")) {
    path.remove_prefix(path.rfind('/') + 1);
  }
  while (path.starts_with("../")) path.remove_prefix(3);
  return std::string(path) + ":" + std::to_string(loc.line);
}

std::string Diagnostic::render() const {
  static constexpr const char* names[] = {"note", "warning", "error"};
  std::string s = names[static_cast<int>(severity)];
  s += " " + id + ": " + message + " (" + describe(loc) + ")\n";
  for (const auto& n : notes) s += "  note: " + n.message + " (" + describe(n.loc) + ")\n";
  return s;
}

std::string render(const Diagnostics& diagnostics) {
  std::string s;
  for (const auto& d : diagnostics) s += d.render();
  return s;
}

bool has_errors(const Diagnostics& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [](const Diagnostic& d) { return d.severity == Severity::error; });
}

}  // namespace offramp::hw

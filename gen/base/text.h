#pragma once
// Text from outside (names in a model, paths) made safe to show in a one-line message.
#include <string>
#include <string_view>

namespace offramp {

/// `text` between single quotes, with control characters, quotes, backslashes and bytes that are not UTF-8
/// written as escapes; cut after 120 bytes, saying how long it was.
[[nodiscard]] std::string in_quotes(std::string_view text);

}  // namespace offramp

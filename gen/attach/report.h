#pragma once
#include <nlohmann/json.hpp>

#include "attach/attach.h"

namespace offramp::attach {

/// What was attached and what it gives, without seconds: the same for the same input.
[[nodiscard]] nlohmann::ordered_json describe(const AttachResult& result, const AttachOptions& options);

/// How long it took: by exit, for all branches tried, for the features.
[[nodiscard]] nlohmann::ordered_json describe_seconds(const AttachResult& result);

}  // namespace offramp::attach

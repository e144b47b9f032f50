#pragma once
// A quantized network as a file: what `offramp quantize` writes and `offramp generate` reads.
#include <string>
#include <string_view>

#include "quant/qnetwork.h"

namespace offramp::quant {

/// The whole network as JSON; from_json gives the same network back, to the last bit of every scale. The
/// decision tables are not written: they follow from classes, logit bits and logit step.
[[nodiscard]] std::string to_json(const QNetwork& network);

/// Throws offramp::Error naming `file` and the offending key, or what check_network finds.
[[nodiscard]] QNetwork from_json(std::string_view text, const std::string& file);

}  // namespace offramp::quant

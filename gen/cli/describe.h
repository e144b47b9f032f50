#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "quant/qnetwork.h"

namespace offramp::cli {

/// Layers, bits, accumulator widths and exits of a quantized network, as a document and as a table.
[[nodiscard]] nlohmann::ordered_json describe(const quant::QNetwork& network);
[[nodiscard]] std::string table_of(const quant::QNetwork& network);

}  // namespace offramp::cli

#pragma once
// The values of command-line options, from text to types. Every function throws offramp::Error that names the
// option, the text and what would be right.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "accel/accelerator.h"
#include "fixed/decision.h"
#include "quant/quantize.h"

namespace offramp::cli {

/// "30x2x1" or "30x2": rows x columns x lanes.
[[nodiscard]] accel::ArrayShape parse_array(const std::string& option, const std::string& text);
[[nodiscard]] std::string to_text(const accel::ArrayShape& shape);

/// "4/8" (weights/activations) or "4" for both sets the default; "conv1=4/8" one layer.
void parse_bits(const std::string& text, quant::QuantizeOptions& options);

/// "static,pipeline,parallel": each at most once.
[[nodiscard]] std::vector<accel::Strategy> parse_strategies(const std::string& text);

/// "1..15" or "3": numbers of early exits, from and to; nothing where the text names strategies.
[[nodiscard]] std::optional<std::pair<int, int>> parse_exit_numbers(const std::string& text);

/// "max", "entropy", "margin", "base2" or "patience".
[[nodiscard]] fixed::Criterion parse_criterion(const std::string& text);
/// The same, or "all" for each of them.
[[nodiscard]] std::vector<fixed::Criterion> parse_criteria(const std::string& text);

/// "histogram", "monitor" and "hold", each alone or separated by commas, each at most once.
[[nodiscard]] accel::Watch parse_watch(const std::vector<std::string>& texts);

/// "0.8,0.2": one share an exit, 0 or more, summing to 1.
[[nodiscard]] std::vector<double> parse_rates(const std::string& text, std::size_t exits);

}  // namespace offramp::cli

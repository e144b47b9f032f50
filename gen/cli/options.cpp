#include "cli/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/error.h"
#include "base/text.h"

namespace offramp::cli {
namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts{""};
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

template <typename Number>
std::optional<Number> number(const std::string& text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

accel::ArrayShape parse_array(const std::string& option, const std::string& text) {
  constexpr int kLargest = 4096;
  const std::vector<std::string> parts = split(text, 'x');
  std::vector<int> sizes;
  for (const std::string& part : parts) {
    const auto value = number<int>(part);
    if (value && *value >= 1 && *value <= kLargest) sizes.push_back(*value);
  }
  if (sizes.size() != parts.size() || sizes.size() < 2 || sizes.size() > 3) {
    throw Error(
        fmt::format("{} {}: an array is ROWSxCOLUMNS or ROWSxCOLUMNSxLANES, each 1 to {}, for example 30x2x1",
                    option, in_quotes(text), kLargest));
  }
  return {.rows = sizes[0], .columns = sizes[1], .lanes = sizes.size() == 3 ? sizes[2] : 1};
}

std::string to_text(const accel::ArrayShape& shape) {
  return fmt::format("{}x{}x{}", shape.rows, shape.columns, shape.lanes);
}

void parse_bits(const std::string& text, quant::QuantizeOptions& options) {
  const std::size_t equals = text.rfind('=');
  const std::string layer = equals == std::string::npos ? "" : text.substr(0, equals);
  const std::vector<std::string> parts =
      split(equals == std::string::npos ? text : text.substr(equals + 1), '/');
  const auto weights = number<int>(parts.front());
  const auto activations = number<int>(parts.back());
  if (!weights || !activations || parts.size() > 2 || (equals != std::string::npos && layer.empty())) {
    throw Error(fmt::format(
        "--bits {}: write WEIGHTS/ACTIVATIONS, for example 8/8, or LAYER=WEIGHTS/ACTIVATIONS, for "
        "example conv1=4/8",
        in_quotes(text)));
  }
  constexpr int kLeast = 2;
  constexpr int kMost = 16;
  for (const int bits : {*weights, *activations}) {
    if (bits < kLeast || bits > kMost) {
      throw Error(
          fmt::format("--bits {}: {} bits is outside {} to {}", in_quotes(text), bits, kLeast, kMost));
    }
  }
  const quant::LayerBits bits{.weights = *weights, .activations = *activations};
  if (equals == std::string::npos) {
    options.bits = bits;
  } else {
    options.layer_bits[layer] = bits;
  }
}

std::vector<accel::Strategy> parse_strategies(const std::string& text) {
  std::vector<accel::Strategy> strategies;
  for (const std::string& word : split(text, ',')) {
    std::optional<accel::Strategy> found;
    for (const auto s : {accel::Strategy::static_, accel::Strategy::pipeline, accel::Strategy::parallel}) {
      if (word == accel::to_string(s)) found = s;
    }
    if (!found) {
      throw Error(
          fmt::format("--exits {}: there is no exit strategy {}; the strategies are static, pipeline and "
                      "parallel, separated by commas",
                      in_quotes(text), in_quotes(word)));
    }
    if (std::find(strategies.begin(), strategies.end(), *found) != strategies.end()) {
      throw Error(fmt::format("--exits {}: {} is named twice; name it once", in_quotes(text), word));
    }
    strategies.push_back(*found);
  }
  return strategies;
}

std::optional<std::pair<int, int>> parse_exit_numbers(const std::string& text) {
  if (text.empty() || std::isdigit(static_cast<unsigned char>(text.front())) == 0) return {};
  const std::size_t dots = text.find("..");
  const auto from = number<int>(text.substr(0, dots));
  const auto to = dots == std::string::npos ? from : number<int>(text.substr(dots + 2));
  if (!from || !to || *from < 1 || *to < *from) {
    throw Error(fmt::format(
        "--exits {}: numbers of early exits are written as one number or as FROM..TO, for example 1..15",
        in_quotes(text)));
  }
  return std::pair(*from, *to);
}

fixed::Criterion parse_criterion(const std::string& text) {
  if (const auto criterion = fixed::criterion_named(text)) return *criterion;
  throw Error(
      fmt::format("--criterion {}: the criteria are max (softmax maximum), entropy, margin, base2 and "
                  "patience",
                  in_quotes(text)));
}

std::vector<fixed::Criterion> parse_criteria(const std::string& text) {
  if (text == "all") return {std::begin(fixed::kCriteria), std::end(fixed::kCriteria)};
  return {parse_criterion(text)};
}

accel::Watch parse_watch(const std::vector<std::string>& texts) {
  accel::Watch watch;
  for (const std::string& text : texts) {
    for (const std::string& word : split(text, ',')) {
      bool* const part = word == "histogram" ? &watch.histogram
                         : word == "monitor" ? &watch.monitor
                         : word == "hold"    ? &watch.hold
                                             : nullptr;
      if (part == nullptr) {
        throw Error(fmt::format(
            "--watch {}: there is no {}; histogram, monitor and hold can watch exits, separated by commas",
            in_quotes(text), in_quotes(word)));
      }
      if (*part)
        throw Error(fmt::format("--watch {}: {} is named twice; name it once", in_quotes(text), word));
      *part = true;
    }
  }
  return watch;
}

std::vector<double> parse_rates(const std::string& text, std::size_t exits) {
  std::vector<double> rates;
  double sum = 0;
  const std::vector<std::string> parts = split(text, ',');
  for (const std::string& part : parts) {
    if (const auto value = number<double>(part); value && *value >= 0 && *value <= 1) {
      rates.push_back(*value);
      sum += *value;
    }
  }
  constexpr double kRounding = 1e-6;
  if (rates.size() != parts.size() || rates.size() != exits || std::abs(sum - 1) > kRounding) {
    throw Error(
        fmt::format("--rates {}: {} shares between 0 and 1 that sum to 1 are needed, one an exit, separated "
                    "by commas",
                    in_quotes(text), exits));
  }
  return rates;
}

}  // namespace offramp::cli

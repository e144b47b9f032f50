#include "quant/qnetwork_json.h"

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "quant/check_network.h"

namespace offramp::quant {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kVersion = 2;

Json write(const net::Window& w) {
  return {{"kernel", {w.kernel_h, w.kernel_w}},
          {"stride", {w.stride_h, w.stride_w}},
          {"pads", {w.pad_top, w.pad_left, w.pad_bottom, w.pad_right}}};
}

Json write(const QTensor& t) {
  return {{"name", t.name},
          {"shape", {t.shape.channels, t.shape.height, t.shape.width}},
          {"bits", t.bits},
          {"signed", t.is_signed},
          {"scale", t.scale}};
}

Json write(const QLayer& layer) {
  Json json{{"name", layer.name}};
  if (const auto* conv = std::get_if<QConv>(&layer.op)) {
    json["op"] = "conv";
    json["window"] = write(conv->window);
    json["groups"] = conv->groups;
    json["weight_bits"] = conv->weight_bits;
    json["weights"] = conv->weights;
    json["bias"] = conv->bias;
  } else if (const auto* add = std::get_if<QAdd>(&layer.op)) {
    json["op"] = "add";
    json["weight_bits"] = add->weight_bits;
    json["weight_a"] = add->weight_a;
    json["weight_b"] = add->weight_b;
  } else {
    json["op"] = "max_pool";
    json["window"] = write(std::get<QMaxPool>(layer.op).window);
  }
  json["inputs"] = layer.inputs;
  json["output"] = layer.output;
  json["requant"] = Json::array();
  for (const fixed::Requant& r : layer.requant) json["requant"].push_back({r.multiplier, r.shift});
  json["clamp"] = {layer.clamp.lo, layer.clamp.hi};
  json["acc_bits"] = layer.acc_bits;
  return json;
}

Json write(const QExit& e) {
  return {{"name", e.name},
          {"logits", e.logits},
          {"criterion", fixed::name_of(e.criterion)},
          {"threshold", e.threshold},
          {"level", e.level},
          {"skip", {{"side", e.skip.above ? "above" : "below"}, {"level", e.skip.level}}}};
}

/// A value with the path that leads to it, for messages.
class Reader {
 public:
  Reader(const Json& json, std::string path, const std::string& file)
      : json_(json), path_(std::move(path)), file_(file) {}

  Reader operator[](const char* key) const {
    if (!json_.is_object()) fail("must be an object");
    const auto found = json_.find(key);
    if (found == json_.end()) fail(fmt::format("has no key '{}'", key));
    return {*found, path_.empty() ? key : path_ + "." + key, file_};
  }

  std::vector<Reader> items(std::size_t expected = 0) const {
    if (!json_.is_array() || (expected != 0 && json_.size() != expected)) {
      fail(expected == 0 ? "must be an array" : fmt::format("must be an array of {}", expected));
    }
    std::vector<Reader> readers;
    for (std::size_t i = 0; i < json_.size(); ++i)
      readers.emplace_back(json_[i], fmt::format("{}[{}]", path_, i), file_);
    return readers;
  }

  template <typename Integer>
  Integer integer() const {
    if (json_.is_number_unsigned()) {
      const auto value = json_.get<std::uint64_t>();
      if (value <= static_cast<std::uint64_t>(std::numeric_limits<Integer>::max()))
        return static_cast<Integer>(value);
    } else if (json_.is_number_integer()) {
      const auto value = json_.get<std::int64_t>();
      if (std::is_signed_v<Integer> &&
          value >= static_cast<std::int64_t>(std::numeric_limits<Integer>::min()))
        return static_cast<Integer>(value);
    }
    fail(fmt::format("must be an integer of {} bits, not {}", sizeof(Integer) * 8, shortened()));
  }

  template <typename Integer>
  std::vector<Integer> integers() const {
    std::vector<Integer> values;
    for (const Reader& r : items()) values.push_back(r.integer<Integer>());
    return values;
  }

  double number() const {
    if (!json_.is_number()) fail("must be a number, not " + shortened());
    return json_.get<double>();
  }
  bool boolean() const {
    if (!json_.is_boolean()) fail("must be true or false, not " + shortened());
    return json_.get<bool>();
  }
  std::string string() const {
    if (!json_.is_string()) fail("must be a string, not " + shortened());
    return json_.get<std::string>();
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(fmt::format("{}: {} {}; write the file again with `offramp quantize`", file_,
                            path_.empty() ? "the document" : "'" + path_ + "'", what));
  }

 private:
  std::string shortened() const {
    const std::string text = json_.dump(-1, ' ', false, Json::error_handler_t::replace);
    return text.size() > 40 ? text.substr(0, 40) + "..." : text;
  }

  const Json& json_;
  std::string path_;
  const std::string& file_;
};

net::Window read_window(const Reader& json) {
  const auto kernel = json["kernel"].items(2);
  const auto stride = json["stride"].items(2);
  const auto pads = json["pads"].items(4);
  const auto at = [](const std::vector<Reader>& r, std::size_t i) { return r[i].integer<std::int32_t>(); };
  return {at(kernel, 0), at(kernel, 1), at(stride, 0), at(stride, 1),
          at(pads, 0),   at(pads, 1),   at(pads, 2),   at(pads, 3)};
}

QTensor read_tensor(const Reader& json) {
  const auto shape = json["shape"].items(3);
  QTensor t;
  t.name = json["name"].string();
  t.shape = {shape[0].integer<std::int32_t>(), shape[1].integer<std::int32_t>(),
             shape[2].integer<std::int32_t>()};
  t.bits = json["bits"].integer<std::int32_t>();
  t.is_signed = json["signed"].boolean();
  t.scale = json["scale"].number();
  return t;
}

QLayer read_layer(const Reader& json) {
  QLayer layer;
  layer.name = json["name"].string();
  const std::string op = json["op"].string();
  if (op == "conv") {
    QConv conv;
    conv.window = read_window(json["window"]);
    conv.groups = json["groups"].integer<std::int32_t>();
    conv.weight_bits = json["weight_bits"].integer<std::int32_t>();
    conv.weights = json["weights"].integers<std::int32_t>();
    conv.bias = json["bias"].integers<std::int64_t>();
    layer.op = std::move(conv);
  } else if (op == "add") {
    QAdd add;
    add.weight_bits = json["weight_bits"].integer<std::int32_t>();
    add.weight_a = json["weight_a"].integer<std::int32_t>();
    add.weight_b = json["weight_b"].integer<std::int32_t>();
    layer.op = add;
  } else if (op == "max_pool") {
    layer.op = QMaxPool{read_window(json["window"])};
  } else {
    json["op"].fail("must be conv, add or max_pool, not '" + op + "'");
  }
  layer.inputs = json["inputs"].integers<std::int32_t>();
  layer.output = json["output"].integer<std::int32_t>();
  for (const Reader& r : json["requant"].items()) {
    const auto pair = r.items(2);
    layer.requant.push_back({pair[0].integer<std::int64_t>(), pair[1].integer<std::int32_t>()});
  }
  const auto clamp = json["clamp"].items(2);
  layer.clamp = {clamp[0].integer<std::int64_t>(), clamp[1].integer<std::int64_t>()};
  layer.acc_bits = json["acc_bits"].integer<std::int32_t>();
  return layer;
}

QExit read_exit(const Reader& json) {
  QExit e;
  e.name = json["name"].string();
  e.logits = json["logits"].integer<std::int32_t>();
  const std::string criterion = json["criterion"].string();
  const auto known = fixed::criterion_named(criterion);
  if (!known)
    json["criterion"].fail("must be max, entropy, margin, base2 or patience, not '" + criterion + "'");
  e.criterion = *known;
  e.threshold = json["threshold"].integer<std::uint64_t>();
  if (e.threshold >> fixed::DecisionTables::kThresholdBits != 0)
    json["threshold"].fail("does not fit the threshold register");
  e.level = json["level"].number();
  const std::string side = json["skip"]["side"].string();
  if (side != "above" && side != "below")
    json["skip"]["side"].fail("must be above or below, not '" + side + "'");
  const auto level = json["skip"]["level"].integer<std::uint32_t>();
  if (level > fixed::SkipRule::kMostLevel) json["skip"]["level"].fail("does not fit the skip register");
  e.skip = {.above = side == "above", .level = level};
  return e;
}

}  // namespace

std::string to_json(const QNetwork& network) {
  Json json{{"format", "offramp quantized network"},
            {"version", kVersion},
            {"name", network.name},
            {"calibration", network.calibration}};
  json["decision"] = {{"classes", network.decision.classes},
                      {"logit_bits", network.decision.logit_bits},
                      {"logit_step", network.decision.logit_step}};
  json["exits"] = Json::array();
  for (const QExit& e : network.exits) json["exits"].push_back(write(e));
  json["tensors"] = Json::array();
  for (const QTensor& t : network.tensors) json["tensors"].push_back(write(t));
  json["layers"] = Json::array();
  for (const QLayer& layer : network.layers) json["layers"].push_back(write(layer));
  // Names come from models and may be any bytes.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

QNetwork from_json(std::string_view text, const std::string& file) {
  Json parsed;
  try {
    parsed = Json::parse(text);
  } catch (const Json::exception& e) {
    throw Error(
        fmt::format("{}: not JSON ({}); write the file again with `offramp quantize`", file, e.what()));
  }
  const Reader json(parsed, "", file);
  if (json["format"].string() != "offramp quantized network")
    json["format"].fail("is not that of a quantized network");
  if (const int version = json["version"].integer<std::int32_t>(); version != kVersion) {
    json["version"].fail(fmt::format("is {}, this program reads {}", version, kVersion));
  }
  QNetwork network;
  network.name = json["name"].string();
  network.calibration = json["calibration"].string();
  for (const Reader& r : json["tensors"].items()) network.tensors.push_back(read_tensor(r));
  for (const Reader& r : json["layers"].items()) network.layers.push_back(read_layer(r));
  for (const Reader& r : json["exits"].items()) network.exits.push_back(read_exit(r));
  const Reader decision = json["decision"];
  try {
    network.decision = fixed::make_decision_tables(decision["classes"].integer<std::int32_t>(),
                                                   decision["logit_bits"].integer<std::int32_t>(),
                                                   decision["logit_step"].number());
    check_network(network);
  } catch (const Error& e) {
    const std::string message = e.what();
    throw Error(message.starts_with(file) ? message : file + ": " + message);
  }
  return network;
}

}  // namespace offramp::quant

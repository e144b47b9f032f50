// From a model to a quantized network with thresholds, and its files.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/sha256.h"
#include "base/text.h"
#include "cli/options.h"
#include "cli/stages.h"
#include "net/import.h"
#include "quant/qdq_export.h"
#include "quant/qnetwork_json.h"
#include "quant/quantize.h"

namespace offramp::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr const char* kQuantized = "quantized.json";
constexpr const char* kExport = "quantized.onnx";
constexpr const char* kProvenance = "provenance.json";
constexpr const char* kCertificate = "certificate.json";

/// What identifies images and labels, whatever files they came from.
std::string hash_of(const net::Split& split) {
  const std::string_view pixels(reinterpret_cast<const char*>(split.pixels.data()), split.pixels.size());
  const std::string_view labels(reinterpret_cast<const char*>(split.labels.data()),
                                split.labels.size() * sizeof split.labels[0]);
  return sha256_hex(fmt::format("{} {} {} {} {}", split.shape.channels, split.shape.height, split.shape.width,
                                sha256_hex(pixels), sha256_hex(labels)));
}

std::string bits_text(const quant::QuantizeOptions& options) {
  std::string text = fmt::format("{}/{}", options.bits.weights, options.bits.activations);
  for (const auto& [layer, bits] : options.layer_bits) {
    text += fmt::format(" {}={}/{}", layer, bits.weights, bits.activations);
  }
  return text;
}

std::string provenance_json(const Quantized& quantized) {
  ordered_json out;
  out["quantized"] = sha256_hex(quantized.text);
  out["inputs"] = quantized.inputs;
  out["configuration"] = quantized.configuration;
  out["exit_rates"] = quantized.exit_rates;
  out["exit_rate_images"] = quantized.exit_rate_images;
  return out.dump(2) + "\n";
}

/// Takes over what provenance.json says, where it speaks of this very quantized network.
void read_provenance(const fs::path& file, Quantized& quantized) {
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return;
  const std::string text = read_file(file);
  try {
    const ordered_json in = ordered_json::parse(text);
    if (in.at("quantized") != sha256_hex(quantized.text)) return;
    quantized.inputs = in.at("inputs").get<std::map<std::string, std::string>>();
    quantized.configuration = in.at("configuration").get<std::map<std::string, std::string>>();
    quantized.exit_rates = in.at("exit_rates").get<std::vector<double>>();
    quantized.exit_rate_images = in.value("exit_rate_images", std::size_t{0});
  } catch (const nlohmann::json::exception& e) {
    throw Error(
        fmt::format("{} is damaged ({}); run 'offramp quantize' again", in_quotes(file.string()), e.what()));
  }
}

/// Takes certificate.json over where it is about these very thresholds.
void read_certificate(const fs::path& file, Quantized& quantized) {
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return;
  const std::string text = read_file(file);
  const ordered_json in = ordered_json::parse(text, nullptr, false);
  if (in.is_discarded() || !in.is_object()) {
    throw Error(fmt::format("{} is damaged; remove it, or run 'offramp tune --guarantee' again",
                            in_quotes(file.string())));
  }
  if (in.value("quantized", "") == sha256_hex(quantized.text)) quantized.certificate = text;
}

}  // namespace

std::string kind_of(const net::Dataset& data) {
  return data.name.substr(0, data.name.find(':'));
}

Model read_model(const fs::path& file) {
  return {.file = file, .hash = sha256_hex(read_file(file)), .network = net::import_onnx(file)};
}

Data read_data(const std::string& spec) {
  Data data{.set = net::load_dataset(spec), .train_hash = {}, .test_hash = {}};
  data.train_hash = hash_of(data.set.train);
  data.test_hash = hash_of(data.set.test);
  return data;
}

void check_fits_images(const Data& data, const quant::QNetwork& network) {
  const net::Shape& want = network.tensors.front().shape;
  const net::Shape& have = data.set.test.shape;
  if (!(want == have)) {
    throw Error(fmt::format(
        "the images of the data set {} are {} x {} x {} (channels x rows x columns) and the network "
        "{} takes {} x {} x {}; choose the data set that it was trained on",
        in_quotes(data.set.name), have.channels, have.height, have.width, in_quotes(network.name),
        want.channels, want.height, want.width));
  }
  for (const auto* labels : {&data.set.test.labels, &data.set.train.labels}) {
    const auto largest = std::max_element(labels->begin(), labels->end());
    if (largest != labels->end() && *largest >= network.classes()) {
      throw Error(fmt::format(
          "the data set {} has the label {} and the network {} has {} classes; choose the data set "
          "that it was trained on",
          in_quotes(data.set.name), *largest, in_quotes(network.name), network.classes()));
    }
  }
}

void check_samples(const Data& data, const Arguments& arguments) {
  const std::size_t images = data.set.test.size();
  if (arguments.sample && *arguments.sample >= images) {
    throw Error(fmt::format("--sample {}: the data set {} has test images 0 to {}", *arguments.sample,
                            in_quotes(data.set.name), images - 1));
  }
  if (!arguments.sample && arguments.samples > images) {
    throw Error(fmt::format("--samples {}: the data set {} has {} test images; ask for at most so many",
                            arguments.samples, in_quotes(data.set.name), images));
  }
}

Quantized quantize_model(const Model& model, const Data* data, const Arguments& arguments) {
  quant::QuantizeOptions options;
  options.calibration_images = arguments.calibration_images;
  for (const std::string& text : arguments.bits) parse_bits(text, options);
  Quantized quantized;
  quantized.network = quant::quantize(model.network, data != nullptr ? &data->set.train : nullptr, options);
  quantized.text = quant::to_json(quantized.network);
  quantized.inputs["model"] = model.hash;
  quantized.configuration["bits"] = bits_text(options);
  if (data != nullptr) {
    quantized.inputs["calibration images"] = data->train_hash;
    quantized.configuration["calibration"] =
        fmt::format("{} training images of {}", std::min(options.calibration_images, data->set.train.size()),
                    kind_of(data->set));
  } else {
    quantized.configuration["calibration"] = "synthetic images, because no --data was given";
  }
  return quantized;
}

void write_quantized(const fs::path& folder, const Quantized& quantized) {
  make_directory(folder);
  write_file(folder / kExport, quant::export_qdq(quantized.network));
  write_file(folder / kQuantized, quantized.text);
  write_file(folder / kProvenance, provenance_json(quantized));
  // A certificate speaks of the thresholds that it was made with, and these may be others.
  std::error_code ignored;
  if (quantized.certificate.empty()) {
    fs::remove(folder / kCertificate, ignored);
  } else {
    write_file(folder / kCertificate, quantized.certificate);
  }
}

fs::path folder_of(const fs::path& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return path;
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

Quantized read_quantized(const fs::path& path) {
  std::error_code ignored;
  const fs::path file = fs::is_directory(path, ignored) ? path / kQuantized : path;
  if (!fs::exists(file, ignored)) {
    throw Error(
        fmt::format("there is no quantized network {}; make one with 'offramp quantize MODEL -o FOLDER'",
                    in_quotes(file.string())));
  }
  Quantized quantized;
  quantized.text = read_file(file);
  quantized.network = quant::from_json(quantized.text, file.string());
  read_provenance(folder_of(file) / kProvenance, quantized);
  read_certificate(folder_of(file) / kCertificate, quantized);
  return quantized;
}

}  // namespace offramp::cli

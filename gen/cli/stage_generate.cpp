// From a quantized network to design folders, and back.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>

#include "accel/share.h"
#include "base/error.h"
#include "base/files.h"
#include "base/sha256.h"
#include "base/text.h"
#include "cli/options.h"
#include "cli/stages.h"
#include "design/design_files.h"
#include "design/energy_file.h"
#include "design/fit.h"
#include "explore/smaller.h"
#include "golden/golden.h"
#include "quant/random_network.h"

namespace offramp::cli {

namespace fs = std::filesystem;

std::vector<double> search_rates(const Quantized& quantized, const Arguments& arguments) {
  const std::size_t exits = quantized.network.exits.size();
  if (arguments.rates) return parse_rates(*arguments.rates, exits);
  if (quantized.exit_rates.size() == exits) return quantized.exit_rates;
  return std::vector<double>(exits, 1.0 / static_cast<double>(exits));
}

explore::Request explore_request(accel::Strategy strategy, const std::vector<double>& exit_rates,
                                 const design::Target& target, const Arguments& arguments) {
  explore::Request request{.strategy = strategy,
                           .exit_rates = exit_rates,
                           .multipliers = arguments.multipliers,
                           .exit_multipliers = arguments.exit_multipliers.value_or(arguments.multipliers),
                           .on_chip_bits = target.on_chip_bits,
                           .memory = design::weight_memory(target),
                           .prune = arguments.prune,
                           .packed = arguments.packed,
                           .on_backbone = {arguments.on_backbone.begin(), arguments.on_backbone.end()},
                           .backbone = {},
                           .exit_classifier = {}};
  if (const auto family = netlist::find_family(target.part); family && netlist::is_amd(*family)) {
    request.device = explore::Device{.family = *family,
                                     .available = {.lut = static_cast<double>(target.lut),
                                                   .ff = static_cast<double>(target.ff),
                                                   .dsp = static_cast<int>(target.dsp),
                                                   .bram18 = 2 * static_cast<int>(target.bram36),
                                                   .uram = static_cast<int>(target.uram)}};
  }
  if (arguments.array) request.backbone = parse_array("--array", *arguments.array);
  if (arguments.exit_array) request.exit_classifier = parse_array("--exit-array", *arguments.exit_array);
  return request;
}

model::EnergyCoefficients energy_coefficients(const design::Target& target) {
  return design::load_energy(design::home_directory(), target);
}

accel::Options choose_options(const quant::QNetwork& network, accel::Strategy strategy,
                              const std::vector<double>& exit_rates, const design::Target& target,
                              const Arguments& arguments) {
  return explore::explore(network, explore_request(strategy, exit_rates, target, arguments)).front().options;
}

std::string smaller_arrays(const quant::QNetwork& network, const accel::Options& options,
                           const design::Target& target) {
  const std::optional<accel::Options> smaller = explore::nearest_that_fits(
      network, options, [&](const accel::Accelerator& a, const model::Estimate& e) {
        // The whole design is looked at where what is known at once fits.
        return design::fits({e}, target) && design::fits(design::demand_of(a, e, target), target);
      });
  if (!smaller) return "";
  std::string text = "--array " + to_text(smaller->backbone);
  if (options.strategy == accel::Strategy::parallel)
    text += " --exit-array " + to_text(smaller->exit_classifier);
  return text;
}

Plan make_plan(const quant::QNetwork& network, const accel::Options& options, const design::Target& target,
               const std::vector<Quantized>& also) {
  Plan plan{.accelerator = accel::plan_accelerator(network, options), .emitted = {}, .estimate = {}};
  std::string names = network.name;
  if (!also.empty()) {
    std::vector<accel::Accelerator> networks = {std::move(plan.accelerator)};
    for (const Quantized& q : also) {
      networks.push_back(accel::plan_accelerator(q.network, options));
      names += ", " + q.network.name;
    }
    plan.accelerator = accel::share_hardware(std::move(networks));
  }
  plan.estimate = model::estimate(plan.accelerator);
  const design::Demand demand = design::demand_of(plan.accelerator, plan.estimate, target);
  if (!design::fits(demand, target)) {
    design::check_fits(demand, target,
                       fmt::format("{}, exit strategy {}", names, accel::to_string(options.strategy)),
                       also.empty() ? smaller_arrays(network, options, target) : "");
  }
  plan.emitted = accel::emit(plan.accelerator);
  return plan;
}

namespace {

/// An image of noise with the golden reference's answer: `generate` has no data set, and Icarus takes seconds
/// an image of LeNet-5.
std::vector<design::SimSample> bench_samples(const accel::Accelerator& accelerator) {
  const std::vector<std::uint8_t> image = quant::random_image(accelerator.network, 1);
  const golden::Trace trace = golden::run_simple(accelerator.network, image);
  // A static design has the last exit alone.
  const bool last = accelerator.options.strategy == accel::Strategy::static_;
  const int exit = last ? static_cast<int>(trace.decisions.size()) - 1 : trace.exit;
  return {{.pixels = image,
           .exit = exit,
           .predicted = trace.decisions[static_cast<std::size_t>(exit)].top_class}};
}

}  // namespace

design::Written write_plan(const fs::path& folder, const Plan& plan, const Quantized& quantized,
                           const design::Target& target, const std::vector<Quantized>& also) {
  const accel::Options& options = plan.accelerator.options;
  design::Manifest manifest;
  manifest.network = plan.accelerator.network.name;
  manifest.strategy = accel::to_string(options.strategy);
  manifest.top = plan.emitted.top;
  manifest.inputs = quantized.inputs;
  manifest.inputs["quantized network"] = sha256_hex(quantized.text);
  manifest.configuration = quantized.configuration;
  manifest.configuration["target"] = target.name;
  manifest.configuration["exits"] = manifest.strategy;
  manifest.configuration["array"] = to_text(options.backbone);
  if (options.strategy == accel::Strategy::parallel) {
    manifest.configuration["exit-array"] = to_text(options.exit_classifier);
  }
  if (!options.on_backbone.empty())
    manifest.configuration["on-backbone"] = fmt::format("{}", fmt::join(options.on_backbone, ","));
  manifest.configuration["prune"] = options.prune ? "yes" : "no";
  manifest.configuration["packed"] = options.packed ? "yes" : "no";
  write_watch(options.watch, manifest.configuration);
  manifest.configuration["weight-store-bits"] = fmt::format("{}", options.weights.store_bits);
  design::Files files = design::design_files(plan.accelerator, plan.emitted, plan.estimate, target,
                                             quantized.text, bench_samples(plan.accelerator));
  if (!quantized.certificate.empty()) files["certificate.json"] = quantized.certificate;
  for (const Quantized& q : also) {
    const std::string name = accel::identifier(q.network);
    manifest.inputs["quantized network " + name] = sha256_hex(q.text);
    std::string& list = manifest.configuration["also"];
    list += (list.empty() ? "" : ",") + name;
    files["networks/" + name + ".json"] = q.text;
  }
  return design::write_design(folder, files, manifest);
}

Design read_design(const fs::path& folder) {
  design::Manifest manifest = design::read_manifest(folder);
  if (manifest.version != design::kToolVersion) {
    throw Error(fmt::format("{} was written by offramp {} and this is {}; generate the design again",
                            in_quotes((folder / design::kManifestName).string()), manifest.version,
                            design::kToolVersion));
  }
  design::check_files(folder, manifest);
  const auto value = [&](const char* key) {
    const auto found = manifest.configuration.find(key);
    if (found == manifest.configuration.end()) {
      throw Error(fmt::format("{}: the configuration has no '{}'; generate the design again",
                              in_quotes((folder / design::kManifestName).string()), key));
    }
    return found->second;
  };
  accel::Options options;
  options.strategy = accel::strategy_from(value("exits"));
  options.backbone = parse_array("array of manifest.json", value("array"));
  if (options.strategy == accel::Strategy::parallel) {
    options.exit_classifier = parse_array("exit-array of manifest.json", value("exit-array"));
  }
  const design::Target target = design::load_target(design::home_directory(), value("target"));
  options.prune = value("prune") == "yes";
  options.packed = value("packed") == "yes";
  if (manifest.configuration.contains("on-backbone")) {
    std::istringstream list(value("on-backbone"));
    for (std::string exit; std::getline(list, exit, ',');) options.on_backbone.insert(std::stoi(exit));
  }
  options.watch = read_watch(manifest.configuration);
  options.weights = design::weight_memory(target);
  options.weights.store_bits = std::stoll(value("weight-store-bits"));
  const Quantized quantized = read_quantized(folder);
  std::vector<Quantized> also;
  if (manifest.configuration.contains("also")) {
    std::istringstream list(value("also"));
    for (std::string name; std::getline(list, name, ',');)
      also.push_back(read_quantized(folder / "networks" / (name + ".json")));
  }
  Design design{.folder = folder,
                .manifest = std::move(manifest),
                .target = target,
                .plan = make_plan(quantized.network, options, target, also)};
  // The files are as the manifest says; now the manifest has to be what this program makes of the network.
  // Verification would otherwise compare another design's RTL with this one's plan.
  const auto emitted = design::records_of(design.plan.emitted.files);
  for (const auto& [name, record] : emitted) {
    const auto listed = design.manifest.files.find(name);
    if (listed == design.manifest.files.end() || !(listed->second == record)) {
      throw Error(fmt::format("{} is not what this program generates from {}; generate the design again",
                              in_quotes((folder / name).string()),
                              in_quotes((folder / "quantized.json").string())));
    }
  }
  return design;
}

}  // namespace offramp::cli

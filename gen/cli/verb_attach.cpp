#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "attach/attach.h"
#include "attach/report.h"
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "cli/stages.h"
#include "cli/text_table.h"
#include "cli/verbs.h"
#include "net/export_onnx.h"
#include "net/shapes.h"

namespace offramp::cli {
namespace {

namespace fs = std::filesystem;

/// Above this, weights go to a file of their own, int8 where they are that: models with few stay one file.
constexpr std::int64_t kExternalParameters = 4'000'000;

attach::AttachOptions options_of(const Arguments& arguments, Console& console) {
  const AttachArguments& t = arguments.attach;
  attach::AttachOptions options;
  options.at = t.at;
  options.exits = t.exits;
  for (const std::string& word : t.branches) options.structures.push_back(attach::parse_structure(word));
  options.search = t.search;
  options.minimize = t.minimize == "macs" ? attach::Minimize::macs : attach::Minimize::traffic;
  options.images = t.images;
  options.held_share = t.held_out / 100;
  options.held_from_test = t.held_from_test;
  options.max_drop = arguments.max_drop / 100;
  options.seed = arguments.seed;
  options.threads = t.threads.value_or(static_cast<int>(std::max(1U, std::thread::hardware_concurrency())));
  options.memory = t.memory_mib << 20;
  options.progress = [&console](const std::string& what, std::size_t done, std::size_t all) {
    console.progress(what, done, all);
  };
  return options;
}

Answer list_places(const net::Network& backbone) {
  Answer answer;
  answer.json["network"] = backbone.name;
  answer.json["places"] = nlohmann::ordered_json::array();
  TextTable table({{"after", TextTable::Align::left},
                   {"map c x h x w"},
                   {"parameters so far"},
                   {"MACs so far"},
                   {"usual branches", TextTable::Align::left}});
  for (const attach::Position& p : attach::positions_of(backbone)) {
    std::string usual;
    for (const attach::Structure& s : attach::usual_structures(p.shape, backbone.classes()))
      usual += (usual.empty() ? "" : " ") + attach::to_string(s);
    table.row({p.name + (p.through ? "" : " (only by --at)"),
               fmt::format("{} x {} x {}", p.shape.channels, p.shape.height, p.shape.width),
               fmt::format("{}", p.parameters), fmt::format("{}", p.macs), usual});
    answer.json["places"].push_back({{"name", p.name},
                                     {"layers", p.layers},
                                     {"map", {p.shape.channels, p.shape.height, p.shape.width}},
                                     {"all_paths", p.through},
                                     {"parameters", p.parameters},
                                     {"macs", p.macs},
                                     {"usual_branches", usual}});
  }
  answer.text = table.text();
  return answer;
}

std::string percent(double share) {
  return fmt::format("{:.2f} %", 100 * share);
}

std::string text_of(const attach::AttachResult& r, const attach::AttachOptions& options) {
  TextTable table({{"exit"},
                   {"after", TextTable::Align::left},
                   {"branch", TextTable::Align::left},
                   {"parameters"},
                   {"MACs"},
                   {"held-out"},
                   {"test"},
                   {"level"},
                   {"leave"},
                   {"traffic B"},
                   {"seconds"}});
  for (const attach::AttachedExit& e : r.exits) {
    table.row({e.name, e.position.name, attach::to_string(e.structure), fmt::format("{}", e.cost.parameters),
               fmt::format("{}", e.cost.macs), percent(e.held_accuracy), percent(e.test_accuracy),
               e.level > 1 ? "never" : fmt::format("{:.4f}", e.level), percent(e.test_share),
               fmt::format("{:.0f}", e.traffic), fmt::format("{:.1f}", e.seconds)});
  }
  const auto split = [&](const char* name, const attach::Totals& t) {
    return fmt::format(
        "{}, {} images: accuracy {} (backbone {}), {} of them go to the end; {} of the backbone's parameters "
        "and {} of "
        "its MACs are used\n",
        name, t.images, percent(t.accuracy), percent(t.backbone_accuracy), percent(t.final_share),
        percent(t.parameters / static_cast<double>(r.backbone_parameters)),
        percent(t.macs / static_cast<double>(r.backbone_macs)));
  };
  return fmt::format(
      "{}\nAccuracy: all images judged at that exit. Leave, traffic: test images, thresholds from the "
      "held-out ones "
      "(at most {:g} points lost).\n{}{}Trained on {} images: {} branches tried at {} places in {:.1f} s, of "
      "which "
      "features {:.1f} s ({:.1f} GMAC/s in {} {}).\n",
      table.text(), 100 * options.max_drop, split("Held out", r.held), split("Test", r.test),
      r.training_images, r.trained.size(), r.places.size(), r.seconds, r.feature_seconds,
      r.feature_macs / r.feature_seconds / 1e9, r.passes, r.passes == 1 ? "pass" : "passes");
}

/// Weights first, so that the model never names a file that is not there.
void write_model(const fs::path& file, const net::Network& network) {
  std::int64_t parameters = 0;
  for (const net::Node& node : network.nodes) parameters += attach::parameters_of(node);
  if (parameters <= kExternalParameters) {
    write_file(file, net::export_onnx(network));
    return;
  }
  fs::path weights = file;
  weights.replace_extension(".weights");
  const net::OnnxFiles files = net::export_onnx_external(network, weights.filename().string());
  write_file(weights, files.weights);
  write_file(file, files.model);
}

/// Before minutes of work: an output that cannot be written, or that is the input.
void check_output(const Arguments& arguments) {
  if (arguments.output.empty()) throw Error("attach: say where to write the model (-o OUT.onnx)");
  const fs::path file = arguments.output;
  if (file.extension() != ".onnx")
    throw Error(fmt::format("-o {}: the output is an ONNX model; let its name end in .onnx",
                            in_quotes(arguments.output)));
  std::error_code ignored;
  if (fs::equivalent(file, arguments.input, ignored)) {
    throw Error(fmt::format("-o {} would overwrite the model that is read; choose another name",
                            in_quotes(arguments.output)));
  }
  fs::path weights = file;
  weights.replace_extension(".weights");
  if (fs::exists(weights, ignored) && !fs::exists(file, ignored)) {
    throw Error(
        fmt::format("-o {}: {} is there already without its model, and may belong to another; move it away "
                    "or choose another name",
                    in_quotes(arguments.output), in_quotes(weights.string())));
  }
  const fs::path probe = file.string() + ".probe";
  write_file(probe, "");
  fs::remove(probe, ignored);
}

}  // namespace

Answer attach(const Arguments& arguments, Console& console) {
  const Model model = read_model(arguments.input);
  net::Network backbone = model.network;
  if (backbone.exits.size() > 1) {
    if (!arguments.attach.replace && !arguments.attach.list) {
      throw Error(
          fmt::format("{} has {} exits already; --replace drops their branches and keeps the backbone",
                      in_quotes(arguments.input), backbone.exits.size()));
    }
    backbone = attach::without_exits(backbone);
  }
  if (arguments.attach.list) return list_places(backbone);
  const attach::AttachOptions options = options_of(arguments, console);
  check_output(arguments);
  if (arguments.data.empty()) throw Error("attach: branches are trained on images; name a data set (--data)");
  const Data data = read_data(arguments.data);
  const attach::AttachResult result = attach::attach_exits(backbone, data.set, options);

  Answer answer;
  answer.json = attach::describe(result, options);
  answer.json["model"] = model.hash;
  answer.json["training_split"] = data.train_hash;
  fs::path report = arguments.output;
  report.replace_extension(".json");
  write_model(arguments.output, result.network);
  write_file(report, answer.json.dump(2) + "\n");
  answer.json["seconds"] = attach::describe_seconds(result);
  answer.json["output"] = arguments.output;
  answer.text =
      fmt::format("{}Wrote {} and {}.\n", text_of(result, options), arguments.output, report.string());
  return answer;
}

}  // namespace offramp::cli

// offramp_results: networks x strategies x numbers of multipliers, measured, and docs/results.md and .json written from
// them. Resumable: what the work folder holds and nothing has changed is not run again.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <map>
#include <sstream>

#include "base/error.h"
#include "base/files.h"
#include "base/interrupt.h"
#include "base/process.h"
#include "base/text.h"
#include "cli/options.h"
#include "verif/results_run.h"
#include "verif/results_table.h"

namespace {

using namespace offramp;
namespace fs = std::filesystem;

struct Settings {
  std::vector<std::string> networks = {"lenet5", "alexnet", "resnet32", "vgg19"};
  std::string strategies = "static,pipeline,parallel";
  std::string multipliers = "64,256,1024";
  std::size_t samples = 100;
  std::string cifar10;
  fs::path work = "out/results";
  fs::path docs;
  cli::Arguments arguments;
};

std::vector<int> parse_numbers(const std::string& option, const std::string& text) {
  std::vector<int> numbers;
  std::istringstream list(text);
  for (std::string word; std::getline(list, word, ',');) {
    int number = 0;
    char more = 0;
    if (std::sscanf(word.c_str(), "%d%c", &number, &more) != 1 || number < 1 || number > 65536) {
      throw Error(fmt::format("{} {}: give numbers from 1 to 65536 separated by commas", option, in_quotes(text)));
    }
    numbers.push_back(number);
  }
  if (numbers.empty()) throw Error(fmt::format("{}: give at least one number", option));
  return numbers;
}

/// "alexnet", "alexnet:256,1024" or "alexnet:256,1024:12": multipliers and test images where they differ from the rest.
results::NetworkRequest parse_network(const std::string& text, const Settings& settings, const fs::path& home) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, ':');) parts.push_back(part);
  if (parts.empty() || parts.size() > 3) {
    throw Error(fmt::format("--networks {}: write NAME, NAME:MULTIPLIERS or NAME:MULTIPLIERS:SAMPLES", in_quotes(text)));
  }
  const std::string list = parts.size() > 1 && !parts[1].empty() ? parts[1] : settings.multipliers;
  const std::string samples = parts.size() > 2 ? parts[2] : fmt::format("{}", settings.samples);
  return {.name = parts[0],
          .model = home / "networks" / parts[0] / (parts[0] + ".onnx"),
          .multipliers = parse_numbers("--networks " + text + ": multipliers", list),
          .samples = static_cast<std::size_t>(parse_numbers("--networks " + text + ": samples", samples).front())};
}

/// The data set that the network was trained on, or why there is none.
std::string data_for(const std::string& network, const Settings& settings) {
  if (network == "lenet5") return "fashion-mnist";
  return settings.cifar10.empty() ? std::string() : "cifar10:" + settings.cifar10;
}

void run(const Settings& settings) {
  const fs::path home = design::home_directory();
  const fs::path docs = settings.docs.empty() ? home / "docs" : settings.docs;
  const design::Target target = design::load_target(home, settings.arguments.target);
  require_tool("verilator", "verilator");
  results::Results all{.target = target.name,
                       .clock_mhz = target.clock_mhz,
                       .networks = {},
                       .left_out = {},
                       .peers = nlohmann::ordered_json::parse(read_file(home / "verif" / "results_peers.json"))};
  const results::RunOptions options{.work = settings.work,
                                    .strategies = cli::parse_strategies(settings.strategies),
                                    .arguments = settings.arguments,
                                    .say = [](const std::string& line) {
                                      fmt::print("{}\n", line);
                                      std::fflush(stdout);
                                    }};
  std::map<std::string, cli::Data> sets;
  for (const std::string& text : settings.networks) {
    const results::NetworkRequest request = parse_network(text, settings, home);
    if (!fs::exists(request.model)) {
      all.left_out.push_back({request.name, fmt::format("there is no networks/{0}/{0}.onnx", request.name)});
      continue;
    }
    const std::string spec = data_for(request.name, settings);
    if (spec.empty()) {
      all.left_out.push_back({request.name, "its images were not given (--cifar10 DIR)"});
      continue;
    }
    if (!sets.contains(spec)) sets.emplace(spec, cli::read_data(spec));
    const cli::Data& data = sets.at(spec);
    cli::Arguments check;
    check.samples = request.samples;
    cli::check_samples(data, check);
    all.networks.push_back(results::run_network(request, data, options));
  }
  for (const results::LeftOut& l : all.left_out) options.say(fmt::format("left out: {}: {}", l.what, l.why));
  make_directory(docs);
  const fs::path page = docs / "results.md";
  const std::string before = fs::exists(page) ? read_file(page) : "# Results\n";
  write_file(docs / "results.json", results::document_of(all).dump(1) + "\n");
  write_file(page, results::with_section(before, results::section_of(all)));
  fmt::print("wrote {} and {}\n", page.string(), (docs / "results.json").string());
}

}  // namespace

int main(int argc, char** argv) {
  const InterruptScope interrupt;
  std::signal(SIGPIPE, SIG_IGN);
  Settings settings;
  settings.arguments.target = "zcu106";
  CLI::App app("Measures networks, exit strategies and arrays, and writes docs/results.md and docs/results.json.");
  app.add_option("--networks", settings.networks, "NAME, NAME:MULTIPLIERS or NAME:MULTIPLIERS:SAMPLES, for example alexnet:256,1024:12")
      ->delimiter(' ')
      ->capture_default_str();
  app.add_option("--strategies", settings.strategies, "Exit strategies, separated by commas")->capture_default_str();
  app.add_option("--multipliers", settings.multipliers, "Numbers of multipliers, separated by commas")
      ->capture_default_str();
  app.add_option("--samples", settings.samples, "Test images to simulate")->capture_default_str();
  app.add_option("--cifar10", settings.cifar10, "Folder of CIFAR-10's binary files");
  app.add_option("--target", settings.arguments.target, "Board")->capture_default_str();
  app.add_option("--max-drop", settings.arguments.max_drop, "Accuracy that exits may cost, in points")
      ->capture_default_str();
  app.add_option("--exit-multipliers", settings.arguments.exit_multipliers,
                 "Multipliers for each exit classifier [as the backbone's]");
  app.add_flag("--packed", settings.arguments.packed, "Two products a DSP48E2 in the backbone's array");
  app.add_option("--seed", settings.arguments.seed, "Of the random stalls and the choice of images")
      ->capture_default_str();
  app.add_option("--work", settings.work, "Folder for designs and results so far")->capture_default_str();
  app.add_option("--docs", settings.docs, "Folder of results.md and results.json [docs]");
  CLI11_PARSE(app, argc, argv);
  try {
    run(settings);
    return 0;
  } catch (const Error& e) {
    fmt::print(stderr, "offramp_results: {}\n", e.what());
    return static_cast<int>(e.status());
  } catch (const std::exception& e) {
    fmt::print(stderr, "offramp_results: {}\n", e.what());
    return static_cast<int>(ExitStatus::bad_input);
  }
}

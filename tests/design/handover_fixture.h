#pragma once
// Whole design folders of small networks for a board, and what Yosys sees in their Verilog.
#include <fmt/format.h>

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "accel/network_maker.h"
#include "base/process.h"
#include "design/design_files.h"
#include "design/handover.h"
#include "fixture.h"
#include "golden/golden.h"
#include "quant/qnetwork_json.h"
#include "quant/random_network.h"
#include "verif/random_case.h"

namespace offramp::design::testing {

/// Three convolutions and an early exit.
inline quant::QNetwork small_network() {
  test::NetworkMaker m("small", {.channels = 1, .height = 8, .width = 8});
  const int a = m.conv(0, 16, {.stride = 2});
  m.exit(a);
  m.exit(m.conv(m.conv(a, 32, {.stride = 2}), 32, {}));
  return m.make();
}

struct DesignFolder {
  accel::Accelerator accelerator;
  accel::Emitted emitted;
  Target target;
  Files files;
  std::shared_ptr<Scratch> scratch = std::make_shared<Scratch>();

  [[nodiscard]] std::filesystem::path path() const { return *scratch / "design"; }
  [[nodiscard]] Handover handover() const { return hand_over(accelerator, emitted, target); }
  /// The same with a folder of its own.
  [[nodiscard]] DesignFolder copy() const {
    DesignFolder other = *this;
    other.scratch = std::make_shared<Scratch>();
    std::filesystem::copy(scratch->path(), other.scratch->path(), std::filesystem::copy_options::recursive);
    return other;
  }
  void change(const std::string& file, const std::string& from, const std::string& to) const {
    std::string text = slurp(path() / file);
    const std::size_t at = text.find(from);
    if (at == std::string::npos) throw std::logic_error("not in " + file + ": " + from);
    spill(path() / file, text.replace(at, from.size(), to));
  }
};

/// Images that leave wherever the network lets them.
inline std::vector<SimSample> samples_of(const accel::Accelerator& accelerator, std::uint64_t count) {
  std::vector<SimSample> samples;
  for (std::uint64_t seed = 1; seed <= count; ++seed) {
    const std::vector<std::uint8_t> image = quant::random_image(accelerator.network, seed);
    const golden::Trace trace = golden::run_simple(accelerator.network, image);
    const bool last = accelerator.options.strategy == accel::Strategy::static_;
    const int exit = last ? static_cast<int>(trace.decisions.size()) - 1 : trace.exit;
    samples.push_back({image, exit, trace.decisions[static_cast<std::size_t>(exit)].top_class});
  }
  return samples;
}

inline DesignFolder make_folder(const std::string& board, accel::Strategy strategy, bool streams = false) {
  DesignFolder folder;
  folder.target = load_target(OFFRAMP_SOURCE_DIR, board);
  const quant::QNetwork network = small_network();
  accel::Options options{.strategy = strategy,
                         .backbone = {.rows = 8, .columns = 4, .lanes = 1},
                         .exit_classifier = {.rows = 4, .columns = 2, .lanes = 1}};
  if (streams) options = verif::with_smallest_store(network, options);
  folder.accelerator = accel::plan_accelerator(network, options);
  folder.emitted = accel::emit(folder.accelerator);
  folder.files = design_files(folder.accelerator, folder.emitted, model::estimate(folder.accelerator),
                              folder.target, quant::to_json(network), samples_of(folder.accelerator, 3));
  for (const auto& [name, text] : folder.files) spill(folder.path() / name, text);
  return folder;
}

/// Modules of some Verilog files below `top`, as Yosys' JSON has them.
inline nlohmann::json elaborate(const std::filesystem::path& folder, const std::vector<std::string>& files,
                                const std::string& top) {
  const Scratch scratch;
  const std::string json = (scratch / "netlist.json").string();
  const ProcessResult run =
      run_process({"yosys", "-q", "-p",
                   fmt::format("read_verilog {}; hierarchy -check -top {}; proc; write_json {}",
                               fmt::join(files, " "), top, json)},
                  {.directory = folder});
  if (run.exit_code != 0) throw std::runtime_error(run.output);
  return nlohmann::json::parse(slurp(json)).at("modules");
}

/// The name in the source of a module that Yosys named for its parameters.
inline std::string source_name(const std::string& module) {
  if (!module.starts_with("$paramod")) return module;
  const std::size_t begin = module.find('\\') + 1;
  return module.substr(begin, module.find('\\', begin) - begin);
}

}  // namespace offramp::design::testing

// offramp_fit_resources: fits the coefficients of the resource model (gen/model/resources.h) to Yosys'
// netlists of random configurations, and writes them with the error that they reached on those that were held
// out.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>

#include "base/error.h"
#include "base/files.h"
#include "synth/yosys.h"
#include "verif/resources/configurations.h"
#include "verif/resources/fit.h"

namespace offramp::verif {
namespace {

namespace fs = std::filesystem;
using netlist::Family;

struct Options {
  fs::path work = "out/resources";
  fs::path coefficients;  // file to write
  fs::path results;       // file to write
  int configurations = 100;
  int threads = 2;
  std::uint64_t seed = 1;
  std::vector<std::string> families = {"xc7", "xcup"};
};

/// Every third configuration of a family is kept from the fit.
bool held_out(int index) {
  return index % 3 == 2;
}

struct Totals {
  model::Resources measured;
  model::Resources modelled;
};

struct Fitted {
  Family family = Family::xcup;
  std::vector<FittedBlock> blocks = {};
  model::ResourceError held = {};  // on what was held out
  model::ResourceError all = {};
  int exact_dsp = 0, exact_bram = 0, exact_uram = 0;  // configurations
  int configurations = 0;
  int modules = 0;
  std::vector<std::string> worst = {};  // rows of a table: blocks by what they add to the error
  std::vector<std::string> not_exact = {};
};

model::Resources with(const std::vector<FittedBlock>& blocks, const std::string& block,
                      const model::Features& f) {
  const FittedBlock* c = &blocks.front();
  for (const FittedBlock& b : blocks) {
    if (b.block == block) c = &b;
  }
  model::Resources r{.lut = f.fixed_lut, .ff = f.fixed_ff, .dsp = f.dsp, .bram18 = f.bram18, .uram = 0};
  for (std::size_t i = 0; i < model::kFeatures; ++i) r.lut += c->lut[i] * f.value[i];
  const auto registers = model::register_features(f);
  for (std::size_t i = 0; i < model::kRegisterFeatures; ++i) r.ff += c->ff[i] * registers[i];
  r.lut = std::max(0.0, r.lut);
  r.ff = std::max(0.0, r.ff);
  return r;
}

double error_percent(double modelled, double measured) {
  return measured > 0 ? 100 * std::abs(modelled - measured) / measured : 0;
}

void add_error(model::ResourceError& e, const Totals& t) {
  const double lut = error_percent(t.modelled.lut, t.measured.lut);
  const double ff = error_percent(t.modelled.ff, t.measured.ff);
  e.lut_mean += lut;
  e.ff_mean += ff;
  e.lut_worst = std::max(e.lut_worst, lut);
  e.ff_worst = std::max(e.ff_worst, ff);
  ++e.configurations;
}

void finish(model::ResourceError& e) {
  const int n = std::max(1, e.configurations);
  e.lut_mean /= n;
  e.ff_mean /= n;
}

Fitted fit_family(Family family, const Options& options) {
  Fitted done{.family = family};
  std::vector<Configuration> configurations;
  std::vector<ModuleToMeasure> modules;
  for (int i = 0; i < options.configurations; ++i) {
    const std::uint64_t number = options.seed + static_cast<std::uint64_t>(i);
    if (number % 2 != (family == Family::xc7 ? 0 : 1)) continue;
    configurations.push_back(configuration(number, family));
    for (const ModuleToMeasure& m : to_measure(configurations.back())) modules.push_back(m);
  }
  Measurements measurements({.family = family, .cache = options.work, .threads = options.threads});
  measurements.measure(modules);
  done.configurations = static_cast<int>(configurations.size());

  std::vector<Sample> samples;
  std::map<std::string, std::size_t> known;
  for (int i = 0; i < done.configurations; ++i) {
    const Configuration& c = configurations[static_cast<std::size_t>(i)];
    const model::Resources total = measured(c, measurements);
    for (const model::UsedModule& used : c.used) {
      ++done.modules;
      if (held_out(i)) continue;
      const netlist::Counts& own = measurements.own(*used.module, used.parameters);
      const double share = static_cast<double>(used.instances) / std::max(1.0, total.lut);
      samples.push_back({.block = model::block_of(used.module->name, c.top->name),
                         .features = used.features,
                         .lut = static_cast<double>(own.lut),
                         .ff = static_cast<double>(own.ff),
                         .weight = share * share});
    }
  }
  done.blocks = fit(samples);

  struct BlockError {
    double measured_lut = 0, modelled_lut = 0, off_lut = 0, measured_ff = 0, modelled_ff = 0, off_ff = 0;
    std::int64_t instances = 0;
  };
  std::map<std::string, BlockError> by_block;
  for (int i = 0; i < done.configurations; ++i) {
    const Configuration& c = configurations[static_cast<std::size_t>(i)];
    Totals t{.measured = measured(c, measurements), .modelled = {}};
    for (const model::UsedModule& used : c.used) {
      const std::string block = model::block_of(used.module->name, c.top->name);
      const model::Resources r = with(done.blocks, block, used.features);
      const netlist::Counts& own = measurements.own(*used.module, used.parameters);
      const auto n = static_cast<double>(used.instances);
      t.modelled += {.lut = r.lut * n,
                     .ff = r.ff * n,
                     .dsp = r.dsp * static_cast<int>(used.instances),
                     .bram18 = r.bram18 * static_cast<int>(used.instances),
                     .uram = r.uram * static_cast<int>(used.instances)};
      BlockError& e = by_block[block];
      e.instances += used.instances;
      e.measured_lut += own.lut * n;
      e.modelled_lut += r.lut * n;
      e.off_lut += std::abs(own.lut - r.lut) * n;
      e.measured_ff += own.ff * n;
      e.modelled_ff += r.ff * n;
      e.off_ff += std::abs(own.ff - r.ff) * n;
      if (r.dsp != own.dsp || r.bram18 != own.bram18 || r.uram != own.uram) {
        std::string parameters;
        for (const auto& p : used.module->params)
          parameters += fmt::format(" {}={}", p->name, used.parameters.at(p.get()));
        done.not_exact.push_back(fmt::format("{}{}: DSP {} (modelled {}), BRAM18 {} ({}), URAM {} ({})",
                                             used.module->name, parameters, own.dsp, r.dsp, own.bram18,
                                             r.bram18, own.uram, r.uram));
      }
    }
    if (held_out(i)) add_error(done.held, t);
    add_error(done.all, t);
    done.exact_dsp += t.measured.dsp == t.modelled.dsp ? 1 : 0;
    done.exact_bram += t.measured.bram18 == t.modelled.bram18 ? 1 : 0;
    done.exact_uram += t.measured.uram == t.modelled.uram ? 1 : 0;
  }
  finish(done.held);
  finish(done.all);
  for (const auto& [block, e] : by_block) {
    done.worst.push_back(fmt::format("| {} | {} | {:.0f} | {:.0f} | {:.1f} | {:.0f} | {:.0f} | {:.1f} |\n",
                                     block, e.instances, e.measured_lut, e.modelled_lut,
                                     100 * e.off_lut / std::max(1.0, e.measured_lut), e.measured_ff,
                                     e.modelled_ff, 100 * e.off_ff / std::max(1.0, e.measured_ff)));
  }
  return done;
}

std::string coefficients_text(const std::vector<Fitted>& families) {
  const auto number = [](double v) { return fmt::format("{:.4g}", v); };
  const auto list = [&](const auto& values) {
    std::string text;
    for (const double v : values) text += (text.empty() ? "" : ", ") + number(v);
    return text;
  };
  std::string text =
      "// Written by scripts/fit_resources.sh; do not edit.\nconst BlockCoefficients kBlocks[] = {\n";
  for (const Fitted& f : families) {
    for (const FittedBlock& b : f.blocks)
      text += fmt::format("    {{Family::{}, \"{}\", {{{}}}, {{{}}}}},\n", netlist::to_string(f.family),
                          b.block, list(b.lut), list(b.ff));
  }
  text += "};\nconst FamilyError kErrors[] = {\n";
  for (const Fitted& f : families)
    text += fmt::format("    {{Family::{}, {{{}, {}, {}, {}, {}}}}},\n", netlist::to_string(f.family),
                        number(f.held.lut_mean), number(f.held.lut_worst), number(f.held.ff_mean),
                        number(f.held.ff_worst), f.held.configurations);
  return text + "};\n";
}

std::string results_text(const std::vector<Fitted>& families, const Options& options) {
  std::string text = fmt::format(
      "# The resource model against Yosys\n\n"
      "Written by `scripts/fit_resources.sh` ({} random configurations from number {} on, every second one "
      "for each family, {}). The measured "
      "figures are "
      "cells of Yosys' netlists with the hierarchy kept; docs/synthesis.md says what the model does. Every "
      "third "
      "configuration is held out: the coefficients were not fitted to it.\n\n"
      "| family | configurations | LUT mean % | LUT worst % | FF mean % | FF worst % | DSP exact | BRAM "
      "exact | URAM "
      "exact |\n|---|---|---|---|---|---|---|---|---|\n",
      options.configurations, options.seed, synth::yosys_version());
  for (const Fitted& f : families) {
    const auto row = [&](const char* which, const model::ResourceError& e) {
      text += fmt::format("| {} {} | {} | {:.2f} | {:.2f} | {:.2f} | {:.2f} |", netlist::to_string(f.family),
                          which, e.configurations, e.lut_mean, e.lut_worst, e.ff_mean, e.ff_worst);
    };
    row("held out", f.held);
    text += " | | |\n";
    row("all", f.all);
    text += fmt::format(" {} | {} | {} |\n", f.exact_dsp, f.exact_bram, f.exact_uram);
  }
  for (const Fitted& f : families) {
    text += fmt::format(
        "\n## {}: by block\n\nSums over all configurations; \"off\" is the sum of the modules' "
        "absolute errors.\n\n| block | instances | LUT | modelled | off % | FF | modelled | off % "
        "|\n|---|---|---|---|---|---|---|---|\n",
        netlist::to_string(f.family));
    for (const std::string& row : f.worst) text += row;
  }
  return text;
}

int run(const Options& options) {
  std::vector<Fitted> families;
  for (const std::string& name : options.families) {
    families.push_back(fit_family(netlist::family_from(name), options));
    const Fitted& f = families.back();
    fmt::print(
        "{}: {} configurations, {} modules, {} held out\n"
        "  held out: LUT {:.2f} % mean, {:.2f} % worst; FF {:.2f} % mean, {:.2f} % worst\n"
        "  all:      LUT {:.2f} % mean, {:.2f} % worst; FF {:.2f} % mean, {:.2f} % worst\n"
        "  exact:    DSP {}, BRAM {}, URAM {}\n",
        netlist::to_string(f.family), f.configurations, f.modules, f.held.configurations, f.held.lut_mean,
        f.held.lut_worst, f.held.ff_mean, f.held.ff_worst, f.all.lut_mean, f.all.lut_worst, f.all.ff_mean,
        f.all.ff_worst, f.exact_dsp, f.exact_bram, f.exact_uram);
    for (const std::string& row : f.worst) fmt::print("  {}", row);
    for (const std::string& line : f.not_exact) fmt::print("  not exact: {}\n", line);
  }
  if (!options.coefficients.empty()) write_file(options.coefficients, coefficients_text(families));
  if (!options.results.empty()) write_file(options.results, results_text(families, options));
  return 0;
}

}  // namespace
}  // namespace offramp::verif

int main(int argc, char** argv) {
  offramp::verif::Options options;
  CLI::App app("Fits the resource model to Yosys' netlists of random configurations");
  app.add_option("--work", options.work, "Folder that keeps what was synthesized")->capture_default_str();
  app.add_option("--coefficients", options.coefficients, "File to write the coefficients to");
  app.add_option("--results", options.results, "File to write the table of errors to");
  app.add_option("--configurations", options.configurations)
      ->capture_default_str()
      ->check(CLI::Range(3, 100000));
  app.add_option("--threads", options.threads, "Runs of Yosys at a time")
      ->capture_default_str()
      ->check(CLI::Range(1, 64));
  app.add_option("--families", options.families, "Of which to fit the model")
      ->delimiter(',')
      ->capture_default_str()
      ->check(CLI::IsMember({"xc7", "xcup"}));
  app.add_option("--seed", options.seed, "Number of the first configuration")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    return offramp::verif::run(options);
  } catch (const offramp::Error& e) {
    fmt::print(stderr, "offramp_fit_resources: {}\n", e.what());
    return static_cast<int>(e.status());
  }
}

#include <fmt/format.h>

#include "accel/share.h"
#include "base/error.h"
#include "base/process.h"
#include "base/text.h"
#include "cli/exit_study.h"
#include "cli/stages.h"
#include "cli/verbs.h"

namespace offramp::cli {
namespace {

nlohmann::ordered_json summary(const Verified& verified, const design::Performance& p) {
  const design::Verification& v = verified.verification;
  nlohmann::ordered_json out = {
      {"bit_exact", v.bit_exact},     {"samples", v.samples},       {"values_compared", v.values_compared},
      {"cycles_mean", p.cycles_mean}, {"exit_rates", p.exit_rates}, {"mac_efficiency", p.mac_efficiency},
      {"accuracy", v.test_accuracy},  {"kept", verified.kept}};
  out["first_mismatch"] = nullptr;
  if (v.first_mismatch) {
    const auto& m = *v.first_mismatch;
    out["first_mismatch"] = {{"sample", m.sample},     {"layer", m.layer}, {"index", m.position},
                             {"expected", m.expected}, {"got", m.got},     {"reproduce", m.reproduce}};
  }
  if (!verified.waves.empty()) out["waves"] = verified.waves.string();
  if (!verified.kept) out["sim_cycles_per_second"] = verified.sim_cycles_per_second;
  return out;
}

}  // namespace

Answer answer_of(const Design& design, const Verified& verified) {
  const design::Verification& v = verified.verification;
  const design::Performance p = design::performance(v, design.plan.estimate);
  Answer answer;
  answer.json = summary(verified, p);
  answer.status = v.bit_exact ? ExitStatus::done : ExitStatus::difference;
  if (v.bit_exact) {
    answer.text =
        fmt::format("{}: bit-exact on {} test images, {} values compared, mean {:.1f} cycles per image{}\n",
                    design.manifest.top, v.samples, v.values_compared, p.cycles_mean,
                    verified.kept ? " (verified before; nothing has changed)" : "");
  } else {
    answer.text = describe_mismatch(design.manifest.top, v);
  }
  if (!verified.waves.empty()) answer.text += fmt::format("waves: {}\n", verified.waves.string());
  return answer;
}

namespace {

/// The data sets of a design's other networks, in its order, from NAME=SPEC.
std::vector<Data> read_also_data(const accel::Accelerator& accelerator, const Arguments& arguments) {
  std::map<std::string, std::string> specs;
  for (const std::string& text : arguments.also_data) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw Error(
          fmt::format("--also-data {}: write NAME=SPEC, for example resnet32=cifar10:DIR", in_quotes(text)));
    }
    specs[text.substr(0, equals)] = text.substr(equals + 1);
  }
  std::vector<Data> data;
  for (const accel::Accelerator& a : accelerator.also) {
    const auto spec = specs.extract(accel::identifier(a.network));
    if (spec.empty()) {
      throw Error(fmt::format("the design runs {}, too: name its data set with --also-data {}=SPEC",
                              a.network.name, accel::identifier(a.network)));
    }
    data.push_back(read_data(spec.mapped()));
    check_fits_images(data.back(), a.network);
    check_samples(data.back(), arguments);
  }
  if (!specs.empty()) {
    throw Error(
        fmt::format("--also-data {}: the design has no other network of that name; those that it has are "
                    "the files networks/NAME.json",
                    specs.begin()->first));
  }
  return data;
}

Answer verify_several(const Design& design, const Data& first, const Arguments& arguments, Console& console) {
  const accel::Accelerator& accelerator = design.plan.accelerator;
  if (arguments.sample || arguments.trace)
    throw Error("--sample and --trace take a design for one network; generate one without --also");
  std::vector<Data> data = {first};
  for (Data& d : read_also_data(accelerator, arguments)) data.push_back(std::move(d));
  const accel::Strategy strategy = accelerator.options.strategy;
  const std::vector<const accel::Accelerator*> networks = accel::networks_of(accelerator);
  std::vector<GoldenRun> golden;
  for (std::size_t n = 0; n < networks.size(); ++n)
    golden.push_back(
        golden_runs(golden::evaluate(networks[n]->network, data[n].set.test), data[n].set.test, {strategy})
            .at(strategy));
  const std::vector<Verified> verified =
      verify_networks(design, data, golden, arguments, [&](std::size_t done, std::size_t all) {
        console.progress("simulating " + design.manifest.top, done, all);
      });
  Answer answer;
  answer.json["networks"] = nlohmann::ordered_json::array();
  for (std::size_t n = 0; n < networks.size(); ++n) {
    const design::Verification& v = verified[n].verification;
    const design::Performance p = design::performance(v, model::estimate(accel::seen_from(accelerator, n)));
    const std::string& name = networks[n]->network.name;
    nlohmann::ordered_json one = {{"network", name}};
    one.update(summary(verified[n], p));
    answer.json["networks"].push_back(one);
    if (v.bit_exact) {
      answer.text += fmt::format(
          "{}, {}: bit-exact on {} test images, {} values compared, mean {:.1f} cycles per image{}\n",
          design.manifest.top, name, v.samples, v.values_compared, p.cycles_mean,
          verified[n].kept ? " (verified before; nothing has changed)" : "");
    } else {
      answer.status = ExitStatus::difference;
      answer.text += v.first_mismatch
                         ? describe_mismatch(design.manifest.top + ", " + name, v)
                         : fmt::format("{}, {}: not run to the end\n", design.manifest.top, name);
    }
  }
  return answer;
}

}  // namespace

Answer verify(const Arguments& arguments, Console& console) {
  const Design design = read_design(arguments.input);
  const Data data = read_data(arguments.data);
  const quant::QNetwork& network = design.plan.accelerator.network;
  check_fits_images(data, network);
  check_samples(data, arguments);
  require_tool("verilator", "verilator");
  if (arguments.driver) return verify_driver(design, data, arguments, console);
  if (!design.plan.accelerator.also.empty()) return verify_several(design, data, arguments, console);
  if (!arguments.also_data.empty()) throw Error("--also-data: the design runs one network alone");
  const accel::Strategy strategy = design.plan.accelerator.options.strategy;
  const golden::Evaluation evaluation = golden::evaluate(network, data.set.test);
  const GoldenRun golden = golden_runs(evaluation, data.set.test, {strategy}).at(strategy);
  const Verified verified =
      verify_design(design, data, golden, arguments, [&](std::size_t done, std::size_t all) {
        console.progress("simulating " + design.manifest.top, done, all);
      });
  if (!arguments.sample && !arguments.trace) {
    design::add_results(design.folder, {{design::kExitStudyName,
                                         design::exit_study_json(study_exits(design, data, evaluation))}});
  }
  return answer_of(design, verified);
}

}  // namespace offramp::cli

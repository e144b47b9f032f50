#include <fmt/format.h>

#include "base/process.h"
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

Answer verify(const Arguments& arguments, Console& console) {
  const Design design = read_design(arguments.input);
  const Data data = read_data(arguments.data);
  const quant::QNetwork& network = design.plan.accelerator.network;
  check_fits_images(data, network);
  check_samples(data, arguments);
  require_tool("verilator", "verilator");
  const accel::Strategy strategy = design.plan.accelerator.options.strategy;
  const GoldenRun golden = run_golden(network, data.set.test, {strategy}).at(strategy);
  const Verified verified =
      verify_design(design, data, golden, arguments, [&](std::size_t done, std::size_t all) {
        console.progress("simulating " + design.manifest.top, done, all);
      });
  return answer_of(design, verified);
}

}  // namespace offramp::cli

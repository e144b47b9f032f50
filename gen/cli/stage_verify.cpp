// From a design folder to its verification.
#include <fmt/format.h>

#include "accel/share.h"
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "cli/stages.h"
#include "golden/evaluate.h"

namespace offramp::cli {
namespace {

namespace fs = std::filesystem;

/// An earlier verification of the same design on the same images, if the folder has one.
std::optional<design::Verification> earlier(const Design& design, const Data& data,
                                            const Arguments& arguments,
                                            const std::string& name = "verify.json") {
  if (design.manifest.files.count(name) == 0) return std::nullopt;
  const fs::path file = design.folder / name;
  try {
    design::Verification v = design::parse_verify_json(read_file(file), file.string());
    const bool same = v.bit_exact && v.design_hash == design::design_hash(design.manifest) &&
                      v.data_hash == data.test_hash && v.samples == arguments.samples &&
                      v.seed == arguments.seed && v.stalls;
    return same ? std::optional(v) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// A result with what identifies it.
design::Verification verification_of(const Design& design, const Data& data, const GoldenRun& golden,
                                     const Arguments& arguments, const verif::VerifyResult& result,
                                     const std::string& data_options) {
  design::Verification v;
  v.design_hash = design::design_hash(design.manifest);
  v.data_hash = data.test_hash;
  v.samples = result.samples;
  v.seed = arguments.seed;
  v.stalls = true;
  v.bit_exact = result.bit_exact;
  v.values_compared = result.values_compared;
  if (result.first_mismatch) {
    const verif::Mismatch& m = *result.first_mismatch;
    v.first_mismatch = {m.sample, m.layer, m.position, m.expected, m.got, result.reproduce + data_options};
  }
  v.cycles = result.cycles;
  v.exit = result.exit;
  v.images = result.images;
  v.test_images = data.set.test.size();
  v.test_accuracy = golden.accuracy;
  v.test_exit_rates = golden.exit_rates;
  v.test_exit_accuracy = golden.exit_accuracy;
  return v;
}

}  // namespace

std::map<accel::Strategy, GoldenRun> golden_runs(const golden::Evaluation& evaluation, const net::Split& test,
                                                 const std::vector<accel::Strategy>& strategies) {
  const std::size_t exits = evaluation.decisions.front().size();
  const auto images = static_cast<double>(test.size());
  std::map<accel::Strategy, GoldenRun> runs;
  for (const accel::Strategy strategy : strategies) {
    std::vector<std::size_t> left(exits, 0);
    std::vector<std::size_t> right(exits, 0);
    for (std::size_t i = 0; i < test.size(); ++i) {
      // Without exits every sample goes to the end of the backbone.
      const bool to_the_end = strategy == accel::Strategy::static_;
      const auto e = to_the_end ? exits - 1 : static_cast<std::size_t>(evaluation.exit[i]);
      ++left[e];
      right[e] += evaluation.decisions[i][e].top_class == test.labels[i] ? 1 : 0;
    }
    GoldenRun run;
    std::size_t all_right = 0;
    for (std::size_t e = 0; e < exits; ++e) {
      all_right += right[e];
      run.exit_rates.push_back(static_cast<double>(left[e]) / images);
      run.exit_accuracy.push_back(
          left[e] == 0 ? 0 : static_cast<double>(right[e]) / static_cast<double>(left[e]));
    }
    run.accuracy = static_cast<double>(all_right) / images;
    runs[strategy] = std::move(run);
  }
  return runs;
}

Verified verify_design(const Design& design, const Data& data, const GoldenRun& golden,
                       const Arguments& arguments, const Progress& progress) {
  std::optional<verif::Gates> gates;
  if (!arguments.netlist.empty()) gates = verif::gates_from(arguments.netlist);
  const bool whole = !arguments.sample.has_value() && !arguments.trace && !gates;
  if (whole) {
    if (const auto v = earlier(design, data, arguments))
      return {.verification = *v, .kept = true, .waves = {}};
  }
  const verif::VerifyResult result =
      verif::verify(design.plan.accelerator, design.plan.emitted, design.folder, data.set.test,
                    {.samples = arguments.samples,
                     .seed = arguments.seed,
                     .stalls = true,
                     .trace = arguments.trace,
                     .only_sample = arguments.sample,
                     .model_cache = {},
                     .progress = progress,
                     .gates = gates});
  Verified verified;
  verified.verification =
      verification_of(design, data, golden, arguments, result, " --data " + arguments.data);
  verified.waves = result.waves;
  verified.sim_cycles_per_second = result.sim_cycles_per_second;
  verified.model_build_seconds = result.model_build_seconds;
  // One sample, looked at alone, says nothing of the design as a whole: its result is shown and not kept.
  if (whole) {
    design::add_results(design.folder,
                        {{"verify.json", design::verify_json(verified.verification, design.plan.estimate)}});
    write_file(design.folder / design::kTimingName,
               design::timing_json(result.sim_cycles_per_second, result.model_build_seconds));
  }
  return verified;
}

std::vector<Verified> verify_networks(const Design& design, const std::vector<Data>& data,
                                      const std::vector<GoldenRun>& golden, const Arguments& arguments,
                                      const Progress& progress) {
  const accel::Accelerator& accelerator = design.plan.accelerator;
  std::vector<std::string> names = {"verify.json"};
  for (const accel::Accelerator& a : accelerator.also)
    names.push_back("networks/" + accel::identifier(a.network) + ".verify.json");
  std::vector<Verified> verified(names.size());
  bool kept = true;
  for (std::size_t n = 0; n < names.size(); ++n) {
    const auto v = earlier(design, data[n], arguments, names[n]);
    kept = kept && v.has_value();
    if (v) verified[n].verification = *v;
  }
  if (kept) {
    for (Verified& v : verified) v.kept = true;
    return verified;
  }
  std::string data_options = " --data " + arguments.data;
  for (const std::string& option : arguments.also_data) data_options += " --also-data " + option;
  std::vector<const net::Split*> tests;
  for (const Data& d : data) tests.push_back(&d.set.test);
  const std::vector<verif::VerifyResult> results = verif::verify_networks(
      accelerator, design.plan.emitted, design.folder, tests,
      {.samples = arguments.samples, .seed = arguments.seed, .stalls = true, .progress = progress});
  design::Files files;
  for (std::size_t n = 0; n < names.size(); ++n) {
    verified[n].verification =
        verification_of(design, data[n], golden[n], arguments, results[n], data_options);
    verified[n].sim_cycles_per_second = results[n].sim_cycles_per_second;
    verified[n].model_build_seconds = results[n].model_build_seconds;
    files[names[n]] =
        design::verify_json(verified[n].verification, model::estimate(accel::seen_from(accelerator, n)));
  }
  design::add_results(design.folder, files);
  write_file(design.folder / design::kTimingName,
             design::timing_json(results.front().sim_cycles_per_second, results.front().model_build_seconds));
  return verified;
}

}  // namespace offramp::cli

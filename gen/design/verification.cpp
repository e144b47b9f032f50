#include "design/verification.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"

namespace offramp::design {

using nlohmann::ordered_json;

Performance performance(const Verification& v, const model::Estimate& estimate) {
  const std::size_t exits = estimate.cycles_by_exit.size();
  Performance p;
  p.exit_rates.assign(exits, 0.0);
  p.cycles_by_exit.assign(exits, std::nullopt);
  std::vector<std::size_t> count(exits, 0);
  std::vector<double> sum(exits, 0.0);
  double all = 0;
  double macs = 0;
  for (const int e : v.exit)
    p.exit_rates.at(static_cast<std::size_t>(e)) += 1.0 / static_cast<double>(v.exit.size());
  // Nothing comes before the first sample that its input could be loaded beside: it is not part of the steady
  // stream.
  const std::size_t first = v.exit.size() > 1 ? 1 : 0;
  for (std::size_t i = first; i < v.exit.size(); ++i) {
    const auto e = static_cast<std::size_t>(v.exit[i]);
    ++count.at(e);
    sum[e] += static_cast<double>(v.cycles.at(i));
    all += static_cast<double>(v.cycles[i]);
    macs += static_cast<double>(estimate.macs_by_exit[e]);
  }
  if (v.exit.empty()) return p;
  const auto samples = static_cast<double>(v.exit.size() - first);
  for (std::size_t e = 0; e < exits; ++e) {
    if (count[e] != 0) p.cycles_by_exit[e] = sum[e] / static_cast<double>(count[e]);
  }
  p.cycles_mean = all / samples;
  double mean_macs = macs / samples;
  if (v.test_exit_rates.size() == exits) {
    double mean = 0;
    double weighted_macs = 0;
    bool complete = true;
    for (std::size_t e = 0; e < exits; ++e) {
      if (v.test_exit_rates[e] == 0) continue;
      complete = complete && p.cycles_by_exit[e].has_value();
      mean += v.test_exit_rates[e] * p.cycles_by_exit[e].value_or(0);
      weighted_macs += v.test_exit_rates[e] * static_cast<double>(estimate.macs_by_exit[e]);
    }
    if (complete) {
      p.test_cycles_mean = mean;
      mean_macs = weighted_macs;
    }
  }
  if (p.mean_cycles() > 0) p.mac_efficiency = mean_macs / (p.mean_cycles() * estimate.multipliers);
  return p;
}

std::string verify_json(const Verification& v, const model::Estimate& estimate) {
  const Performance p = performance(v, estimate);
  ordered_json out;
  out["basis"] =
      "measured in RTL simulation (Verilator) on `samples` test images, except accuracy and test_set, which "
      "are the "
      "golden reference's on every test image (the RTL's own where bit_exact is true); cycles are those of a "
      "stream "
      "without stalls, the comparison ran with random stalls where stalls is true";
  out["inputs"] = {{"design", v.design_hash}, {"data", v.data_hash}};
  out["samples"] = v.samples;
  out["seed"] = v.seed;
  out["stalls"] = v.stalls;
  out["bit_exact"] = v.bit_exact;
  out["values_compared"] = v.values_compared;
  if (v.first_mismatch) {
    const Verification::Mismatch& m = *v.first_mismatch;
    out["first_mismatch"] = {{"sample", m.sample},     {"layer", m.layer}, {"index", m.position},
                             {"expected", m.expected}, {"got", m.got},     {"reproduce", m.reproduce}};
  } else {
    out["first_mismatch"] = nullptr;
  }
  out["cycles_mean"] = p.cycles_mean;
  out["exit_rates"] = p.exit_rates;
  out["cycles_by_exit"] = ordered_json::array();
  for (const auto& c : p.cycles_by_exit)
    out["cycles_by_exit"].push_back(c ? ordered_json(*c) : ordered_json());
  out["accuracy"] = v.test_accuracy;
  out["mac_efficiency"] = p.mac_efficiency;
  out["test_set"] = {
      {"images", v.test_images},
      {"accuracy", v.test_accuracy},
      {"exit_rates", v.test_exit_rates},
      {"exit_accuracy", v.test_exit_accuracy},
      {"cycles_mean", p.test_cycles_mean ? ordered_json(*p.test_cycles_mean) : ordered_json()}};
  // The long lists go on a line each; dump(2) would give every number its own.
  std::string text = out.dump(2);
  text.resize(text.size() - 2);  // "\n}"
  text +=
      fmt::format(",\n  \"images\": {},\n  \"cycles\": {},\n  \"exit\": {}\n}}\n",
                  ordered_json(v.images).dump(), ordered_json(v.cycles).dump(), ordered_json(v.exit).dump());
  return text;
}

Verification parse_verify_json(const std::string& text, const std::string& file) {
  try {
    const ordered_json in = ordered_json::parse(text);
    Verification v;
    v.design_hash = in.at("inputs").at("design");
    v.data_hash = in.at("inputs").at("data");
    v.samples = in.at("samples");
    v.seed = in.at("seed");
    v.stalls = in.at("stalls");
    v.bit_exact = in.at("bit_exact");
    v.values_compared = in.at("values_compared");
    if (const auto& m = in.at("first_mismatch"); !m.is_null()) {
      v.first_mismatch = {m.at("sample"),   m.at("layer"), m.at("index"),
                          m.at("expected"), m.at("got"),   m.at("reproduce")};
    }
    v.images = in.at("images").get<std::vector<std::size_t>>();
    v.cycles = in.at("cycles").get<std::vector<std::int64_t>>();
    v.exit = in.at("exit").get<std::vector<int>>();
    const auto& t = in.at("test_set");
    v.test_images = t.at("images");
    v.test_accuracy = t.at("accuracy");
    v.test_exit_rates = t.at("exit_rates").get<std::vector<double>>();
    v.test_exit_accuracy = t.at("exit_accuracy").get<std::vector<double>>();
    return v;
  } catch (const nlohmann::json::exception& e) {
    throw Error(fmt::format("{} is damaged ({}); run 'offramp verify' on the design again", in_quotes(file),
                            e.what()));
  }
}

std::string timing_json(double sim_cycles_per_second, double model_build_seconds) {
  const ordered_json out = {
      {"basis",
       "measured on the machine that ran the verification; differs from run to run, so it is not in "
       "manifest.json"},
      {"sim_cycles_per_second", sim_cycles_per_second},
      {"model_build_seconds", model_build_seconds}};
  return out.dump(2) + "\n";
}

}  // namespace offramp::design

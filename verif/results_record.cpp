#include "verif/results_record.h"

#include "base/error.h"
#include "base/files.h"

namespace offramp::results {

using nlohmann::ordered_json;

double DesignResult::model_cycles() const {
  return mean_at(exit_rates, model_cycles_by_exit);
}

double DesignResult::picojoules() const {
  return mean_at(exit_rates, picojoules_by_exit);
}

const DesignResult* NetworkResult::find(const std::string& strategy, int asked) const {
  for (const DesignResult& d : designs) {
    if (d.strategy == strategy && d.asked == asked) return &d;
  }
  return nullptr;
}

std::vector<int> NetworkResult::multipliers() const {
  std::vector<int> all;
  for (const DesignResult& d : designs) {
    if (all.empty() || all.back() != d.asked) all.push_back(d.asked);
  }
  return all;
}

ordered_json to_json(const DesignResult& d) {
  ordered_json out = {{"strategy", d.strategy}, {"multipliers_asked", d.asked}};
  if (!d.refusal.empty()) {
    out["refused"] = d.refusal;
    return out;
  }
  out["array"] = d.array;
  out["exit_array"] = d.exit_array;
  out["multipliers"] = d.multipliers;
  out["dsps"] = d.dsps;
  out["streams_weights"] = d.streams_weights;
  out["accuracy"] = d.accuracy;
  out["exit_rates"] = d.exit_rates;
  out["samples"] = d.samples;
  out["bit_exact"] = d.bit_exact;
  out["values_compared"] = d.values_compared;
  out["cycles_by_exit"] = d.cycles_by_exit;
  out["cycles_mean"] = d.cycles_mean;
  out["cycles_mean_of"] = d.cycles_of_all_images ? "all test images" : "simulated images";
  out["cycles_worst"] = d.cycles_worst;
  out["model_cycles_by_exit"] = d.model_cycles_by_exit;
  out["model_cycles_mean"] = d.model_cycles();
  out["efficiency"] = d.efficiency;
  out["modelled_picojoules_by_exit"] = d.picojoules_by_exit;
  out["modelled_picojoules_mean"] = d.picojoules();
  out["modelled_picojoules_wasted"] = d.picojoules_wasted;
  out["modelled_picojoules_classifiers"] = d.picojoules_classifiers;
  return out;
}

DesignResult design_from_json(const ordered_json& in) {
  DesignResult d;
  d.strategy = in.at("strategy");
  d.asked = in.at("multipliers_asked");
  if (in.contains("refused")) {
    d.refusal = in.at("refused");
    return d;
  }
  d.array = in.at("array");
  d.exit_array = in.at("exit_array");
  d.multipliers = in.at("multipliers");
  d.dsps = in.at("dsps");
  d.streams_weights = in.at("streams_weights");
  d.accuracy = in.at("accuracy");
  d.exit_rates = in.at("exit_rates").get<std::vector<double>>();
  d.samples = in.at("samples");
  d.bit_exact = in.at("bit_exact");
  d.values_compared = in.at("values_compared");
  d.cycles_by_exit = in.at("cycles_by_exit").get<std::vector<double>>();
  d.cycles_mean = in.at("cycles_mean");
  d.cycles_of_all_images = in.at("cycles_mean_of") == "all test images";
  d.cycles_worst = in.at("cycles_worst");
  d.model_cycles_by_exit = in.at("model_cycles_by_exit").get<std::vector<std::int64_t>>();
  d.efficiency = in.at("efficiency");
  d.picojoules_by_exit = in.at("modelled_picojoules_by_exit").get<std::vector<double>>();
  d.picojoules_wasted = in.at("modelled_picojoules_wasted");
  d.picojoules_classifiers = in.at("modelled_picojoules_classifiers");
  return d;
}

ordered_json to_json(const ThresholdCase& c) {
  return {{"thresholds", c.name},
          {"tuning_exit_rates", c.tuning_rates},
          {"test_exit_rates", c.test_rates},
          {"accuracy", c.accuracy}};
}

ThresholdCase case_from_json(const ordered_json& in) {
  return {.name = in.at("thresholds"),
          .tuning_rates = in.at("tuning_exit_rates").get<std::vector<double>>(),
          .test_rates = in.at("test_exit_rates").get<std::vector<double>>(),
          .accuracy = in.at("accuracy")};
}

std::optional<ordered_json> read_fragment(const std::filesystem::path& file, const std::string& inputs) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return std::nullopt;
  try {
    const ordered_json in = ordered_json::parse(read_file(file));
    if (in.at("inputs") != inputs) return std::nullopt;
    return in.at("contents");
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

void write_fragment(const std::filesystem::path& file, const std::string& inputs, const ordered_json& contents) {
  make_directory(file.parent_path());
  write_file(file, ordered_json({{"inputs", inputs}, {"contents", contents}}).dump(1) + "\n");
}

}  // namespace offramp::results

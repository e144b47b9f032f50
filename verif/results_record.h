#pragma once
// What offramp_results knows of its runs, and how it keeps it: a JSON fragment a run in the work folder, read back
// where nothing that it came from has changed.
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace offramp::results {

/// One design: a network, a strategy, a number of multipliers.
struct DesignResult {
  std::string strategy;
  int asked = 0;        // multipliers of the backbone's array
  std::string refusal;  // why there is no such design; empty where there is one
  std::string array, exit_array;
  int multipliers = 0;  // of all arrays
  int dsps = 0;
  bool streams_weights = false;
  double accuracy = 0;              // golden reference, all test images
  std::vector<double> exit_rates;   // of all test images
  std::size_t samples = 0;          // simulated
  bool bit_exact = false;
  std::uint64_t values_compared = 0;
  std::vector<double> cycles_by_exit;               // measured means; -1 where no simulated image left
  double cycles_mean = 0;                           // measured, at exit_rates where every exit was measured
  bool cycles_of_all_images = false;                // cycles_mean is
  std::int64_t cycles_worst = 0;                    // measured
  std::vector<std::int64_t> model_cycles_by_exit;   // the cycle model's
  double efficiency = 0;                            // measured
  std::vector<double> picojoules_by_exit;           // modelled
  double picojoules_wasted = 0;                     // part of the mean, for work that an abort made useless
  double picojoules_classifiers = 0;                // part of the mean, of the exit classifiers' own arrays
  [[nodiscard]] double model_cycles() const;        // mean at exit_rates
  [[nodiscard]] double picojoules() const;          // mean at exit_rates
};

/// What a choice of thresholds gives; the tuning images are what a prediction may use.
struct ThresholdCase {
  std::string name;  // "at most 0.5 points lost"
  std::vector<double> tuning_rates;
  std::vector<double> test_rates;
  double accuracy = 0;  // on the test images
};

struct NetworkResult {
  std::string name;
  std::string data;  // kind of data set
  std::size_t test_images = 0;
  std::int64_t macs = 0;         // of the backbone to its end
  double final_accuracy = 0;     // int8, of the last exit alone
  std::vector<ThresholdCase> cases;  // the first is that of the designs
  std::vector<DesignResult> designs;
  [[nodiscard]] const DesignResult* find(const std::string& strategy, int asked) const;
  [[nodiscard]] std::vector<int> multipliers() const;  // asked, in order
};

/// Mean of figures by exit at exit rates.
template <typename Figures>
[[nodiscard]] double mean_at(const std::vector<double>& rates, const Figures& figures) {
  double mean = 0;
  for (std::size_t e = 0; e < rates.size(); ++e) {
    if (rates[e] > 0) mean += rates[e] * static_cast<double>(figures.at(e));
  }
  return mean;
}

[[nodiscard]] nlohmann::ordered_json to_json(const DesignResult& design);
[[nodiscard]] DesignResult design_from_json(const nlohmann::ordered_json& json);
[[nodiscard]] nlohmann::ordered_json to_json(const ThresholdCase& threshold_case);
[[nodiscard]] ThresholdCase case_from_json(const nlohmann::ordered_json& json);

/// The fragment's contents where it was made from `inputs`, a hash; else nothing. A damaged fragment is nothing, too.
[[nodiscard]] std::optional<nlohmann::ordered_json> read_fragment(const std::filesystem::path& file,
                                                                  const std::string& inputs);
void write_fragment(const std::filesystem::path& file, const std::string& inputs,
                    const nlohmann::ordered_json& contents);

}  // namespace offramp::results

#pragma once
// The results of offramp_results as a page's section and as a document.
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "explore/strategy_choice.h"
#include "verif/results_record.h"

namespace offramp::results {

/// One check of the chooser: what it predicts from the tuning images and the models, and what the simulated designs
/// and the test images give.
struct ChoiceCheck {
  std::string network;
  int multipliers = 0;
  std::string thresholds;
  explore::Verdict predicted_faster, measured_faster;
  explore::Verdict predicted_energy, test_energy;  // both modelled; the second with the test images' exit rates
  bool measured = false;                           // every exit that is taken was simulated, by both designs
  /// Both sides agree. A difference under a thousandth is none.
  [[nodiscard]] bool right() const;
};
[[nodiscard]] std::vector<ChoiceCheck> check_choices(const NetworkResult& network);

/// What was asked and left out, with the reason.
struct LeftOut {
  std::string what;
  std::string why;
};

struct Results {
  std::string target;
  double clock_mhz = 0;
  std::vector<NetworkResult> networks;
  std::vector<LeftOut> left_out;
  nlohmann::ordered_json peers;  // results_peers.json
};

[[nodiscard]] nlohmann::ordered_json document_of(const Results& results);
[[nodiscard]] std::string section_of(const Results& results);

/// `page` with `section` between the markers; at its end, with markers, where it has none. Throws offramp::Error
/// where only one marker is there.
[[nodiscard]] std::string with_section(const std::string& page, const std::string& section);

}  // namespace offramp::results

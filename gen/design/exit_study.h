#pragma once
// exits.json: what a design's exits do on the test images, by the golden reference: how sure they are, what
// other thresholds could do, which images leave first and last. Written where the images are at hand (verify,
// build, report --data), so that a report can be drawn again without them.
#include <cstdint>
#include <string>
#include <vector>

#include "design/plot.h"

namespace offramp::design {

struct ExitStudy {
  std::string data_hash;   ///< SHA-256 of the test split
  std::size_t images = 0;  ///< of the test split

  /// Samples that come to an early exit, by confidence, the least sure first.
  struct Histogram {
    std::string exit;                ///< its name in the network
    std::string measure;             ///< what confidence is measured by
    std::vector<std::size_t> leave;  ///< by bin
    std::vector<std::size_t> stay;   ///< by bin
  };
  std::vector<Histogram> confidence = {};

  /// Accuracy against mean latency and mean energy, every criterion at its best thresholds.
  std::vector<Plot> fronts = {};

  struct Image {
    std::size_t number = 0;  ///< in the test split
    int exit = 0;
    int label = 0;
    int predicted = 0;
    std::string png;  ///< base64
  };
  /// The surest of those that leave at the first exit that is taken, and the least sure of those that go to
  /// the end.
  std::vector<Image> first = {}, last = {};
};

inline constexpr const char* kExitStudyName = "exits.json";

[[nodiscard]] std::string exit_study_json(const ExitStudy& study);
/// Reads it back; throws offramp::Error that names `file`.
[[nodiscard]] ExitStudy parse_exit_study(const std::string& text, const std::string& file);

}  // namespace offramp::design

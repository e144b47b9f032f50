#pragma once
// What exits say of images, and thresholds on their confidence: the float analogue of quant/tune, for
// networks that are not quantized yet.
#include <cstdint>
#include <span>
#include <vector>

namespace offramp::attach {

/// An exit's verdict on every image.
struct Outcomes {
  std::vector<std::uint16_t> top;     // class
  std::vector<float> confidence;      // softmax maximum
  std::vector<std::uint32_t> sorted;  // images, the most confident first
};
/// logits[image][class].
[[nodiscard]] Outcomes outcomes_of(std::span<const float> logits, std::size_t classes);
/// Share of images whose top class is the label.
[[nodiscard]] double accuracy_of(const Outcomes& outcomes, std::span<const std::uint16_t> labels);

/// Exits of a network, the last being the end of the backbone; `cost` is what an image has cost that leaves
/// there, in any unit, and rises from exit to exit.
struct ExitLine {
  std::vector<const Outcomes*> exits;
  std::vector<double> cost;
};

/// Thresholds and what they give.
struct Levels {
  std::vector<double> level;            // of each early exit; 2 where it never fires
  std::vector<double> exit_share = {};  // of all exits
  double accuracy = 0;
  double final_accuracy = 0;  // of the last exit alone
  double cost = 0;            // mean
};

/// Thresholds of small mean cost that keep the accuracy within `max_drop` (0 to 1) of the last exit's. Exit
/// by exit, the best threshold given all others is found exactly, until none can be bettered; from the first
/// exit to the last and the other way round, and the better of the two is given. A threshold lies midway
/// between the confidences that it separates.
[[nodiscard]] Levels choose_levels(const ExitLine& line, std::span<const std::uint16_t> labels,
                                   double max_drop);

/// What given thresholds do to these images.
[[nodiscard]] Levels apply_levels(const ExitLine& line, std::span<const std::uint16_t> labels,
                                  const std::vector<double>& levels);

}  // namespace offramp::attach

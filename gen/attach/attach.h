#pragma once
// Makes a trained network early-exit: branches are trained on what the backbone, which stays as it is, makes
// of training images.
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "attach/branch.h"
#include "attach/features.h"
#include "attach/positions.h"
#include "net/dataset.h"
#include "net/network.h"

namespace offramp::attach {

/// What the search lowers: weights that are fetched, or multiply-accumulates.
enum class Minimize : std::uint8_t { traffic, macs };

struct AttachOptions {
  std::vector<std::string> at;        // layers; empty: `exits` of them, or all
  std::optional<std::size_t> exits;   // spread over the backbone's work
  std::vector<Structure> structures;  // tried at each place; empty: usual_structures()
  bool search = false;                // drop exits that do not pay and choose structures by expected cost
  Minimize minimize = Minimize::traffic;
  std::size_t images = 20000;  // training images used, evenly from the split; 0: all
  double held_share = 0.2;     // of them kept from training, to choose by
  /// Hold out half of the test images instead: those the backbone was not trained on, so that it is not
  /// flattered in the comparison with its exits. Results are those of the other half then.
  bool held_from_test = false;
  double max_drop = 0.005;  // accuracy that exits may cost on those, 0 to 1
  std::uint64_t seed = 1;
  int threads = 1;
  std::uint64_t memory = std::uint64_t{4} << 30;  // bytes of features kept at a time
  /// What is being done, steps done and all of them.
  std::function<void(const std::string&, std::size_t, std::size_t)> progress;
};

/// A branch that was trained.
struct TrainedBranch {
  std::size_t place = 0;  // of AttachResult::places
  Branch branch;
  BranchCost cost;
  double held_accuracy = 0;
  double seconds = 0;
  double penalty = 0;  // the L2 penalty that the held-out images chose
};

/// An exit of the result.
struct AttachedExit {
  std::string name;
  Position position;
  Structure structure;
  BranchCost cost;
  double level = 2;
  double held_accuracy = 0;  // every image judged here
  double test_accuracy = 0;
  double held_share = 0;  // of images that leave here
  double test_share = 0;
  double reach = 0;    // share of test images that reach it
  double traffic = 0;  // expected weight bytes (8 bits each) of the branch for one image
  double seconds = 0;  // of training it
};

/// Means over images of one split.
struct Totals {
  std::size_t images = 0;
  double accuracy = 0;           // with exits
  double backbone_accuracy = 0;  // of the last exit alone
  double final_share = 0;        // of images that reach the end
  double parameters = 0;         // expected weights fetched, branches included
  double macs = 0;
};

struct AttachResult {
  net::Network network;
  std::vector<Position> places;
  std::vector<TrainedBranch> trained;  // all, of which some became exits
  std::vector<AttachedExit> exits;
  std::int64_t backbone_parameters = 0;
  std::int64_t backbone_macs = 0;
  std::size_t training_images = 0;
  Totals held, test;
  std::size_t passes = 0;  // over the images, for features
  double feature_seconds = 0;
  double feature_macs = 0;  // of the backbone, all images and passes
  double seconds = 0;
};

/// `network` must have no early exits (see without_exits()). Throws offramp::Error for images or labels that
/// do not fit, a class without images, too few images, and places that do not exist.
[[nodiscard]] AttachResult attach_exits(const net::Network& network, const net::Dataset& data,
                                        const AttachOptions& options);

}  // namespace offramp::attach

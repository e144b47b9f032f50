#include "attach/report.h"

namespace offramp::attach {
namespace {

using nlohmann::ordered_json;

ordered_json totals_json(const Totals& t, const AttachResult& result) {
  return {{"images", t.images},
          {"accuracy", t.accuracy},
          {"backbone_accuracy", t.backbone_accuracy},
          {"final_share", t.final_share},
          {"expected_parameters", t.parameters},
          {"parameters_ratio", t.parameters / static_cast<double>(result.backbone_parameters)},
          {"expected_macs", t.macs},
          {"macs_ratio", t.macs / static_cast<double>(result.backbone_macs)}};
}

}  // namespace

ordered_json describe(const AttachResult& result, const AttachOptions& options) {
  ordered_json out;
  out["network"] = result.network.name;
  out["search"] = options.search ? (options.minimize == Minimize::traffic ? "traffic" : "macs") : "none";
  out["max_drop"] = options.max_drop;
  out["seed"] = options.seed;
  out["held_out_from"] = options.held_from_test ? "test" : "train";
  out["training_images"] = result.training_images;
  out["backbone"] = {{"parameters", result.backbone_parameters}, {"macs", result.backbone_macs}};
  out["exits"] = ordered_json::array();
  for (const AttachedExit& e : result.exits) {
    out["exits"].push_back(
        {{"name", e.name},
         {"after", e.position.name},
         {"map", {e.position.shape.channels, e.position.shape.height, e.position.shape.width}},
         {"branch", to_string(e.structure)},
         {"parameters", e.cost.parameters},
         {"macs", e.cost.macs},
         {"level", e.level},
         {"held_out_accuracy", e.held_accuracy},
         {"test_accuracy", e.test_accuracy},
         {"held_out_share", e.held_share},
         {"test_share", e.test_share},
         {"reach", e.reach},
         {"expected_traffic_bytes", e.traffic}});
  }
  out["held_out"] = totals_json(result.held, result);
  out["test"] = totals_json(result.test, result);
  out["tried"] = ordered_json::array();
  for (const TrainedBranch& t : result.trained) {
    out["tried"].push_back({{"after", result.places[t.place].name},
                            {"branch", to_string(t.branch.structure)},
                            {"parameters", t.cost.parameters},
                            {"macs", t.cost.macs},
                            {"penalty", t.penalty},
                            {"held_out_accuracy", t.held_accuracy}});
  }
  return out;
}

ordered_json describe_seconds(const AttachResult& result) {
  ordered_json exits;
  for (const AttachedExit& e : result.exits) exits[e.name] = e.seconds;
  double branches = 0;
  ordered_json tried = ordered_json::array();
  for (const TrainedBranch& t : result.trained) {
    branches += t.seconds;
    tried.push_back({{"after", result.places[t.place].name},
                     {"branch", to_string(t.branch.structure)},
                     {"seconds", t.seconds}});
  }
  return {{"all", result.seconds},
          {"features", result.feature_seconds},
          {"feature_passes", result.passes},
          {"feature_macs_per_second", result.feature_macs / result.feature_seconds},
          {"branches_tried", branches},
          {"exits", exits},
          {"tried", tried}};
}

}  // namespace offramp::attach

#include "attach/attach.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <random>

#include "attach/conv_training.h"
#include "attach/logistic.h"
#include "attach/outcomes.h"
#include "attach/search.h"
#include "base/error.h"
#include "base/text.h"
#include "net/shapes.h"

namespace offramp::attach {
namespace {

using Clock = std::chrono::steady_clock;

/// Without a search, the cheapest structure is taken that is within this of the best, in accuracy.
constexpr double kSlack = 0.01;
/// Fewer images of a class, or held-out images in all, say nothing.
constexpr std::size_t kLeastOfClass = 2;
constexpr std::size_t kLeastHeld = 100;

double since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// Training images in a random order, the held-out ones first.
struct Chosen {
  std::vector<std::size_t> images;
  Labels labels;
};

void shuffle(std::vector<std::size_t>& order, std::mt19937_64& random) {
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random() % i]);
}

void append(net::Split& to, const net::Split& from, std::size_t image) {
  const std::uint8_t* pixels = from.image(image);
  to.pixels.insert(to.pixels.end(), pixels, pixels + from.shape.elements());
  to.labels.push_back(from.labels[image]);
}

/// The data set with a random half of its test images moved behind its training images.
net::Dataset with_half_moved(const net::Dataset& data, std::uint64_t seed) {
  net::Dataset result{.name = data.name, .train = data.train, .test = {}};
  result.test.shape = data.test.shape;
  std::vector<std::size_t> order(data.test.size());
  std::iota(order.begin(), order.end(), 0);
  std::mt19937_64 random(seed);
  shuffle(order, random);
  std::sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(order.size() / 2));
  std::sort(order.begin() + static_cast<std::ptrdiff_t>(order.size() / 2), order.end());
  for (std::size_t i = 0; i < order.size(); ++i)
    append(i < order.size() / 2 ? result.train : result.test, data.test, order[i]);
  return result;
}

/// `moved` images at the end of the training split are those to hold out, if there are any.
Chosen choose_images(const net::Network& network, const net::Dataset& data, std::size_t moved,
                     const AttachOptions& options) {
  const net::Split& train = data.train;
  const std::size_t own = train.size() - moved;
  std::size_t wanted = options.images == 0 ? own : std::min(options.images, own);
  Chosen chosen;
  for (std::size_t i = 0; i < wanted; ++i) chosen.images.push_back(i * own / wanted);
  std::mt19937_64 random(options.seed);
  shuffle(chosen.images, random);
  chosen.labels.classes = network.classes();
  chosen.labels.held = static_cast<std::size_t>(options.held_share * static_cast<double>(wanted));
  if (options.held_from_test) {
    std::vector<std::size_t> held(moved);
    std::iota(held.begin(), held.end(), own);
    chosen.images.insert(chosen.images.begin(), held.begin(), held.end());
    chosen.labels.held = moved;
    wanted += moved;
  }
  for (const std::size_t i : chosen.images) chosen.labels.of.push_back(train.labels[i]);

  const auto classes = static_cast<std::size_t>(network.classes());
  const std::size_t least_held = std::max(kLeastHeld, classes);
  if (chosen.labels.held < least_held || wanted - chosen.labels.held < kLeastOfClass * classes) {
    throw Error(
        fmt::format("data set {}: {} images leave {} to hold out and {} to train on, and {} classes "
                    "need at least {} and "
                    "{}; give more images (--images) or another share (--held-out)",
                    in_quotes(data.name), wanted, chosen.labels.held, wanted - chosen.labels.held, classes,
                    least_held, kLeastOfClass * classes));
  }
  std::vector<std::size_t> have(classes, 0);
  for (std::size_t i = 0; i < own; ++i) ++have[train.labels[i]];
  std::vector<std::size_t> taken(classes, 0);
  for (std::size_t i = chosen.labels.held; i < wanted; ++i) ++taken[chosen.labels.of[i]];
  for (std::size_t k = 0; k < classes; ++k) {
    if (have[k] == 0) {
      throw Error(fmt::format(
          "data set {}: no training image has the label {}, and network {} has the classes 0 to {}; "
          "give the data set that it was trained on",
          in_quotes(data.name), k, in_quotes(network.name), classes - 1));
    }
    if (taken[k] < kLeastOfClass) {
      throw Error(fmt::format(
          "data set {}: of class {} {} of the {} images to train on; take more (--images)",
          in_quotes(data.name), k, taken[k] == 0 ? "there is none among" : "there is one alone of",
          wanted - chosen.labels.held));
    }
  }
  return chosen;
}

class Attacher {
 public:
  Attacher(const net::Network& network, const net::Dataset& data, std::size_t moved,
           const AttachOptions& options)
      : net_(network), data_(data), options_(options), chosen_(choose_images(network, data, moved, options)) {
    for (const net::Node& node : net_.nodes) {
      result_.backbone_parameters += parameters_of(node);
      result_.backbone_macs += net::macs(net_, node);
    }
  }

  AttachResult run() {
    const auto begin = Clock::now();
    choose_places();
    plan_branches();
    for (std::size_t first = 0; first < result_.places.size();) first = train_group(first);
    choose_exits();
    measure();
    result_.training_images = chosen_.images.size() - chosen_.labels.held;
    result_.seconds = since(begin);
    return std::move(result_);
  }

 private:
  [[nodiscard]] std::span<const std::size_t> held_images() const {
    return std::span(chosen_.images).first(chosen_.labels.held);
  }
  [[nodiscard]] std::span<const std::uint16_t> held_labels() const {
    return std::span(chosen_.labels.of).first(chosen_.labels.held);
  }
  [[nodiscard]] std::size_t classes() const { return static_cast<std::size_t>(net_.classes()); }
  [[nodiscard]] Progress progress(std::string what) const {
    if (!options_.progress) return {};
    return [this, what = std::move(what)](std::size_t done, std::size_t all) {
      options_.progress(what, done, all);
    };
  }

  void choose_places() {
    if (!options_.at.empty()) {
      result_.places = positions_at(net_, options_.at);
    } else if (options_.exits) {
      result_.places = positions_spread(net_, *options_.exits);
    } else {
      result_.places = positions_of(net_);
      std::erase_if(result_.places, [](const Position& p) { return !p.through; });
    }
    if (result_.places.empty()) {
      throw Error(fmt::format(
          "network {} has no place for an early exit: after each of its layers comes a classifier "
          "alone, or there is a second path; name a layer with --at",
          in_quotes(net_.name)));
    }
  }

  void plan_branches() {
    for (std::size_t p = 0; p < result_.places.size(); ++p) {
      const net::Shape& map = result_.places[p].shape;
      const std::vector<Structure> structures =
          options_.structures.empty() ? usual_structures(map, net_.classes()) : options_.structures;
      std::vector<Structure> distinct;
      for (const Structure& named : structures) {
        const Structure s = fitted(named, map);
        if (std::find(distinct.begin(), distinct.end(), s) == distinct.end()) distinct.push_back(s);
      }
      for (const Structure& s : distinct) {
        result_.trained.push_back(
            {.place = p, .branch = {.structure = s}, .cost = branch_cost(s, map, net_.classes())});
      }
    }
    outcomes_.resize(result_.trained.size());
  }

  [[nodiscard]] FeatureRequest request_of(const TrainedBranch& branch) const {
    return {.node = result_.places[branch.place].node,
            .pool = branch.branch.structure.pool,
            .grid = branch.branch.structure.grid};
  }

  /// Extracts features for as many places as memory holds, from `first` on, and trains their branches. Gives
  /// the place after them.
  std::size_t train_group(std::size_t first) {
    std::vector<FeatureRequest> requests;
    std::uint64_t bytes = 0;
    std::size_t last = first;
    for (; last < result_.places.size(); ++last) {
      std::vector<FeatureRequest> more;
      std::uint64_t more_bytes = 0;
      for (const TrainedBranch& b : result_.trained) {
        const FeatureRequest request = request_of(b);
        if (b.place != last || std::find(more.begin(), more.end(), request) != more.end()) continue;
        more.push_back(request);
        more_bytes += bytes_of(request, net_) * chosen_.images.size();
      }
      if (last > first && bytes + more_bytes > options_.memory) break;
      bytes += more_bytes;
      requests.insert(requests.end(), more.begin(), more.end());
    }
    const auto begin = Clock::now();
    const std::vector<FeatureMatrix> features =
        extract_features(net_, data_.train, chosen_.images, requests, options_.threads, progress("features"));
    result_.feature_seconds += since(begin);
    ++result_.passes;
    result_.feature_macs +=
        static_cast<double>(result_.places[last - 1].macs) * static_cast<double>(chosen_.images.size());
    std::vector<std::size_t> mine;
    for (std::size_t b = 0; b < result_.trained.size(); ++b) {
      if (result_.trained[b].place >= first && result_.trained[b].place < last) mine.push_back(b);
    }
    for (const std::size_t b : mine) {
      const auto found = std::find(requests.begin(), requests.end(), request_of(result_.trained[b]));
      train(b, features[static_cast<std::size_t>(found - requests.begin())]);
    }
    return last;
  }

  void train(std::size_t b, const FeatureMatrix& features) {
    TrainedBranch& trained = result_.trained[b];
    const auto begin = Clock::now();
    const Structure& s = trained.branch.structure;
    const Position& place = result_.places[trained.place];
    if (options_.progress)
      options_.progress(fmt::format("{} {}", place.name, to_string(s)), b, result_.trained.size());
    TrainedConv conv;
    if (s.mixer != Structure::Mixer::none) {
      ConvTrainingOptions training;
      training.seed = options_.seed;
      training.threads = options_.threads;
      conv = train_conv(features, chosen_.labels, s, branch_shapes(s, place.shape).pooled, training);
      trained.branch.mixer_weights = std::move(conv.weights);
      trained.branch.mixer_bias = std::move(conv.bias);
    }
    const FeatureMatrix& read = s.mixer == Structure::Mixer::none ? features : conv.hidden;
    LogisticOptions fitting;
    fitting.threads = options_.threads;
    Logistic dense = train_logistic(read, chosen_.labels, fitting);
    outcomes_[b] = outcomes_of(
        logits_of(read, 0, chosen_.labels.held, dense.weights, dense.bias, options_.threads), classes());
    trained.held_accuracy = accuracy_of(outcomes_[b], held_labels());
    trained.penalty = dense.penalty;
    trained.branch.dense_weights = std::move(dense.weights);
    trained.branch.dense_bias = std::move(dense.bias);
    trained.seconds = since(begin);
  }

  /// Which of the trained branches become exits, by place.
  void choose_exits() {
    if (options_.search) return search();
    for (std::size_t p = 0; p < result_.places.size(); ++p) {
      double best = 0;
      for (const TrainedBranch& b : result_.trained) {
        if (b.place == p) best = std::max(best, b.held_accuracy);
      }
      std::optional<std::size_t> cheapest;
      for (std::size_t b = 0; b < result_.trained.size(); ++b) {
        const TrainedBranch& t = result_.trained[b];
        if (t.place != p || t.held_accuracy < best - kSlack) continue;
        if (!cheapest || t.cost.parameters < result_.trained[*cheapest].cost.parameters) cheapest = b;
      }
      taken_.push_back(*cheapest);
    }
  }

  [[nodiscard]] double cost(std::int64_t parameters, std::int64_t macs) const {
    return static_cast<double>(options_.minimize == Minimize::traffic ? parameters : macs);
  }

  void search() {
    SearchProblem problem;
    problem.backbone_cost = cost(result_.backbone_parameters, result_.backbone_macs);
    problem.labels = held_labels();
    problem.max_drop = options_.max_drop;
    problem.backbone = outcomes_of(
        run_exits(net_, data_.train, held_images(), options_.threads, progress("held-out")).front(),
        classes());
    std::vector<std::vector<std::size_t>> branch_of(result_.places.size());
    for (std::size_t p = 0; p < result_.places.size(); ++p) {
      Place place{.cost = cost(result_.places[p].parameters, result_.places[p].macs), .candidates = {}};
      for (std::size_t b = 0; b < result_.trained.size(); ++b) {
        const TrainedBranch& t = result_.trained[b];
        if (t.place != p) continue;
        place.candidates.push_back({.cost = cost(t.cost.parameters, t.cost.macs), .outcomes = outcomes_[b]});
        branch_of[p].push_back(b);
      }
      problem.places.push_back(std::move(place));
    }
    const SearchResult found = search_exits(problem, options_.threads);
    for (std::size_t p = 0; p < found.taken.size(); ++p) {
      if (found.taken[p]) taken_.push_back(branch_of[p][*found.taken[p]]);
    }
    if (taken_.empty()) {
      throw Error(
          fmt::format("network {}: no exit lowers the expected cost while the accuracy drops by at most {:g} "
                      "points; allow more (--max-drop), or attach without --search",
                      in_quotes(net_.name), 100 * options_.max_drop));
    }
  }

  /// Runs the finished network, chooses its thresholds on the held-out images and measures it on both splits.
  void measure() {
    std::vector<AttachedBranch> branches;
    for (const std::size_t b : taken_)
      branches.push_back(
          {.tap = result_.places[result_.trained[b].place].node, .branch = result_.trained[b].branch});
    result_.network = with_branches(net_, branches);

    std::vector<std::size_t> test_images(data_.test.size());
    std::iota(test_images.begin(), test_images.end(), 0);
    const std::vector<Outcomes> held = all_outcomes(data_.train, held_images(), "held-out");
    const std::vector<Outcomes> test = all_outcomes(data_.test, test_images, "test");

    ExitLine line = costs(cost_line());
    const auto on = [&](const std::vector<Outcomes>& outcomes) {
      line.exits.clear();
      for (const Outcomes& o : outcomes) line.exits.push_back(&o);
    };
    on(held);
    const Levels held_levels = choose_levels(line, held_labels(), options_.max_drop);
    on(test);
    const Levels test_levels = apply_levels(line, data_.test.labels, held_levels.level);
    double reach = 1;
    for (std::size_t e = 0; e < taken_.size(); ++e) {
      const TrainedBranch& t = result_.trained[taken_[e]];
      net::Exit& exit = result_.network.exits[e];
      exit.level = held_levels.level[e];
      result_.exits.push_back({.name = exit.name,
                               .position = result_.places[t.place],
                               .structure = t.branch.structure,
                               .cost = t.cost,
                               .level = held_levels.level[e],
                               .held_accuracy = accuracy_of(held[e], held_labels()),
                               .test_accuracy = accuracy_of(test[e], data_.test.labels),
                               .held_share = held_levels.exit_share[e],
                               .test_share = test_levels.exit_share[e],
                               .reach = reach,
                               .traffic = reach * static_cast<double>(t.cost.parameters),
                               .seconds = t.seconds});
      reach -= test_levels.exit_share[e];
    }
    result_.held = totals(held_levels, held_labels().size());
    result_.test = totals(test_levels, data_.test.size());
  }

  std::vector<Outcomes> all_outcomes(const net::Split& split, std::span<const std::size_t> images,
                                     const std::string& what) {
    std::vector<Outcomes> all;
    for (const auto& logits : run_exits(result_.network, split, images, options_.threads, progress(what)))
      all.push_back(outcomes_of(logits, classes()));
    return all;
  }

  /// What an image has met that leaves at each exit.
  struct Met {
    std::int64_t parameters = 0, macs = 0;
  };
  [[nodiscard]] std::vector<Met> cost_line() const {
    std::vector<Met> met;
    Met branches;
    for (const std::size_t b : taken_) {
      const TrainedBranch& t = result_.trained[b];
      const Position& place = result_.places[t.place];
      branches.parameters += t.cost.parameters;
      branches.macs += t.cost.macs;
      met.push_back({place.parameters + branches.parameters, place.macs + branches.macs});
    }
    met.push_back({result_.backbone_parameters + branches.parameters, result_.backbone_macs + branches.macs});
    return met;
  }
  [[nodiscard]] ExitLine costs(const std::vector<Met>& met) const {
    ExitLine line;
    for (const Met& m : met) line.cost.push_back(cost(m.parameters, m.macs));
    return line;
  }
  [[nodiscard]] Totals totals(const Levels& levels, std::size_t images) const {
    Totals t{.images = images,
             .accuracy = levels.accuracy,
             .backbone_accuracy = levels.final_accuracy,
             .final_share = levels.exit_share.back()};
    const std::vector<Met> met = cost_line();
    for (std::size_t e = 0; e < met.size(); ++e) {
      t.parameters += levels.exit_share[e] * static_cast<double>(met[e].parameters);
      t.macs += levels.exit_share[e] * static_cast<double>(met[e].macs);
    }
    return t;
  }

  const net::Network& net_;
  const net::Dataset& data_;
  const AttachOptions& options_;
  Chosen chosen_;
  AttachResult result_;
  std::vector<Outcomes> outcomes_;  // by trained branch, on the held-out images
  std::vector<std::size_t> taken_;  // trained branches that become exits, in order
};

}  // namespace

AttachResult attach_exits(const net::Network& network, const net::Dataset& data,
                          const AttachOptions& options) {
  if (network.exits.size() != 1) {
    throw Error(fmt::format("network {} has {} exits already; drop their branches first (--replace)",
                            in_quotes(network.name), network.exits.size()));
  }
  net::check_dataset_fits(data, network);
  if (!options.held_from_test) return Attacher(network, data, 0, options).run();
  const net::Dataset moved = with_half_moved(data, options.seed);
  return Attacher(network, moved, moved.train.size() - data.train.size(), options).run();
}

}  // namespace offramp::attach

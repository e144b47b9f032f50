#pragma once
// Multinomial logistic regression on features: the dense layer of a branch. Convex, so that L-BFGS (NLopt's)
// finds the one optimum; what it cannot know, the strength of the L2 penalty, is chosen on images held out
// from it.
#include <cstdint>
#include <span>
#include <vector>

#include "attach/features.h"

namespace offramp::attach {

/// Labels of the rows of a feature matrix. The first `held` rows are held out, the others are trained on.
struct Labels {
  std::vector<std::uint16_t> of;
  std::size_t held = 0;
  int classes = 0;
};

struct LogisticOptions {
  /// Penalties that are tried, falling; each fit starts from the one before, and the first that makes the
  /// held-out loss worse ends the search.
  std::vector<double> penalties = {3e-2, 1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5};
  int iterations = 40;  // evaluations of the loss for each penalty
  int threads = 1;
};

/// weights[class][feature], bias[class].
struct Logistic {
  std::vector<float> weights = {}, bias = {};
  double penalty = 0;
  double held_loss = 0;  // mean cross entropy of the held-out rows
};

/// Minimizes mean cross entropy + penalty / 2 * |weights of standardized features|^2. The result does not
/// depend on the number of threads.
[[nodiscard]] Logistic train_logistic(const FeatureMatrix& features, const Labels& labels,
                                      const LogisticOptions& options);

/// Logits [row][class] of `count` rows from `first` on.
[[nodiscard]] std::vector<float> logits_of(const FeatureMatrix& features, std::size_t first,
                                           std::size_t count, const std::vector<float>& weights,
                                           const std::vector<float>& bias, int threads);

/// Turns `rows` rows of logits into the gradient of the sum of their cross entropies, and returns that sum.
double cross_entropy(float* logits, std::size_t rows, std::size_t classes, const std::uint16_t* labels);

}  // namespace offramp::attach

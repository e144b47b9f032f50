#include "attach/logistic.h"

#include <nlopt.h>
#include <oneapi/dnnl/dnnl.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>
#include <memory>
#include <stdexcept>

#include "attach/pieces.h"

namespace offramp::attach {
namespace {

/// Rows that are worked on together, and in how many parts the sums over rows are taken, whoever takes them.
constexpr std::size_t kRows = 128;
constexpr std::size_t kParts = 16;
constexpr double kTolerance = 1e-4;  // relative change of the loss that ends a fit
constexpr unsigned kMemory = 10;     // pairs of vectors that L-BFGS keeps

/// Features have no unit; those that hardly vary would otherwise be blown up to noise.
constexpr double kLeastDeviation = 1e-6;

void require(dnnl_status_t status) {
  if (status != dnnl_success)
    throw std::runtime_error("oneDNN refused a matrix product, status " + std::to_string(status));
}

auto dim(std::size_t n) {
  return static_cast<dnnl_dim_t>(n);
}

/// Row ranges of part p when rows first .. last - 1 are dealt to kParts parts.
Piece part_of(std::size_t p, std::size_t first, std::size_t last) {
  const std::size_t rows = last - first;
  return {first + p * rows / kParts, first + (p + 1) * rows / kParts};
}

/// out[row][class] = bias + features * weights^T.
void product(const float* x, std::size_t rows, std::size_t columns, const std::vector<float>& weights,
             const std::vector<float>& bias, float* out) {
  const std::size_t classes = bias.size();
  for (std::size_t r = 0; r < rows; ++r) std::copy(bias.begin(), bias.end(), out + r * classes);
  require(dnnl_sgemm('N', 'T', dim(rows), dim(classes), dim(columns), 1.0F, x, dim(columns), weights.data(),
                     dim(columns), 1.0F, out, dim(classes)));
}

class Fit {
 public:
  Fit(const FeatureMatrix& features, const Labels& labels, int threads)
      : x_(features), labels_(labels), threads_(threads), classes_(static_cast<std::size_t>(labels.classes)) {
    standardize();
  }

  [[nodiscard]] std::size_t unknowns() const { return classes_ * (x_.columns() + 1); }

  /// Loss at `w` ([class][standardized feature], then the biases) and its gradient.
  double loss(const double* w, double* gradient, double penalty) {
    const std::size_t columns = x_.columns();
    const std::vector<float> weights = unscaled(w);
    const std::vector<float> bias = shifted_bias(w);
    struct Part {
      double loss = 0;
      std::vector<float> weights;
      std::vector<double> bias;
    };
    std::vector<Part> parts(kParts);
    each_piece(kParts, threads_, [&](std::size_t p, std::size_t) {
      Part& part = parts[p];
      part.weights.assign(classes_ * columns, 0.0F);
      part.bias.assign(classes_, 0.0);
      std::vector<float> x(kRows * columns);
      std::vector<float> logits(kRows * classes_);
      const Piece range = part_of(p, labels_.held, x_.rows());
      for (std::size_t first = range.first; first < range.last; first += kRows) {
        const std::size_t count = std::min(kRows, range.last - first);
        x_.get(first, count, x.data());
        product(x.data(), count, columns, weights, bias, logits.data());
        part.loss += cross_entropy(logits.data(), count, classes_, &labels_.of[first]);
        for (std::size_t r = 0; r < count; ++r) {
          for (std::size_t k = 0; k < classes_; ++k)
            part.bias[k] += static_cast<double>(logits[r * classes_ + k]);
        }
        require(dnnl_sgemm('T', 'N', dim(classes_), dim(columns), dim(count), 1.0F, logits.data(),
                           dim(classes_), x.data(), dim(columns), 1.0F, part.weights.data(), dim(columns)));
      }
    });
    const double share = 1.0 / static_cast<double>(x_.rows() - labels_.held);
    double sum = 0;
    for (const Part& part : parts) sum += part.loss;
    double square = 0;
    for (std::size_t k = 0; k < classes_; ++k) {
      double bias_gradient = 0;
      for (const Part& part : parts) bias_gradient += part.bias[k];
      if (gradient != nullptr) gradient[classes_ * columns + k] = bias_gradient * share;
      for (std::size_t c = 0; c < columns; ++c) {
        const std::size_t i = k * columns + c;
        square += w[i] * w[i];
        if (gradient == nullptr) continue;
        double g = 0;
        for (const Part& part : parts) g += static_cast<double>(part.weights[i]);
        gradient[i] = (g - mean_[c] * bias_gradient) * inverse_[c] * share + penalty * w[i];
      }
    }
    return sum * share + penalty / 2 * square;
  }

  /// The same function as weights for the features as they are.
  [[nodiscard]] std::vector<float> unscaled(const double* w) const {
    std::vector<float> weights(classes_ * x_.columns());
    for (std::size_t i = 0; i < weights.size(); ++i)
      weights[i] = static_cast<float>(w[i] * inverse_[i % x_.columns()]);
    return weights;
  }
  [[nodiscard]] std::vector<float> shifted_bias(const double* w) const {
    const std::size_t columns = x_.columns();
    std::vector<float> bias(classes_);
    for (std::size_t k = 0; k < classes_; ++k) {
      double b = w[classes_ * columns + k];
      for (std::size_t c = 0; c < columns; ++c) b -= w[k * columns + c] * inverse_[c] * mean_[c];
      bias[k] = static_cast<float>(b);
    }
    return bias;
  }

 private:
  void standardize() {
    const std::size_t columns = x_.columns();
    std::vector<std::vector<double>> sums(kParts), squares(kParts);
    each_piece(kParts, threads_, [&](std::size_t p, std::size_t) {
      sums[p].assign(columns, 0.0);
      squares[p].assign(columns, 0.0);
      std::vector<float> x(columns);
      const Piece range = part_of(p, labels_.held, x_.rows());
      for (std::size_t r = range.first; r < range.last; ++r) {
        x_.get(r, 1, x.data());
        for (std::size_t c = 0; c < columns; ++c) {
          const double v = static_cast<double>(x[c]);
          sums[p][c] += v;
          squares[p][c] += v * v;
        }
      }
    });
    const auto rows = static_cast<double>(x_.rows() - labels_.held);
    for (std::size_t c = 0; c < columns; ++c) {
      double sum = 0;
      double square = 0;
      for (std::size_t p = 0; p < kParts; ++p) {
        sum += sums[p][c];
        square += squares[p][c];
      }
      const double mean = sum / rows;
      const double deviation = std::sqrt(std::max(0.0, square / rows - mean * mean));
      mean_.push_back(mean);
      inverse_.push_back(deviation > kLeastDeviation ? 1 / deviation : 0.0);
    }
  }

  const FeatureMatrix& x_;
  const Labels& labels_;
  int threads_;
  std::size_t classes_;
  std::vector<double> mean_, inverse_;  // by feature
};

/// What NLopt's callback, which must not throw, needs.
struct Objective {
  Fit& fit;
  double penalty = 0;
  nlopt_opt optimizer = nullptr;
  std::exception_ptr failure;
  double best = std::numeric_limits<double>::infinity();
  std::vector<double> best_at;
};

double evaluate(unsigned n, const double* w, double* gradient, void* data) {
  auto& o = *static_cast<Objective*>(data);
  try {
    const double loss = o.fit.loss(w, gradient, o.penalty);
    if (loss < o.best) {
      o.best = loss;
      o.best_at.assign(w, w + n);
    }
    return loss;
  } catch (...) {
    o.failure = std::current_exception();
    nlopt_force_stop(o.optimizer);
    return std::numeric_limits<double>::infinity();
  }
}

/// Moves `w` to the optimum, or as near as `iterations` evaluations go.
void minimize(Fit& fit, double penalty, int iterations, std::vector<double>& w) {
  const std::unique_ptr<nlopt_opt_s, decltype(&nlopt_destroy)> optimizer(
      nlopt_create(NLOPT_LD_LBFGS, static_cast<unsigned>(w.size())), nlopt_destroy);
  Objective objective{
      .fit = fit, .penalty = penalty, .optimizer = optimizer.get(), .failure = {}, .best_at = w};
  nlopt_set_min_objective(optimizer.get(), evaluate, &objective);
  nlopt_set_vector_storage(optimizer.get(), kMemory);
  nlopt_set_maxeval(optimizer.get(), iterations);
  nlopt_set_ftol_rel(optimizer.get(), kTolerance);
  double value = 0;
  // A line search that float sums end early is no failure: the best point seen counts.
  static_cast<void>(nlopt_optimize(optimizer.get(), w.data(), &value));
  if (objective.failure) std::rethrow_exception(objective.failure);
  w = std::move(objective.best_at);
}

}  // namespace

double cross_entropy(float* logits, std::size_t rows, std::size_t classes, const std::uint16_t* labels) {
  double loss = 0;
  for (std::size_t r = 0; r < rows; ++r) {
    float* z = logits + r * classes;
    const float top = *std::max_element(z, z + classes);
    const float own = z[labels[r]];
    float sum = 0;
    for (std::size_t k = 0; k < classes; ++k) {
      z[k] = std::exp(z[k] - top);
      sum += z[k];
    }
    loss += std::log(static_cast<double>(sum)) + static_cast<double>(top - own);
    for (std::size_t k = 0; k < classes; ++k) z[k] /= sum;
    z[labels[r]] -= 1;
  }
  return loss;
}

std::vector<float> logits_of(const FeatureMatrix& features, std::size_t first, std::size_t count,
                             const std::vector<float>& weights, const std::vector<float>& bias, int threads) {
  std::vector<float> logits(count * bias.size());
  each_piece(pieces_of(count, kRows), threads, [&](std::size_t piece, std::size_t) {
    const Piece range = piece_of(piece, count, kRows);
    std::vector<float> x(range.size() * features.columns());
    features.get(first + range.first, range.size(), x.data());
    product(x.data(), range.size(), features.columns(), weights, bias, &logits[range.first * bias.size()]);
  });
  return logits;
}

Logistic train_logistic(const FeatureMatrix& features, const Labels& labels, const LogisticOptions& options) {
  Fit fit(features, labels, options.threads);
  const auto classes = static_cast<std::size_t>(labels.classes);
  std::vector<double> w(fit.unknowns(), 0.0);
  Logistic best;
  best.held_loss = std::numeric_limits<double>::infinity();
  for (const double penalty : options.penalties) {
    minimize(fit, penalty, options.iterations, w);
    Logistic now{.weights = fit.unscaled(w.data()), .bias = fit.shifted_bias(w.data()), .penalty = penalty};
    std::vector<float> logits = logits_of(features, 0, labels.held, now.weights, now.bias, options.threads);
    now.held_loss = cross_entropy(logits.data(), labels.held, classes, labels.of.data()) /
                    static_cast<double>(labels.held);
    if (!(now.held_loss < best.held_loss)) break;
    best = std::move(now);
  }
  return best;
}

}  // namespace offramp::attach

#include "attach/logistic.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace offramp::attach {
namespace {

struct Data {
  FeatureMatrix features;
  Labels labels;
  std::vector<std::vector<float>> rows;
};

/// Points around one centre a class, one feature that never varies, and features of very different size.
Data clouds(std::size_t rows, std::size_t columns, int classes, double spread, std::uint64_t seed = 1) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal(0, 1);
  std::vector<std::vector<double>> centres;
  for (int k = 0; k < classes; ++k) {
    auto& centre = centres.emplace_back();
    for (std::size_t c = 0; c < columns; ++c) centre.push_back(normal(random));
  }
  Data data{FeatureMatrix(rows, columns), {}, {}};
  data.labels.classes = classes;
  data.labels.held = rows / 4;
  for (std::size_t r = 0; r < rows; ++r) {
    const auto label = static_cast<std::uint16_t>(random() % static_cast<std::uint64_t>(classes));
    data.labels.of.push_back(label);
    std::vector<float> row;
    for (std::size_t c = 0; c < columns; ++c) {
      const double value = centres[label][c] + spread * normal(random);
      row.push_back(
          c + 1 == columns ? 3.0F : static_cast<float>(value * std::pow(10.0, static_cast<double>(c % 4))));
    }
    data.features.set(r, row.data());
    data.features.get(r, 1, row.data());
    data.rows.push_back(row);
  }
  return data;
}

double held_accuracy(const Data& data, const Logistic& fit) {
  const auto classes = static_cast<std::size_t>(data.labels.classes);
  const auto logits = logits_of(data.features, 0, data.labels.held, fit.weights, fit.bias, 1);
  std::size_t right = 0;
  for (std::size_t r = 0; r < data.labels.held; ++r) {
    const auto* z = &logits[r * classes];
    right += std::max_element(z, z + classes) - z == data.labels.of[r];
  }
  return static_cast<double>(right) / static_cast<double>(data.labels.held);
}

TEST(Logistic, SeparatesWhatCanBeSeparated) {
  const Data data = clouds(1200, 9, 5, 0.1);
  EXPECT_GE(held_accuracy(data, train_logistic(data.features, data.labels, {})), 0.995);
}

TEST(Logistic, LogitsAreTheSumsTheyShouldBe) {
  const Data data = clouds(300, 7, 3, 0.5);
  std::vector<float> weights, bias{0.5F, -1.0F, 0.25F};
  for (int i = 0; i < 21; ++i) weights.push_back(static_cast<float>(i - 10) / 1000);
  const auto logits = logits_of(data.features, 40, 200, weights, bias, 3);
  for (std::size_t r = 0; r < 200; ++r) {
    for (std::size_t k = 0; k < 3; ++k) {
      double sum = static_cast<double>(bias[k]);
      for (std::size_t c = 0; c < 7; ++c)
        sum += static_cast<double>(weights[k * 7 + c]) * static_cast<double>(data.rows[40 + r][c]);
      ASSERT_NEAR(logits[r * 3 + k], sum, 1e-3);
    }
  }
}

TEST(Logistic, EndsWhereNoStepLowersTheLoss) {
  const Data data = clouds(800, 5, 3, 1.5);
  const double penalty = 0.01;
  LogisticOptions options;
  options.penalties = {penalty};
  options.iterations = 200;
  const Logistic fit = train_logistic(data.features, data.labels, options);
  // The penalized loss by its definition, in double, of the training rows.
  const std::size_t first = data.labels.held;
  std::vector<double> mean(5, 0), deviation(5, 0);
  const auto rows = static_cast<double>(data.rows.size() - first);
  for (std::size_t c = 0; c < 5; ++c) {
    for (std::size_t r = first; r < data.rows.size(); ++r)
      mean[c] += static_cast<double>(data.rows[r][c]) / rows;
    for (std::size_t r = first; r < data.rows.size(); ++r)
      deviation[c] += std::pow(static_cast<double>(data.rows[r][c]) - mean[c], 2) / rows;
    deviation[c] = std::sqrt(deviation[c]);
  }
  const auto loss = [&](const std::vector<double>& weights, const std::vector<double>& bias) {
    double sum = 0;
    for (std::size_t r = first; r < data.rows.size(); ++r) {
      double total = 0, own = 0;
      for (std::size_t k = 0; k < 3; ++k) {
        double z = bias[k];
        for (std::size_t c = 0; c < 5; ++c) z += weights[k * 5 + c] * static_cast<double>(data.rows[r][c]);
        total += std::exp(z);
        if (k == data.labels.of[r]) own = z;
      }
      sum += std::log(total) - own;
    }
    double square = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) square += std::pow(weights[i] * deviation[i % 5], 2);
    return sum / rows + penalty / 2 * square;
  };
  const std::vector<double> weights(fit.weights.begin(), fit.weights.end());
  const std::vector<double> bias(fit.bias.begin(), fit.bias.end());
  const double at = loss(weights, bias);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (deviation[i % 5] == 0) {
      EXPECT_EQ(weights[i], 0) << "a feature that never varies";
      continue;
    }
    for (const double step : {-0.05, 0.05}) {
      auto moved = weights;
      moved[i] += step / deviation[i % 5];
      EXPECT_GT(loss(moved, bias), at - 1e-6) << i;
    }
  }
  for (std::size_t k = 0; k < 3; ++k) {
    for (const double step : {-0.05, 0.05}) {
      auto moved = bias;
      moved[k] += step;
      EXPECT_GT(loss(weights, moved), at - 1e-6) << k;
    }
  }
}

TEST(Logistic, FeaturesFarFromZeroAreNoHarder) {
  const Data near = clouds(800, 12, 4, 1.0);
  Data far = near;
  for (std::size_t r = 0; r < far.rows.size(); ++r) {
    // The deviation of feature c is about 10^(c % 4).
    for (std::size_t c = 0; c < 12; ++c)
      far.rows[r][c] += 30.0F * static_cast<float>(std::pow(10.0, static_cast<double>(c % 4)));
    far.features.set(r, far.rows[r].data());
  }
  LogisticOptions few;
  few.penalties = {1e-3};
  few.iterations = 15;
  EXPECT_NEAR(train_logistic(far.features, far.labels, few).held_loss,
              train_logistic(near.features, near.labels, few).held_loss, 0.05);
}

TEST(Logistic, NoiseIsGivenAStrongerPenaltyThanWhatIsClear) {
  const Data noise = clouds(600, 80, 4, 12.0);
  const Data clear = clouds(600, 80, 4, 0.3);
  EXPECT_GT(train_logistic(noise.features, noise.labels, {}).penalty,
            train_logistic(clear.features, clear.labels, {}).penalty);
}

TEST(Logistic, ThreadsGiveTheSameBits) {
  const Data data = clouds(900, 33, 10, 1.0);
  LogisticOptions one, three;
  three.threads = 3;
  const Logistic a = train_logistic(data.features, data.labels, one);
  const Logistic b = train_logistic(data.features, data.labels, three);
  EXPECT_EQ(a.weights, b.weights);
  EXPECT_EQ(a.bias, b.bias);
  EXPECT_EQ(a.held_loss, b.held_loss);
}

}  // namespace
}  // namespace offramp::attach

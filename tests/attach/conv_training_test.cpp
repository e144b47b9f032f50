#include "attach/conv_training.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "attach/outcomes.h"

namespace offramp::attach {
namespace {

struct Data {
  FeatureMatrix features;
  Labels labels;
};

/// Maps of noise; what counts is which of two channels agrees in sign with the other at most pixels, which no
/// weighted sum of the pixels shows.
Data agreement(std::size_t rows, const net::Shape& map) {
  std::mt19937_64 random(4);
  Data data{FeatureMatrix(rows, static_cast<std::size_t>(map.elements())), {}};
  data.labels.classes = 2;
  data.labels.held = rows / 4;
  const auto plane = static_cast<std::size_t>(map.height * map.width);
  std::vector<float> row(static_cast<std::size_t>(map.elements()));
  for (std::size_t r = 0; r < rows; ++r) {
    const bool agree = random() % 2 == 0;
    data.labels.of.push_back(agree ? 1 : 0);
    for (std::size_t p = 0; p < plane; ++p) {
      const float a = random() % 2 == 0 ? 1.0F : 0.0F;
      const bool same = (random() % 10 != 0) == agree;
      row[p] = a;
      row[plane + p] = same ? a : 1.0F - a;
      for (std::size_t c = 2; c < static_cast<std::size_t>(map.channels); ++c)
        row[c * plane + p] = static_cast<float>(random() % 100) / 100;
    }
    data.features.set(r, row.data());
  }
  return data;
}

double held_accuracy(const FeatureMatrix& features, const Labels& labels) {
  const Logistic fit = train_logistic(features, labels, {});
  const auto logits = logits_of(features, 0, labels.held, fit.weights, fit.bias, 1);
  return accuracy_of(outcomes_of(logits, 2), std::span(labels.of).first(labels.held));
}

TEST(ConvTraining, LearnsWhatADenseLayerAloneCannot) {
  const net::Shape map{3, 4, 4};
  const Data data = agreement(1600, map);
  EXPECT_LT(held_accuracy(data.features, data.labels), 0.65);
  for (const char* word : {"avg4-pw8", "avg4-conv8"}) {
    const TrainedConv conv =
        train_conv(data.features, data.labels, parse_structure(word), map, {.epochs = 30});
    EXPECT_GT(held_accuracy(conv.hidden, data.labels), 0.9) << word;
  }
}

TEST(ConvTraining, WhatItKeepsIsWhatTheLayersGive) {
  const net::Shape map{3, 5, 4};
  const Data data = agreement(300, map);
  for (const char* word : {"avg5-pw4", "avg5-dw", "avg5-dws2", "avg5-conv4", "avg5-conv4s2"}) {
    const Structure s = parse_structure(word);
    const TrainedConv trained = train_conv(data.features, data.labels, s, map, {.epochs = 2});
    net::Conv conv{.window = mixer_window(s), .weights = trained.weights, .bias = trained.bias};
    conv.groups = s.mixer == Structure::Mixer::depthwise ? 3 : 1;
    conv.out_channels = static_cast<int>(trained.bias.size());
    const net::Shape out = branch_shapes(s, map).mixed;
    std::vector<float> row(static_cast<std::size_t>(map.elements()));
    std::vector<float> hidden(static_cast<std::size_t>(out.elements()));
    ASSERT_EQ(trained.hidden.columns(), hidden.size());
    for (const std::size_t r : {std::size_t{0}, std::size_t{17}, std::size_t{299}}) {
      data.features.get(r, 1, row.data());
      trained.hidden.get(r, 1, hidden.data());
      const net::Shape in = map;
      std::vector<double> want(hidden.size(), 0.0);
      const auto& w = conv.window;
      const int per_group = conv.groups == 1 ? in.channels : 1;
      for (int n = 0; n < out.channels; ++n) {
        for (int y = 0; y < out.height; ++y) {
          for (int x = 0; x < out.width; ++x) {
            double sum = static_cast<double>(conv.bias[static_cast<std::size_t>(n)]);
            for (int c = 0; c < per_group; ++c) {
              for (int ky = 0; ky < w.kernel_h; ++ky) {
                for (int kx = 0; kx < w.kernel_w; ++kx) {
                  const int iy = y * w.stride_h - w.pad_top + ky;
                  const int ix = x * w.stride_w - w.pad_left + kx;
                  if (iy < 0 || ix < 0 || iy >= in.height || ix >= in.width) continue;
                  const int channel = conv.groups == 1 ? c : n;
                  const auto weight = conv.weights[static_cast<std::size_t>(
                      ((n * per_group + c) * w.kernel_h + ky) * w.kernel_w + kx)];
                  sum += static_cast<double>(weight) *
                         static_cast<double>(
                             row[static_cast<std::size_t>((channel * in.height + iy) * in.width + ix)]);
                }
              }
            }
            want[static_cast<std::size_t>((n * out.height + y) * out.width + x)] = std::max(0.0, sum);
          }
        }
      }
      for (std::size_t k = 0; k < hidden.size(); ++k)
        ASSERT_NEAR(hidden[k], want[k], 1e-4 + want[k] / 200) << word << " row " << r << " element " << k;
    }
  }
}

TEST(ConvTraining, SeedsDecideAndThreadsDoNot) {
  const net::Shape map{4, 4, 4};
  const Data data = agreement(400, map);
  const Structure s = parse_structure("avg4-conv4s2");
  const TrainedConv one = train_conv(data.features, data.labels, s, map, {.epochs = 2});
  const TrainedConv three = train_conv(data.features, data.labels, s, map, {.epochs = 2, .threads = 3});
  const TrainedConv other = train_conv(data.features, data.labels, s, map, {.epochs = 2, .seed = 2});
  EXPECT_EQ(one.weights, three.weights);
  EXPECT_EQ(one.bias, three.bias);
  EXPECT_NE(one.weights, other.weights);
}

}  // namespace
}  // namespace offramp::attach

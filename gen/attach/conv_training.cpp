#include "attach/conv_training.h"

#include <oneapi/dnnl/dnnl.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <random>
#include <stdexcept>

#include "attach/pieces.h"

namespace offramp::attach {
namespace {

constexpr std::size_t kSlice = 16;  // images whose columns fit a core's cache
constexpr std::size_t kSlices = 8;  // of a minibatch
constexpr std::size_t kBatch = kSlice * kSlices;

void multiply(char ta, char tb, std::size_t m, std::size_t n, std::size_t k, const float* a, const float* b,
              float beta, float* c) {
  const auto dim = [](std::size_t x) { return static_cast<dnnl_dim_t>(x); };
  const dnnl_status_t status = dnnl_sgemm(ta, tb, dim(m), dim(n), dim(k), 1.0F, a, dim(ta == 'N' ? k : m), b,
                                          dim(tb == 'N' ? n : k), beta, c, dim(n));
  if (status != dnnl_success)
    throw std::runtime_error("oneDNN refused a matrix product, status " + std::to_string(status));
}

std::size_t size(int v) {
  return static_cast<std::size_t>(v);
}

/// Sizes of a branch's layers.
struct Sizes {
  net::Shape in, out;
  net::Window window;
  bool depthwise = false;
  std::size_t taps = 0;       // weights of one output channel
  std::size_t positions = 0;  // of the output map
  std::size_t channels = 0;   // of the output
  std::size_t classes = 0;
  [[nodiscard]] std::size_t hidden() const { return channels * positions; }
  [[nodiscard]] std::size_t column_rows() const {
    return size(in.channels) * size(window.kernel_h) * size(window.kernel_w);
  }
};

/// All that is trained, one after the other in one vector.
struct Layout {
  std::size_t conv = 0, conv_bias, dense, dense_bias, all;
  explicit Layout(const Sizes& s)
      : conv_bias(s.channels * s.taps),
        dense(conv_bias + s.channels),
        dense_bias(dense + s.classes * s.hidden()),
        all(dense_bias + s.classes) {}
};

/// One slice of images on its way forth and back.
class Pass {
 public:
  explicit Pass(const Sizes& sizes) : s_(sizes), layout_(sizes) {
    rows_.resize(kSlice * static_cast<std::size_t>(s_.in.elements()));
    columns_.resize(s_.column_rows() * kSlice * s_.positions);
    map_.resize(s_.channels * kSlice * s_.positions);
    hidden_.resize(kSlice * s_.hidden());
    back_.resize(hidden_.size());
    logits_.resize(kSlice * s_.classes);
  }

  float* row(std::size_t i) { return rows_.data() + i * static_cast<std::size_t>(s_.in.elements()); }
  [[nodiscard]] const float* hidden(std::size_t i) const { return hidden_.data() + i * s_.hidden(); }

  void forward(std::size_t images, const float* weights) {
    gather(images);
    const std::size_t across = images * s_.positions;
    if (s_.depthwise) {
      for (std::size_t c = 0; c < s_.channels; ++c) {
        float* out = map_.data() + c * across;
        std::fill_n(out, across, 0.0F);
        for (std::size_t t = 0; t < s_.taps; ++t) {
          const float w = weights[layout_.conv + c * s_.taps + t];
          const float* in = columns_.data() + (c * s_.taps + t) * across;
          for (std::size_t j = 0; j < across; ++j) out[j] += w * in[j];
        }
      }
    } else {
      multiply('N', 'N', s_.channels, across, s_.taps, weights + layout_.conv, columns_.data(), 0.0F,
               map_.data());
    }
    for (std::size_t c = 0; c < s_.channels; ++c) {
      const float bias = weights[layout_.conv_bias + c];
      for (std::size_t i = 0; i < images; ++i) {
        const float* in = map_.data() + c * across + i * s_.positions;
        float* out = hidden_.data() + i * s_.hidden() + c * s_.positions;
        for (std::size_t p = 0; p < s_.positions; ++p) out[p] = std::max(0.0F, in[p] + bias);
      }
    }
  }

  /// Adds the gradient of the slice's loss to `gradient`.
  void backward(std::size_t images, const float* weights, const std::uint16_t* labels, float* gradient) {
    for (std::size_t i = 0; i < images; ++i)
      std::copy_n(weights + layout_.dense_bias, s_.classes, &logits_[i * s_.classes]);
    multiply('N', 'T', images, s_.classes, s_.hidden(), hidden_.data(), weights + layout_.dense, 1.0F,
             logits_.data());
    cross_entropy(logits_.data(), images, s_.classes, labels);
    for (std::size_t i = 0; i < images; ++i) {
      for (std::size_t k = 0; k < s_.classes; ++k)
        gradient[layout_.dense_bias + k] += logits_[i * s_.classes + k];
    }
    multiply('T', 'N', s_.classes, s_.hidden(), images, logits_.data(), hidden_.data(), 1.0F,
             gradient + layout_.dense);
    multiply('N', 'N', images, s_.hidden(), s_.classes, logits_.data(), weights + layout_.dense, 0.0F,
             back_.data());
    const std::size_t across = images * s_.positions;
    for (std::size_t c = 0; c < s_.channels; ++c) {
      float sum = 0;
      for (std::size_t i = 0; i < images; ++i) {
        const std::size_t at = i * s_.hidden() + c * s_.positions;
        float* out = map_.data() + c * across + i * s_.positions;
        for (std::size_t p = 0; p < s_.positions; ++p) {
          out[p] = hidden_[at + p] > 0 ? back_[at + p] : 0.0F;
          sum += out[p];
        }
      }
      gradient[layout_.conv_bias + c] += sum;
    }
    if (!s_.depthwise) {
      multiply('N', 'T', s_.channels, s_.taps, across, map_.data(), columns_.data(), 1.0F,
               gradient + layout_.conv);
      return;
    }
    for (std::size_t c = 0; c < s_.channels; ++c) {
      for (std::size_t t = 0; t < s_.taps; ++t) {
        const float* in = columns_.data() + (c * s_.taps + t) * across;
        const float* out = map_.data() + c * across;
        gradient[layout_.conv + c * s_.taps + t] += std::inner_product(in, in + across, out, 0.0F);
      }
    }
  }

 private:
  /// columns[channel, ky, kx][image, position]: what each weight meets.
  void gather(std::size_t images) {
    const net::Window& w = s_.window;
    const std::size_t plane = size(s_.in.height) * size(s_.in.width);
    float* out = columns_.data();
    for (std::size_t c = 0; c < size(s_.in.channels); ++c) {
      for (int ky = 0; ky < w.kernel_h; ++ky) {
        for (int kx = 0; kx < w.kernel_w; ++kx) {
          // Output columns first .. last - 1 meet the map; the others its padding.
          const int shift = kx - w.pad_left;
          const int first = std::clamp((-shift + w.stride_w - 1) / w.stride_w, 0, s_.out.width);
          const int last = std::clamp((s_.in.width - 1 - shift) / w.stride_w + 1, first, s_.out.width);
          for (std::size_t i = 0; i < images; ++i) {
            const float* map = row(i) + c * plane;
            for (int y = 0; y < s_.out.height; ++y, out += s_.out.width) {
              const int iy = y * w.stride_h - w.pad_top + ky;
              if (iy < 0 || iy >= s_.in.height) {
                std::fill_n(out, s_.out.width, 0.0F);
                continue;
              }
              const float* line = map + std::ptrdiff_t{iy} * s_.in.width;
              std::fill(out, out + first, 0.0F);
              for (int x = first; x < last; ++x) out[x] = line[x * w.stride_w + shift];
              std::fill(out + last, out + s_.out.width, 0.0F);
            }
          }
        }
      }
    }
  }

  const Sizes& s_;
  Layout layout_;
  std::vector<float> rows_, columns_, map_, hidden_, back_, logits_;
};

/// Adam with decoupled weight decay.
class Adam {
 public:
  explicit Adam(std::size_t count) : first_(count, 0.0F), second_(count, 0.0F) {}
  void step(std::vector<float>& weights, const std::vector<float>& gradient, double rate, double decay) {
    first_share_ *= kFirst;
    second_share_ *= kSecond;
    const auto scale = static_cast<float>(rate * std::sqrt(1 - second_share_) / (1 - first_share_));
    const auto keep = static_cast<float>(1 - rate * decay);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const float g = gradient[i];
      first_[i] += (1 - static_cast<float>(kFirst)) * (g - first_[i]);
      second_[i] += (1 - static_cast<float>(kSecond)) * (g * g - second_[i]);
      weights[i] = weights[i] * keep - scale * first_[i] / (std::sqrt(second_[i]) + 1e-8F);
    }
  }

 private:
  static constexpr double kFirst = 0.9, kSecond = 0.999;
  double first_share_ = 1, second_share_ = 1;
  std::vector<float> first_, second_;
};

/// Root mean square of each channel over the training rows, so that all begin with a like say.
std::vector<float> channel_sizes(const FeatureMatrix& features, const Labels& labels, const net::Shape& in) {
  const std::size_t plane = size(in.height) * size(in.width);
  std::vector<double> squares(size(in.channels), 0.0);
  std::vector<float> x(features.columns());
  // Every eighth row is plenty for a scale.
  std::size_t rows = 0;
  for (std::size_t r = labels.held; r < features.rows(); r += 8, ++rows) {
    features.get(r, 1, x.data());
    for (std::size_t i = 0; i < x.size(); ++i)
      squares[i / plane] += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  }
  std::vector<float> sizes;
  for (const double sum : squares) {
    const double rms = std::sqrt(sum / static_cast<double>(std::max<std::size_t>(1, rows * plane)));
    sizes.push_back(rms > 1e-6 ? static_cast<float>(rms) : 1.0F);
  }
  return sizes;
}

}  // namespace

TrainedConv train_conv(const FeatureMatrix& features, const Labels& labels, const Structure& structure,
                       const net::Shape& pooled, const ConvTrainingOptions& options) {
  Sizes s;
  s.in = pooled;
  Structure on_grid = structure;
  on_grid.grid = std::max(pooled.height, pooled.width);
  s.out = branch_shapes(on_grid, pooled).mixed;
  s.window = mixer_window(structure);
  s.depthwise = structure.mixer == Structure::Mixer::depthwise;
  s.taps = size(s.window.kernel_h) * size(s.window.kernel_w) * (s.depthwise ? 1 : size(pooled.channels));
  s.positions = size(s.out.height) * size(s.out.width);
  s.channels = size(s.out.channels);
  s.classes = size(labels.classes);
  const Layout layout(s);

  std::mt19937_64 random(options.seed);
  std::vector<float> weights(layout.all, 0.0F);
  const auto fill = [&](std::size_t first, std::size_t last, double deviation) {
    std::normal_distribution<double> normal(0, deviation);
    for (std::size_t i = first; i < last; ++i) weights[i] = static_cast<float>(normal(random));
  };
  fill(layout.conv, layout.conv_bias, std::sqrt(2.0 / static_cast<double>(s.taps)));
  fill(layout.dense, layout.dense_bias, std::sqrt(1.0 / static_cast<double>(s.hidden())));

  const std::vector<float> sizes = channel_sizes(features, labels, pooled);
  const std::size_t plane = size(pooled.height) * size(pooled.width);
  const auto load = [&](Pass& pass, std::size_t i, std::size_t row) {
    float* x = pass.row(i);
    features.get(row, 1, x);
    for (const float channel : sizes) {
      const float scale = 1 / channel;
      for (const float* end = x + plane; x != end; ++x) *x *= scale;
    }
  };

  std::vector<std::size_t> order(features.rows() - labels.held);
  std::iota(order.begin(), order.end(), labels.held);
  std::vector<Pass> passes(size(std::max(1, options.threads)), Pass(s));
  std::vector<std::vector<float>> gradients(kSlices, std::vector<float>(layout.all));
  Adam adam(layout.all);
  const std::size_t batches = pieces_of(order.size(), kBatch);
  const std::size_t steps = batches * size(options.epochs);
  std::size_t step = 0;
  for (int epoch = 0; epoch < options.epochs; ++epoch) {
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random() % i]);
    for (std::size_t b = 0; b < batches; ++b, ++step) {
      const Piece batch = piece_of(b, order.size(), kBatch);
      const std::size_t slices = pieces_of(batch.size(), kSlice);
      each_piece(slices, options.threads, [&](std::size_t slice, std::size_t worker) {
        const Piece range = piece_of(slice, batch.size(), kSlice);
        std::fill(gradients[slice].begin(), gradients[slice].end(), 0.0F);
        std::uint16_t own[kSlice];
        for (std::size_t i = 0; i < range.size(); ++i) {
          const std::size_t row = order[batch.first + range.first + i];
          load(passes[worker], i, row);
          own[i] = labels.of[row];
        }
        passes[worker].forward(range.size(), weights.data());
        passes[worker].backward(range.size(), weights.data(), own, gradients[slice].data());
      });
      for (std::size_t slice = 1; slice < slices; ++slice) {
        for (std::size_t i = 0; i < layout.all; ++i) gradients[0][i] += gradients[slice][i];
      }
      for (float& g : gradients[0]) g /= static_cast<float>(batch.size());
      const double angle = std::numbers::pi * static_cast<double>(step) / static_cast<double>(steps);
      adam.step(weights, gradients[0], options.rate * (1 + std::cos(angle)) / 2, options.decay);
    }
    if (options.progress) options.progress(size(epoch + 1), size(options.epochs));
  }

  TrainedConv result;
  result.hidden = FeatureMatrix(features.rows(), s.hidden());
  each_piece(pieces_of(features.rows(), kSlice), options.threads, [&](std::size_t piece, std::size_t worker) {
    const Piece range = piece_of(piece, features.rows(), kSlice);
    for (std::size_t i = 0; i < range.size(); ++i) load(passes[worker], i, range.first + i);
    passes[worker].forward(range.size(), weights.data());
    for (std::size_t i = 0; i < range.size(); ++i)
      result.hidden.set(range.first + i, passes[worker].hidden(i));
  });
  const std::size_t area = size(s.window.kernel_h) * size(s.window.kernel_w);
  for (std::size_t i = 0; i < layout.conv_bias; ++i) {
    const std::size_t channel = i / area % sizes.size();  // of the input, in both layouts
    result.weights.push_back(weights[i] / sizes[channel]);
  }
  result.bias.assign(weights.begin() + static_cast<std::ptrdiff_t>(layout.conv_bias),
                     weights.begin() + static_cast<std::ptrdiff_t>(layout.dense));
  return result;
}

}  // namespace offramp::attach

#include "attach/features.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <mutex>

#include "attach/block_runner.h"
#include "attach/pieces.h"

namespace offramp::attach {
namespace {

constexpr std::size_t kBlock = 16;  // images that run together: enough for oneDNN, little enough for caches

std::size_t index(int i) {
  return static_cast<std::size_t>(i);
}

std::uint16_t to_bfloat(float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return static_cast<std::uint16_t>((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
}

/// Runs blocks of images and gives each block's worker, first image and number of images to `take`.
void each_block(const net::Network& network, const std::vector<int>& wanted, const net::Split& split,
                std::span<const std::size_t> images, int threads, const Progress& progress,
                const std::function<void(const BlockRunner::Worker&, std::size_t, std::size_t)>& take) {
  const BlockRunner runner(network, wanted, kBlock);
  std::vector<std::unique_ptr<BlockRunner::Worker>> workers(static_cast<std::size_t>(std::max(1, threads)));
  std::mutex mutex;
  std::size_t done = 0;
  each_piece(pieces_of(images.size(), kBlock), threads, [&](std::size_t piece, std::size_t worker) {
    if (!workers[worker]) workers[worker] = std::make_unique<BlockRunner::Worker>(runner);
    const Piece range = piece_of(piece, images.size(), kBlock);
    std::vector<const std::uint8_t*> pixels;
    for (std::size_t i = range.first; i < range.last; ++i) pixels.push_back(split.image(images[i]));
    workers[worker]->run(pixels);
    take(*workers[worker], range.first, range.size());
    const std::lock_guard lock(mutex);
    done += range.size();
    if (progress) progress(done, images.size());
  });
}

}  // namespace

void FeatureMatrix::set(std::size_t row, const float* values) {
  std::uint16_t* out = data_.data() + row * columns_;
  for (std::size_t i = 0; i < columns_; ++i) out[i] = to_bfloat(values[i]);
}

void FeatureMatrix::get(std::size_t row, std::size_t count, float* values) const {
  const std::uint16_t* in = data_.data() + row * columns_;
  for (std::size_t i = 0; i < count * columns_; ++i) {
    const std::uint32_t bits = std::uint32_t{in[i]} << 16;
    std::memcpy(values + i, &bits, sizeof bits);
  }
}

void pool_map(const float* map, const net::Shape& shape, const Structure& structure, float* result) {
  const auto window = pool_window(structure, shape);
  if (!window) {
    std::copy_n(map, shape.elements(), result);
    return;
  }
  const net::Shape out = branch_shapes({.pool = structure.pool, .grid = structure.grid}, shape).pooled;
  const bool average = structure.pool == Structure::Pool::average;
  const float share = 1.0F / static_cast<float>(window->kernel_h * window->kernel_w);
  for (int c = 0; c < shape.channels; ++c) {
    const float* plane = map + index(c) * index(shape.height) * index(shape.width);
    for (int y = 0; y < out.height; ++y) {
      for (int x = 0; x < out.width; ++x) {
        const float* corner =
            plane + index(y * window->stride_h) * index(shape.width) + index(x * window->stride_w);
        float sum = average ? 0.0F : *corner;
        for (int ky = 0; ky < window->kernel_h; ++ky) {
          const float* line = corner + index(ky) * index(shape.width);
          for (int kx = 0; kx < window->kernel_w; ++kx)
            sum = average ? sum + line[kx] : std::max(sum, line[kx]);
        }
        *result++ = average ? sum * share : sum;
      }
    }
  }
}

std::size_t bytes_of(const FeatureRequest& request, const net::Network& network) {
  const Structure structure{.pool = request.pool, .grid = request.grid};
  const net::Shape& map = network.nodes[index(request.node)].shape;
  return static_cast<std::size_t>(branch_shapes(structure, map).pooled.elements()) * sizeof(std::uint16_t);
}

std::vector<FeatureMatrix> extract_features(const net::Network& network, const net::Split& split,
                                            std::span<const std::size_t> images,
                                            const std::vector<FeatureRequest>& requests, int threads,
                                            const Progress& progress) {
  std::vector<int> wanted;
  std::vector<std::size_t> wanted_of;  // by request
  std::vector<FeatureMatrix> matrices;
  for (const FeatureRequest& request : requests) {
    const auto found = std::find(wanted.begin(), wanted.end(), request.node);
    wanted_of.push_back(static_cast<std::size_t>(found - wanted.begin()));
    if (found == wanted.end()) wanted.push_back(request.node);
    matrices.emplace_back(images.size(), bytes_of(request, network) / sizeof(std::uint16_t));
  }
  each_block(network, wanted, split, images, threads, progress,
             [&](const BlockRunner::Worker& worker, std::size_t first, std::size_t count) {
               std::vector<float> pooled;
               for (std::size_t r = 0; r < requests.size(); ++r) {
                 pooled.resize(matrices[r].columns());
                 for (std::size_t i = 0; i < count; ++i) {
                   pool_map(worker.output(wanted_of[r], i), network.nodes[index(requests[r].node)].shape,
                            {.pool = requests[r].pool, .grid = requests[r].grid}, pooled.data());
                   matrices[r].set(first + i, pooled.data());
                 }
               }
             });
  return matrices;
}

std::vector<std::vector<float>> run_exits(const net::Network& network, const net::Split& split,
                                          std::span<const std::size_t> images, int threads,
                                          const Progress& progress) {
  std::vector<int> wanted;
  for (const net::Exit& exit : network.exits) wanted.push_back(exit.logits);
  const auto classes = index(network.classes());
  std::vector<std::vector<float>> logits(wanted.size(), std::vector<float>(images.size() * classes));
  each_block(network, wanted, split, images, threads, progress,
             [&](const BlockRunner::Worker& worker, std::size_t first, std::size_t count) {
               for (std::size_t e = 0; e < wanted.size(); ++e) {
                 for (std::size_t i = 0; i < count; ++i)
                   std::copy_n(worker.output(e, i), classes, &logits[e][(first + i) * classes]);
               }
             });
  return logits;
}

}  // namespace offramp::attach

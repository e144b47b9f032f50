#include "accel/weight_image.h"

#include <array>
#include <cstring>
#include <vector>

#include "accel/tile_weights.h"
#include "accel/weight_store.h"
#include "blocks/weight_fetch.h"

namespace offramp::accel {
namespace {

constexpr std::size_t kWordBytes = 4;

/// FNV-1a (Fowler, Noll, Vo) over 32-bit numbers.
class Fingerprint {
 public:
  void add(std::int64_t value) { hash_ = (hash_ ^ static_cast<std::uint32_t>(value)) * 16777619U; }
  [[nodiscard]] std::uint32_t value() const { return hash_; }

 private:
  std::uint32_t hash_ = 2166136261U;
};

/// Appends a tile's beats: row after row, least significant first, whole rows a beat.
void add_tile(const blocks::TileBeats& shape, const TileWeights& weights, const Tile& tile, int first_channel,
              std::string& bytes) {
  const std::size_t beat_bytes = static_cast<std::size_t>(shape.beat_bits) / 8;
  for (int row = 0; row < shape.rows; row += shape.rows_per_beat()) {
    const std::size_t beat = bytes.size();
    bytes.resize(beat + beat_bytes, '\0');
    std::size_t bit = 0;
    for (int r = row; r < std::min(row + shape.rows_per_beat(), shape.rows); ++r) {
      const TileRow& source = tile.rows[static_cast<std::size_t>(r)];
      for (int c = first_channel; c < first_channel + shape.columns; ++c) {
        const auto w = static_cast<std::uint32_t>(weights.at(source, c));
        if (shape.weight_bits == 8) {
          bytes[beat + bit / 8] = static_cast<char>(w);
        } else {
          for (int b = 0; b < shape.weight_bits; ++b) {
            const std::size_t at = bit + static_cast<std::size_t>(b);
            bytes[beat + at / 8] = static_cast<char>(static_cast<unsigned char>(bytes[beat + at / 8]) |
                                                     ((w >> b & 1U) << (at % 8)));
          }
        }
        bit += static_cast<std::size_t>(shape.weight_bits);
      }
    }
  }
}

void add_layers(const Accelerator& a, bool streamed, std::string& bytes) {
  const EnginePlan& engine = a.engines.front();
  const blocks::TileBeats shape = tile_beats(engine, engine.beat_bits);
  for (const LayerPlan& l : engine.layers) {
    if (l.streamed != streamed) continue;
    const TileWeights weights(a.network, l);
    for (int ct = 0; ct < l.channel_tiles; ++ct) {
      for (int k = 0; k < l.k_tiles; ++k) {
        const int tile = l.tile_first[static_cast<std::size_t>(ct)] + k;
        add_tile(shape, weights, l.tiles[static_cast<std::size_t>(tile)], ct * shape.columns, bytes);
      }
    }
  }
}

}  // namespace

WeightImage weight_image_shape(const Accelerator& accelerator) {
  const EnginePlan& engine = accelerator.engines.front();
  const blocks::TileBeats shape = tile_beats(engine, engine.beat_bits);
  WeightImage image;
  Fingerprint fingerprint;
  for (const int n :
       {shape.rows, shape.columns, engine.shape.lanes, shape.weight_bits, shape.beat_bits, engine.banks})
    fingerprint.add(n);
  for (const LayerPlan& l : engine.layers) {
    (l.streamed ? image.streamed_beats : image.resident_beats) += l.tile_passes() * shape.beats_per_tile();
    if (l.streamed && l.grouped) image.group_beats += l.tile_passes() * shape.beats_per_tile();
    fingerprint.add(l.streamed ? 1 : 0);
    const auto& layer = accelerator.network.layers[static_cast<std::size_t>(l.qlayer)];
    const auto* conv = std::get_if<quant::QConv>(&layer.op);
    if (conv == nullptr) continue;
    for (const auto w : conv->weights) fingerprint.add(w);
    for (const auto b : conv->bias) fingerprint.add(b);
  }
  image.identification = fingerprint.value();
  return image;
}

std::string weight_image(const Accelerator& accelerator) {
  const EnginePlan& engine = accelerator.engines.front();
  const WeightImage shape = weight_image_shape(accelerator);
  const std::size_t beat_bytes = static_cast<std::size_t>(engine.beat_bits) / 8;
  std::string bytes(beat_bytes, '\0');
  bytes.reserve(beat_bytes * static_cast<std::size_t>(1 + shape.resident_beats + shape.streamed_beats));
  add_layers(accelerator, false, bytes);
  add_layers(accelerator, true, bytes);

  const auto word_at = [&](std::size_t byte) {
    std::uint32_t w = 0;
    for (std::size_t i = kWordBytes; i-- > 0;) w = w << 8 | static_cast<unsigned char>(bytes[byte + i]);
    return w;
  };
  std::uint32_t sum = 0;
  std::uint32_t sums = 0;
  for (std::size_t beat = beat_bytes; beat < bytes.size(); beat += beat_bytes) {
    for (std::size_t byte = beat; byte < beat + beat_bytes; byte += kWordBytes) sum += word_at(byte);
    sums += sum;
  }
  const std::array<std::uint32_t, 5> header = {
      blocks::WeightFetch::kMagic, shape.identification,
      static_cast<std::uint32_t>(shape.resident_beats + shape.streamed_beats), sum, sums};
  for (std::size_t i = 0; i < header.size(); ++i) {
    for (std::size_t b = 0; b < kWordBytes; ++b)
      bytes[i * kWordBytes + b] = static_cast<char>(header[i] >> (8 * b) & 0xFF);
  }
  return bytes;
}

}  // namespace offramp::accel

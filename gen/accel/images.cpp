#include "accel/images.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "accel/tile_weights.h"
#include "blocks/weight_bank.h"
#include "fixed/decision.h"
#include "fixed/requant.h"

namespace offramp::accel {
namespace {

/// A word of any width, filled from its least significant bit.
class HexWord {
 public:
  void add(std::int64_t value, int bits) {
    for (int b = 0; b < bits; ++b)
      bits_.push_back(static_cast<std::uint8_t>((value >> (b < 63 ? b : 63)) & 1));
  }
  [[nodiscard]] std::string line() const {
    std::string text;
    for (std::size_t digit = (bits_.size() + 3) / 4; digit-- > 0;) {
      unsigned value = 0;
      for (std::size_t b = 4 * digit; b < 4 * digit + 4 && b < bits_.size(); ++b)
        value |= unsigned{bits_[b]} << (b - 4 * digit);
      text += "0123456789abcdef"[value];
    }
    return text + '\n';
  }

 private:
  std::vector<std::uint8_t> bits_;
};

/// Bits [low, low + bits) of every word of an image.
std::string columns_of(const std::string& image, int low, int bits) {
  std::string all;
  for (std::size_t begin = 0; begin < image.size();) {
    const std::size_t end = image.find('\n', begin);
    HexWord word;
    for (int b = low; b < low + bits; ++b) {
      const char digit = image[end - 1 - static_cast<std::size_t>(b / 4)];
      const int value = digit <= '9' ? digit - '0' : digit - 'a' + 10;
      word.add(value >> (b % 4), 1);
    }
    all += word.line();
    begin = end + 1;
  }
  return all;
}

std::string tile_image(const EnginePlan& plan, const EngineConfig& config) {
  const int word_bits = blocks::index_bits(config.words);
  const int bank_bits = config.sequencer.format.address_bits - word_bits;
  std::string text;
  for (const LayerPlan& l : plan.layers) {
    for (const Tile& t : l.tiles) {
      HexWord word;
      for (std::size_t r = 0; r < t.rows.size(); ++r) {
        const int offset = t.rows[r].used ? t.rows[r].offset - t.base - static_cast<int>(r) : 0;
        word.add(offset / config.banks, word_bits);  // exact: the tile was packed by residue
      }
      for (const TileRow& r : t.rows) word.add(r.dx, config.kernel_bits);
      for (const TileRow& r : t.rows) word.add(r.dy, config.kernel_bits);
      for (const TileRow& r : t.rows) word.add(r.used ? 1 : 0, 1);
      word.add(t.base, bank_bits);
      text += word.line();
    }
  }
  return text;
}

std::string program_image(const std::vector<blocks::ProgramWord>& program,
                          const blocks::ProgramFormat& format) {
  const std::vector<blocks::ProgramFormat::Field> fields = format.fields();
  std::string text;
  for (const blocks::ProgramWord& w : program) {
    HexWord word;
    for (const auto& f : fields) word.add(f.value(w, format), f.bits);
    text += word.line();
  }
  return text;
}

/// What a sum lacks because unsigned operands enter the array less half their range.
std::int64_t offset_correction(const quant::QNetwork& n, const EnginePlan& plan, const LayerPlan& layer,
                               int channel) {
  if (layer.in_signed) return 0;
  const auto first =
      static_cast<std::size_t>(layer.tile_first[static_cast<std::size_t>(channel / plan.shape.columns)]);
  const TileWeights weights(n, layer);
  std::int64_t sum = 0;
  for (std::size_t k = first; k < first + static_cast<std::size_t>(layer.k_tiles); ++k) {
    for (const TileRow& row : layer.tiles[k].rows) {
      sum += weights.at(row, channel);
    }
  }
  return sum << (plan.data_bits - 1);
}

}  // namespace

EngineTables engine_tables(const Accelerator& accelerator, const EnginePlan& plan,
                           const EngineConfig& config) {
  const quant::QNetwork& n = accelerator.network;
  std::string scales;
  std::vector<std::string> banks(static_cast<std::size_t>(plan.shape.rows));
  for (const LayerPlan& l : plan.layers) {
    const auto& layer = n.layers[static_cast<std::size_t>(l.qlayer)];
    const auto* conv = std::get_if<quant::QConv>(&layer.op);
    const TileWeights weights(n, l);
    for (int ct = 0; ct < l.channel_tiles; ++ct) {
      const int first = ct * plan.shape.columns;
      for (int k = 0; k < l.k_tiles && !config.streams(); ++k) {
        const Tile& tile = l.tiles[static_cast<std::size_t>(l.tile_first[static_cast<std::size_t>(ct)] + k)];
        for (std::size_t r = 0; r < banks.size(); ++r) {
          HexWord word;
          for (int c = first; c < first + plan.shape.columns; ++c) {
            word.add(weights.at(tile.rows[r], c), plan.weight_bits);
          }
          banks[r] += word.line();
        }
      }
      HexWord word;
      const auto scale = [&](int c) -> fixed::Requant {
        if (c >= l.channels) return {.multiplier = 0, .shift = 1};
        if (l.max_identity) return {.multiplier = 2, .shift = 1};
        return layer.requant[static_cast<std::size_t>(c)];
      };
      for (int c = first; c < first + plan.shape.columns; ++c)
        word.add(scale(c).shift - 1, fixed::kShiftBits);
      for (int c = first; c < first + plan.shape.columns; ++c)
        word.add(scale(c).multiplier, fixed::kMultiplierBits);
      for (int c = first; c < first + plan.shape.columns; ++c) {
        const std::int64_t bias =
            conv != nullptr && c < l.channels ? conv->bias[static_cast<std::size_t>(c)] : 0;
        word.add(c < l.channels ? bias + offset_correction(n, plan, l, c) : 0, plan.acc_bits);
      }
      scales += word.line();
    }
  }
  if (config.streams()) banks.clear();
  return {.program = program_image(engine_program(accelerator, plan), config.sequencer.format),
          .tiles = tile_image(plan, config),
          .scales = std::move(scales),
          .weights = std::move(banks)};
}

std::map<std::string, std::string> engine_images(const Accelerator& accelerator, const EnginePlan& plan,
                                                 const EngineConfig& config) {
  const EngineTables tables = engine_tables(accelerator, plan, config);
  // A table may be longer in hardware, for another network or because it has two words at least: what nobody
  // reads repeats the first word.
  const auto filled = [](const std::string& text, int words) {
    const std::string first = text.substr(0, text.find('\n') + 1);
    std::string all = text;
    for (auto n = std::count(text.begin(), text.end(), '\n'); n < words; ++n) all += first;
    return all;
  };
  std::map<std::string, std::string> files;
  const auto add = [&](const blocks::WideTable& table, const std::string& text) {
    const std::string all = filled(text, table.depth);
    for (int i = 0; i < table.parts(); ++i) {
      files[table.file(i)] =
          columns_of(all, i * blocks::WideTable::kPartBits,
                     std::min(blocks::WideTable::kPartBits, table.width - i * blocks::WideTable::kPartBits));
    }
  };
  add(config.sequencer.program(), tables.program);
  add(config.tile_table(), tables.tiles);
  add(config.scale_table(), tables.scales);
  const blocks::WeightStore store = config.weight_store();
  for (std::size_t r = 0; r < tables.weights.size(); ++r) {
    const std::string all = filled(tables.weights[r], config.weight_words);
    for (int i = 0; i < store.parts(); ++i) {
      const int first = i * store.part_columns();
      const int columns = std::min(store.part_columns(), store.columns - first);
      files[store.file(static_cast<int>(r), i)] =
          columns_of(all, first * store.weight_bits, columns * store.weight_bits);
    }
  }
  return files;
}

std::string exponential_image(const fixed::DecisionTables& tables, int words) {
  using T = fixed::DecisionTables;
  std::string text;
  for (std::size_t d = 0; d < std::max(tables.exp_table.size(), static_cast<std::size_t>(words)); ++d) {
    const bool inside = d < tables.exp_table.size();
    HexWord word;
    word.add(inside ? tables.exp_table[d] : 0, T::kFraction + 1);
    word.add(inside ? tables.wexp_table[d] : 0, T::kFraction + 1);
    text += word.line();
  }
  return text;
}

std::map<std::string, std::string> decision_images(const fixed::DecisionTables& tables,
                                                   const std::string& prefix) {
  std::string lines;
  for (std::size_t i = 0; i < tables.line_base.size(); ++i) {
    HexWord word;
    word.add(tables.line_slope[i], fixed::DecisionTables::kLineSlopeBits);
    word.add(static_cast<std::int64_t>(tables.line_base[i]), fixed::DecisionTables::kLineBaseBits);
    lines += word.line();
  }
  return {{prefix + "_exp.hex", exponential_image(tables, 0)}, {prefix + "_line.hex", lines}};
}

}  // namespace offramp::accel

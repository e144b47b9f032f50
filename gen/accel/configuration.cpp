#include "accel/configuration.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iterator>

#include "accel/share.h"
#include "accel/top.h"
#include "base/sha256.h"

namespace offramp::accel {
namespace {

/// Numbers as little-endian bytes, hashed: networks have millions.
template <typename Number>
std::string hash_of(const std::vector<Number>& numbers) {
  std::string bytes;
  bytes.reserve(numbers.size() * sizeof(Number));
  for (const Number n : numbers) {
    const auto bits = static_cast<std::uint64_t>(n);
    for (std::size_t b = 0; b < sizeof(Number); ++b) bytes += static_cast<char>(bits >> (8 * b));
  }
  return sha256_hex(bytes);
}

class Lines {
 public:
  template <typename... Arguments>
  void add(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Arguments>(arguments)...);
    text_ += '\n';
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string to_text(const ArrayShape& s) {
  return fmt::format("{}x{}x{}", s.rows, s.columns, s.lanes);
}

std::string to_text(const net::Window& w) {
  return fmt::format("{}x{}/{}x{}+{},{},{},{}", w.kernel_h, w.kernel_w, w.stride_h, w.stride_w, w.pad_top,
                     w.pad_left, w.pad_bottom, w.pad_right);
}

struct Operation {
  Lines& out;
  void operator()(const quant::QConv& c) const {
    out.add("conv {} groups {} weight bits {} weights {} bias {}", to_text(c.window), c.groups, c.weight_bits,
            hash_of(c.weights), hash_of(c.bias));
  }
  void operator()(const quant::QAdd& a) const { out.add("add {} {}", a.weight_a, a.weight_b); }
  void operator()(const quant::QMaxPool& p) const { out.add("max {}", to_text(p.window)); }
};

void add_network(const quant::QNetwork& n, Lines& out) {
  out.add("network {}", identifier(n));
  for (const quant::QTensor& t : n.tensors) {
    out.add("tensor {}x{}x{} {}{}", t.shape.height, t.shape.width, t.shape.channels,
            t.is_signed ? "int" : "uint", t.bits);
  }
  for (const quant::QLayer& l : n.layers) {
    out.add("layer {} -> {} accumulator {} clamp {} {}", fmt::join(l.inputs, ","), l.output, l.acc_bits,
            l.clamp.lo, l.clamp.hi);
    std::visit(Operation{out}, l.op);
    std::vector<std::int64_t> scales;
    for (const fixed::Requant& r : l.requant) {
      scales.push_back(r.multiplier);
      scales.push_back(r.shift);
    }
    out.add("scales {}", hash_of(scales));
  }
  for (const quant::QExit& e : n.exits) {
    out.add("exit {} criterion {} threshold {} skip {}", e.logits, static_cast<int>(e.criterion), e.threshold,
            e.skip.to_register());
  }
  const fixed::DecisionTables& d = n.decision;
  out.add("decision classes {} bits {} shift {} tables {} {} {} {}", d.classes, d.logit_bits, d.base2_shift,
          hash_of(d.exp_table), hash_of(d.wexp_table), hash_of(d.line_base), hash_of(d.line_slope));
}

}  // namespace

std::string configuration_text(const Accelerator& a) {
  const Options& o = a.options;
  Lines out;
  out.add("top {}", top_name(a));
  out.add("strategy {} on backbone {} prune {} packed {}", to_string(o.strategy),
          fmt::join(o.on_backbone, ","), o.prune, o.packed);
  out.add("watch histogram {} monitor {} hold {} window {}", o.watch.histogram, o.watch.monitor, o.watch.hold,
          o.watch.window_log2);
  for (const fixed::ExitBand& b : o.watch.bands) out.add("band {} {}", b.low, b.high);
  out.add("stream bytes {}", a.stream_bytes);
  for (const EnginePlan& e : a.engines) {
    out.add(
        "engine {} array {} banks {} words {} data {} weights {} accumulator {} logits {} packed {} adds {}",
        e.name, to_text(e.shape), e.banks, e.words, e.data_bits, e.weight_bits, e.acc_bits, e.logit_bits,
        e.packed, e.adds);
    out.add("memory port {} resident {} ring {} images {}", e.beat_bits, e.resident_tiles, e.ring_tiles,
            e.images);
  }
  for (const Accelerator* n : networks_of(a)) add_network(n->network, out);
  return out.take();
}

std::uint32_t configuration_hash(const Accelerator& accelerator) {
  if (accelerator.hardware) return *accelerator.hardware;
  constexpr int kDigits = 8;
  return static_cast<std::uint32_t>(
      std::stoul(sha256_hex(configuration_text(accelerator)).substr(0, kDigits), nullptr, 16));
}

}  // namespace offramp::accel

#pragma once
// An accelerator: a quantized network planned onto the engine family for one exit strategy. Planning is plain
// arithmetic (tiles, memory map, program); emission turns a plan into Verilog and memory images; the cycle
// model reads the same plan, so that hardware and estimate cannot drift apart.
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "fixed/watch.h"
#include "quant/qnetwork.h"

namespace offramp::accel {

/// How exits are served (DESIGN.md, "Words").
enum class Strategy : std::uint8_t { static_, pipeline, parallel };
[[nodiscard]] const char* to_string(Strategy s);
/// Throws offramp::Error for an unknown word.
[[nodiscard]] Strategy strategy_from(const std::string& word);

/// rows (reduction) x columns (output channels) x lanes (output pixels).
struct ArrayShape {
  int rows = 30;
  int columns = 2;
  int lanes = 1;
  bool operator==(const ArrayShape&) const = default;
  [[nodiscard]] int multipliers() const { return rows * columns * lanes; }
};

/// Where weights are kept.
struct WeightMemory {
  std::int64_t store_bits = 0;  // on the chip; what does not fit streams from external memory. 0: no limit
  int beat_bits = 512;          // of the memory port
  int latency = 110;            // cycles from a request to its first beat, on average
  int beats_per_256 = 256;      // bandwidth: beats in 256 cycles
  int images = 8;               // most images that may share a pass of streamed weights
};

/// Hardware that watches the exits in the field (accel/watch.h).
struct Watch {
  bool histogram = false;  // of confidence
  bool monitor = false;    // of exit rates
  bool hold = false;       // the loop that holds a latency; a sample at a time, also where weights stream
  int window_log2 = 8;     // w of watch_window out of reset
  std::vector<fixed::ExitBand> bands = {};  // by exit, out of reset; empty: open
  [[nodiscard]] bool any() const { return histogram || monitor || hold; }
  [[nodiscard]] bool windows() const { return monitor || hold; }
};

struct Options {
  Strategy strategy = Strategy::static_;
  ArrayShape backbone;
  ArrayShape exit_classifier{.rows = 15, .columns = 2, .lanes = 1};  // parallel only, each exit's own array
  WeightMemory weights = {};                                         // of the backbone
  /// Early exits get a skip register (fixed/skip.h); set in any case where the network has a rule for one.
  bool prune = false;
  bool packed = false;  // two products a DSP48E2 in the backbone's array, where all its numbers have 8 bits
  std::set<int> on_backbone =
      {};  // of a parallel design: early exits that the backbone's array serves all the same
  Watch watch = {};
  /// Whether early exit `exit` has a classifier of its own.
  [[nodiscard]] bool beside(int exit) const {
    return strategy == Strategy::parallel && !on_backbone.contains(exit);
  }
};

/// Where a tensor lies in an engine's activation memory: element (y, x, c) at base + y*row_pitch +
/// x*pixel_pitch + c.
struct TensorLayout {
  int tensor = -1;  // index in the quantized network
  int base = 0;     // in elements
  int pixel_pitch = 0;
  int row_pitch = 0;
  int slot_step = 0;  // elements from an image's map to the next one's in flight; 0: there is one
};

/// One row of a weight tile: which element of the pixel's neighbourhood it multiplies.
struct TileRow {
  bool used = false;
  int dy = 0, dx = 0;  // position in the kernel, for the padding test
  int channel = 0;     // input channel
  int source = 0;      // which input tensor (an Add has two)
  int offset = 0;      // element offset from the pixel's own address
};
/// One pass of the array over the pixels: `rows` elements of the reduction, memory residues base ..
/// base+rows-1.
struct Tile {
  int base = 0;
  std::vector<TileRow> rows;
};

/// One layer as an engine runs it (a fused max pool is part of the convolution before it).
struct LayerPlan {
  std::string name;
  int qlayer = -1;        // layer of the quantized network that makes the products
  int fused_pool = -1;    // QMaxPool folded into the output path, or -1
  int fused_add = -1;     // QAdd folded into the output path, or -1
  int output = -1;        // tensor written: the pool's where fused
  int exit = -1;          // >= 0: the results are this exit's logits and go to the decision unit
  int branch = -1;        // early exit that it works for, or -1
  int branch_layers = 0;  // of a branch's first layer where the branch can be skipped: layers of the branch
  TensorLayout in, out;   // out is unused for logits
  TensorLayout residual;  // of a fused Add: what it adds to the convolution
  int in_pad_value = 0;
  bool in_signed = false;
  bool grouped = false;            // works on all images of a group with each weight tile
  bool phase_end = false;          // the last of its phase, where images are grouped
  bool streamed = false;           // its weights come from external memory for every sample
  bool max_identity = false;       // a max pool run by itself: identity weights
  int out_h = 1, out_w = 1;        // output pixels after the fused pool
  int window_h = 1, window_w = 1;  // pixels folded into one by the fused pool
  int stride_h = 1, stride_w = 1;  // of the convolution
  int window_stride_h = 1, window_stride_w = 1;
  int pad_top = 0, pad_left = 0, in_h = 1, in_w = 1;
  int channels = 0;       // output channels
  int channel_tiles = 0;  // ceil(channels / columns), or one a group
  std::vector<int>
      tile_first;   // [channel tile] first entry of `tiles` used; tiles of one channel tile are consecutive
  int k_tiles = 0;  // tiles per channel tile
  std::vector<Tile> tiles;
  std::int64_t issue_cycles = 0;  // cycles in which pixels enter the array
  int wait = 0;                   // cycles before that, for results of earlier layers
  std::int64_t macs = 0;          // useful multiply-accumulates
  /// Weight tiles that the array is given.
  [[nodiscard]] std::int64_t tile_passes() const { return std::int64_t{k_tiles} * channel_tiles; }
};

/// One engine: an array with its memories and the program that it runs for a sample.
struct EnginePlan {
  std::string name;  // "backbone", "exit0"
  ArrayShape shape;
  int banks = 0;      // power of two >= rows
  int words = 0;      // depth of each bank
  int data_bits = 8;  // activation element as stored
  int weight_bits = 8;
  int acc_bits = 32;
  int logit_bits = 12;
  bool packed = false;  // its array makes two products a multiplier
  bool adds = false;    // residual additions ride on the output path
  int skip_after =
      0;  // cycles from a map's last issue to the verdict on its activity, where branches can be skipped
  int beat_bits = 0;  // of the memory port through which weights stream; 0: all are on the chip
  int resident_tiles = 0, ring_tiles = 0;  // of the weight store
  // Images in flight: layers from group_first on are grouped, those from final_first on make the last logits.
  int images = 1;
  int group_first = 0, final_first = 0;
  std::vector<LayerPlan> layers;
  std::vector<TensorLayout> tensors;  // of every tensor that is stored here
  int input_second_place = 0;  // elements from the network input's first place to its second (backbone)
  [[nodiscard]] std::int64_t tile_bits() const {
    return std::int64_t{shape.rows} * shape.columns * weight_bits;
  }
};

/// A signal inside the design that verification watches: an instance path below the top and its width in
/// bits.
struct Probe {
  std::string name;    // key for verification, e.g. "backbone.write_valid"
  std::string path;    // e.g. "u_backbone.write_valid"
  std::string module;  // module that declares it
  std::string signal;
  int bits = 1;
};

struct Accelerator {
  quant::QNetwork network;
  Options options;
  std::vector<EnginePlan> engines;  // [0] backbone; parallel: one more per early exit, in order
  int stream_bytes = 4;             // width of the input stream in elements
  /// Networks that the same hardware runs when they are loaded; accel/share.h makes them fit each other.
  std::vector<Accelerator> also = {};
  /// configuration_hash() of the hardware where that is not planned as this accelerator is (accel/share.h).
  std::optional<std::uint32_t> hardware = {};
  [[nodiscard]] int multipliers() const;
  /// DSP slices of the arrays.
  [[nodiscard]] int array_dsps() const;
  /// The engine whose results decide exit `exit`, or -1 where the design does not have the exit.
  [[nodiscard]] int engine_of_exit(int exit) const;
};

/// Lowers the network. Throws offramp::Error for what the family cannot do, naming the layer.
[[nodiscard]] Accelerator plan_accelerator(const quant::QNetwork& network, const Options& options);

/// A port of the top module, as it is declared there.
struct TopPort {
  std::string name;
  bool input = false;
  int bits = 1;
  bool operator==(const TopPort&) const = default;
};

/// Text files of a design, by name relative to the design folder ("rtl/engine.v",
/// "mem/backbone_weights_00.hex").
struct Emitted {
  std::string top;  // module name
  std::map<std::string, std::string> files;
  std::vector<std::string> rtl;  // the .v files, children first
  std::vector<TopPort> ports;    // of the top, as declared
  std::vector<Probe> probes;
};
/// Emits RTL and memory images. Memory images are named relative to the design folder, so simulate from
/// there.
[[nodiscard]] Emitted emit(const Accelerator& accelerator);

}  // namespace offramp::accel

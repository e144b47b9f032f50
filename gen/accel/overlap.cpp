#include "accel/overlap.h"

#include <algorithm>
#include <unordered_map>

#include "accel/timing.h"

namespace offramp::accel {
namespace {

/// Walks the issues of a layer in the sequencer's order.
class IssueWalk {
 public:
  IssueWalk(const LayerPlan& layer, int lanes)
      : l_(layer), groups_((layer.out_w + lanes - 1) / lanes), per_tile_(pixels_per_tile()) {}

  struct Issue {
    int channel_tile, k_tile;
    int row, group;    // of the output
    int line, column;  // in the pooling window
  };
  [[nodiscard]] Issue at(std::int64_t n) const {
    Issue i{};
    i.column = static_cast<int>(n % l_.window_w);
    n /= l_.window_w;
    i.line = static_cast<int>(n % l_.window_h);
    n /= l_.window_h;
    i.group = static_cast<int>(n % groups_);
    n /= groups_;
    i.row = static_cast<int>(n % l_.out_h);
    n /= l_.out_h;
    i.k_tile = static_cast<int>(n % l_.k_tiles);
    i.channel_tile = static_cast<int>(n / l_.k_tiles);
    return i;
  }
  [[nodiscard]] std::int64_t issues() const { return per_tile_ * l_.k_tiles * l_.channel_tiles; }

 private:
  const LayerPlan& l_;
  int groups_;
  std::int64_t per_tile_;
  [[nodiscard]] std::int64_t pixels_per_tile() const {
    return std::int64_t{l_.window_w} * l_.window_h * groups_ * l_.out_h;
  }
};

/// Elements whose result is still on its way, and the cycle of the issue that makes it.
using Pending = std::unordered_map<int, std::int64_t>;

/// Adds what the layer's last issues write; its first issue is in cycle `begin`.
void add_writes(const LayerPlan& l, const ArrayShape& shape, std::int64_t window, std::int64_t begin,
                Pending& pending) {
  if (l.exit >= 0) return;
  const IssueWalk walk(l, shape.lanes);
  const std::int64_t issues = walk.issues();
  for (std::int64_t n = std::max<std::int64_t>(0, issues - window); n < issues; ++n) {
    const auto i = walk.at(n);
    if (i.k_tile + 1 < l.k_tiles || i.line + 1 < l.window_h || i.column + 1 < l.window_w) continue;
    for (int lane = 0; lane < shape.lanes && i.group * shape.lanes + lane < l.out_w; ++lane) {
      const int pixel =
          l.out.base + i.row * l.out.row_pitch + (i.group * shape.lanes + lane) * l.out.pixel_pitch;
      for (int c = i.channel_tile * shape.columns;
           c < std::min((i.channel_tile + 1) * shape.columns, l.channels); ++c) {
        pending[pixel + c] = begin + n;
      }
    }
  }
}

/// The earliest first issue with which the layer reads no element before it is there.
std::int64_t earliest(const LayerPlan& l, const ArrayShape& shape, std::int64_t window, std::int64_t from,
                      const Pending& pending) {
  const IssueWalk walk(l, shape.lanes);
  const std::int64_t count = std::min(walk.issues(), window);
  std::int64_t begin = from;
  for (std::int64_t n = 0; n < count; ++n) {
    const auto i = walk.at(n);
    const int first = l.tile_first[static_cast<std::size_t>(i.channel_tile)];
    const Tile& tile = l.tiles[static_cast<std::size_t>(first + i.k_tile)];
    const int y = i.row * l.window_stride_h + i.line * l.stride_h - l.pad_top;
    for (int lane = 0; lane < shape.lanes && i.group * shape.lanes + lane < l.out_w; ++lane) {
      const int x = (i.group * shape.lanes + lane) * l.window_stride_w + i.column * l.stride_w - l.pad_left;
      for (const TileRow& r : tile.rows) {
        if (!r.used || y + r.dy < 0 || y + r.dy >= l.in_h || x + r.dx < 0 || x + r.dx >= l.in_w) continue;
        const auto found = pending.find(l.in.base + y * l.in.row_pitch + x * l.in.pixel_pitch + r.offset);
        if (found != pending.end()) begin = std::max(begin, found->second + window - n);
      }
    }
  }
  return begin;
}

}  // namespace

void plan_waits(EnginePlan& engine) {
  const auto pipeline = PipelineShape::of(engine);
  const std::int64_t window = read_after(pipeline);
  Pending pending;
  std::int64_t begin = 0;      // first issue of the layer before
  std::int64_t end = -1;       // its last issue
  std::int64_t replaced = -1;  // last issue of the layer before that, or none
  std::int64_t logits = -1;    // last issue of the last layer that made logits, or none
  for (std::size_t i = 0; i < engine.layers.size(); ++i) {
    LayerPlan& l = engine.layers[i];
    std::int64_t now = end + 1;
    // A phase begins when nothing of the one before is on its way.
    if (i > 0 && engine.layers[i - 1].phase_end) {
      now += logits_after(pipeline) + window;
      end = now - 1;
    }
    if (i > 0 && !engine.layers[i - 1].phase_end) now = std::max(now, end + 1 + kBetweenLayers);
    if (i > 0) now = std::max(now, begin + kFetchCycles);
    if (i > 1) now = std::max(now, replaced + replace_after(pipeline));
    if (l.branch_layers > 0) now = std::max(now, end + 1 + engine.skip_after);
    if (l.exit >= 0 && logits >= 0) now = std::max(now, logits + logits_after(pipeline));
    std::erase_if(pending, [&](const auto& w) { return w.second + window <= now; });
    now = earliest(l, engine.shape, window, now, pending);
    l.wait = static_cast<int>(now - end - 1);
    add_writes(l, engine.shape, window, now, pending);
    replaced = end;
    begin = now;
    end = now + l.issue_cycles - 1;
    if (l.exit >= 0) logits = end;
  }
}

}  // namespace offramp::accel

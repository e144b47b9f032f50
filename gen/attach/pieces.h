#pragma once
// Work cut into pieces whose number and size do not depend on the number of threads, so that results do not
// either.
#include <cstddef>
#include <functional>

namespace offramp::attach {

/// Calls `work(piece, worker)` once for each piece 0 .. pieces - 1, on `threads` threads (worker 0 .. threads
/// - 1). oneDNN stays on the calling thread inside. The first exception of a piece ends the rest and is
/// thrown here, and so does Ctrl-C.
void each_piece(std::size_t pieces, int threads, const std::function<void(std::size_t, std::size_t)>& work);

/// Half-open range of items that a piece holds: `items` cut into pieces of `size`, the last one shorter.
struct Piece {
  std::size_t first = 0;
  std::size_t last = 0;
  [[nodiscard]] std::size_t size() const { return last - first; }
};
[[nodiscard]] inline std::size_t pieces_of(std::size_t items, std::size_t size) {
  return (items + size - 1) / size;
}
[[nodiscard]] inline Piece piece_of(std::size_t piece, std::size_t items, std::size_t size) {
  return {piece * size, piece * size + size < items ? piece * size + size : items};
}

}  // namespace offramp::attach

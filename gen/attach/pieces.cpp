#include "attach/pieces.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "base/interrupt.h"
#include "golden/gemm.h"

namespace offramp::attach {

void each_piece(std::size_t pieces, int threads, const std::function<void(std::size_t, std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  std::exception_ptr failure;
  std::mutex mutex;
  const auto run = [&](std::size_t worker) {
    const golden::OneThread guard;
    try {
      for (std::size_t piece = next++; piece < pieces; piece = next++) {
        check_interrupted();
        work(piece, worker);
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
      next = pieces;
    }
  };
  const std::size_t helpers = std::min(pieces, static_cast<std::size_t>(std::max(1, threads)));
  std::vector<std::thread> others;
  for (std::size_t worker = 1; worker < helpers; ++worker) others.emplace_back(run, worker);
  run(0);
  for (std::thread& other : others) other.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace offramp::attach

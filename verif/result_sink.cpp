#include "verif/result_sink.h"

#include <fmt/format.h>

#include <algorithm>

namespace offramp::verif {

ResultSink::ResultSink(const VerilatedModel& model, const AxisSource& source, ViolationLog& log,
                       Options options)
    : options_(std::move(options)),
      source_(source),
      log_(log),
      data_(model.port(options_.prefix + "_tdata")),
      valid_(model.port(options_.prefix + "_tvalid")),
      ready_(model.port(options_.prefix + "_tready")),
      user_(model.port(options_.prefix + "_tuser")),
      stalls_(options_.stalls, options_.seed) {
  if (options_.stall_seed) stalls_.restart(options_.stall_seed(0));
  ready_.set(0);
}

void ResultSink::drive() {
  taking_ = !stalls_.stall();
  ready_.set(taking_);
}

void ResultSink::observe(std::uint64_t cycle) {
  if (!taking_ || valid_.get() == 0) return;
  ++beats_;
  const std::uint64_t data = data_.get();
  const Result result{.cycle = cycle,
                      .id = static_cast<std::uint16_t>(user_.get()),
                      .exit = static_cast<int>(data >> 16 & 0xFF),
                      .predicted = static_cast<int>(data & 0xFFFF)};
  const std::string& p = options_.prefix;
  if (data >> 31 != 0 || (!options_.first_number && data >> 24 != 0)) {
    log_.add(cycle, p + ": the unused bits of tdata must be zero", fmt::format("tdata is {:#010x}", data));
  }
  if (received_ >= source_.started()) {
    log_.add(cycle, p + ": a result must answer a sample",
             fmt::format("a result with ID {} came, and each of the {} accepted samples has had its own",
                         result.id, source_.started()));
    return;
  }
  const std::uint64_t n = sample_of(result.id);
  if (const std::uint16_t expected = options_.id(n); result.id != expected) {
    log_.add(cycle, p + ": a result must carry its own sample's ID",
             fmt::format("sample {} has ID {}, its result came with ID {}", n, expected, result.id));
  }
  constexpr std::uint64_t kNumberMask = 0x7F;
  if (const std::uint64_t number = data >> 24 & kNumberMask;
      options_.first_number && number != ((*options_.first_number + n) & kNumberMask)) {
    log_.add(cycle, p + ": a result must carry its own sample's number",
             fmt::format("sample {} is number {} since reset, its result came with number {} in 7 bits", n,
                         *options_.first_number + n, number));
  }
  ++received_;
  if (options_.on_result) options_.on_result(n, result);
  if (options_.stall_seed) stalls_.restart(options_.stall_seed(received_));
}

std::uint64_t ResultSink::sample_of(std::uint16_t id) {
  if (options_.in_order) return received_;
  answered_.resize(source_.started(), false);
  std::uint64_t first_open = answered_.size();
  for (std::uint64_t n = 0; n < answered_.size(); ++n) {
    if (answered_[n]) continue;
    if (options_.id(n) == id) {
      answered_[n] = true;
      return n;
    }
    first_open = std::min(first_open, n);
  }
  return std::min<std::uint64_t>(first_open, received_);
}

void ResultSink::check_finished(std::uint64_t cycle) {
  if (received_ == source_.started()) return;
  log_.add(
      cycle, options_.prefix + ": every sample must have a result",
      fmt::format("{} samples were accepted and {} results came; the first without one is sample {}, ID {}",
                  source_.started(), received_, received_, options_.id(received_)));
}

std::string ResultSink::waiting_for() const {
  if (received_ >= source_.started()) return {};
  return fmt::format("{}_tvalid with the result of sample {} (ID {})", options_.prefix, received_,
                     options_.id(received_));
}

}  // namespace offramp::verif

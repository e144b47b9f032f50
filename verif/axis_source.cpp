#include "verif/axis_source.h"

#include <fmt/format.h>

#include <cassert>

#include "base/error.h"

namespace offramp::verif {

AxisSource::AxisSource(const VerilatedModel& model, Options options)
    : options_(std::move(options)),
      data_(model.port(options_.prefix + "_tdata")),
      valid_(model.port(options_.prefix + "_tvalid")),
      ready_(model.port(options_.prefix + "_tready")),
      last_(model.port(options_.prefix + "_tlast")),
      user_(model.port(options_.prefix + "_tuser")),
      stalls_(options_.stalls, options_.seed),
      noise_(mix_seed(options_.seed, 77)),
      garbage_(static_cast<std::size_t>(options_.beat_bytes)) {
  if (data_.bits() != 8 * options_.beat_bytes) {
    throw Error(fmt::format("the port '{}' is {} bits wide, expected {}", data_.name(), data_.bits(),
                            8 * options_.beat_bytes));
  }
  valid_.set(0);
}

void AxisSource::send(std::span<const std::uint8_t> bytes, std::uint16_t id, std::uint64_t stall_seed) {
  assert(!bytes.empty() && bytes.size() % static_cast<std::size_t>(options_.beat_bytes) == 0);
  queue_.push_back({bytes, id, stall_seed});
  if (queue_.size() == 1) stalls_.restart(stall_seed);
}

void AxisSource::drive() {
  if (offering_) return;
  const bool offer = !queue_.empty() && !stalls_.stall();
  if (offer) {
    const Sample& sample = queue_.front();
    const auto beat = static_cast<std::size_t>(options_.beat_bytes);
    data_.set_bytes(sample.bytes.data() + position_, beat);
    last_.set(position_ + beat == sample.bytes.size());
    user_.set(sample.id);
  } else if (options_.stalls != StallProfile::none) {
    // Without valid the other signals mean nothing; a design that looks at them must be seen to fail.
    for (std::uint8_t& byte : garbage_) byte = static_cast<std::uint8_t>(noise_.next());
    data_.set_bytes(garbage_.data(), garbage_.size());
    last_.set(noise_.next());
    user_.set(noise_.next());
  }
  valid_.set(offer);
  offering_ = offer;
}

void AxisSource::observe(std::uint64_t cycle) {
  if (!offering_ || ready_.get() == 0) return;
  offering_ = false;
  ++beats_;
  if (position_ == 0) {
    if (started_++ == 0) first_start_ = cycle;
  }
  position_ += static_cast<std::size_t>(options_.beat_bytes);
  if (position_ == queue_.front().bytes.size()) {
    queue_.pop_front();
    position_ = 0;
    ++sent_;
    if (!queue_.empty()) stalls_.restart(queue_.front().stall_seed);
  }
}

std::string AxisSource::waiting_for() const {
  if (queue_.empty()) return {};
  return fmt::format("{}_tready for beat {} of the sample with ID {}", options_.prefix,
                     position_ / static_cast<std::size_t>(options_.beat_bytes), queue_.front().id);
}

}  // namespace offramp::verif

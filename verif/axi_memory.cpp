#include "verif/axi_memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/error.h"

namespace offramp::verif {
namespace {

constexpr std::uint64_t kIncrementing = 1;
constexpr int kBeat = 256;  // of credit

}  // namespace

AxiMemory::AxiMemory(const VerilatedModel& model, ViolationLog& log, std::vector<std::uint8_t> image,
                     Options options)
    : options_(std::move(options)),
      log_(log),
      monitor_(model, options_.prefix, log),
      image_(std::move(image)),
      address_stalls_(options_.address_stalls, mix_seed(options_.seed, 1)),
      data_stalls_(options_.data_stalls, mix_seed(options_.seed, 2)),
      latency_(mix_seed(options_.seed, 3)),
      noise_(mix_seed(options_.seed, 4)) {
  if (options_.latency_min < 1 || options_.latency_max < options_.latency_min || options_.beats_per_256 < 1 ||
      options_.beats_per_256 > kBeat || options_.queue < 1) {
    throw Error(fmt::format(
        "a memory cannot answer after {} to {} cycles, {} beats in {} cycles, with {} "
        "bursts waiting",
        options_.latency_min, options_.latency_max, options_.beats_per_256, kBeat, options_.queue));
  }
  const auto port = [&](const char* name) { return model.port(options_.prefix + "_" + name); };
  araddr_ = port("araddr");
  arlen_ = port("arlen");
  arsize_ = port("arsize");
  arburst_ = port("arburst");
  arvalid_ = port("arvalid");
  arready_ = port("arready");
  rdata_ = port("rdata");
  rresp_ = port("rresp");
  rlast_ = port("rlast");
  rvalid_ = port("rvalid");
  rready_ = port("rready");
  beat_bytes_ = static_cast<std::uint64_t>(rdata_.bits()) / 8;
  garbage_.resize(beat_bytes_);
  arready_.set(0);
  rvalid_.set(0);
}

AxiMemory::Response AxiMemory::response_of(std::uint64_t address) const {
  for (const Fault& f : options_.faults) {
    if (address < f.first + f.bytes && f.first < address + beat_bytes_) return f.response;
  }
  const bool inside = address + beat_bytes_ <= image_.size();
  return inside ? Response::okay : Response::decode_error;
}

void AxiMemory::garbage() {
  for (std::size_t at = 0; at < garbage_.size(); at += 8) {
    const std::uint64_t word = noise_.next();
    std::memcpy(garbage_.data() + at, &word, std::min<std::size_t>(8, garbage_.size() - at));
  }
  rdata_.set_bytes(garbage_.data(), garbage_.size());
}

void AxiMemory::offer_beat() {
  const Burst& burst = bursts_.front();
  const Response response = response_of(burst.address);
  error_ = response != Response::okay;
  if (error_) {
    garbage();
  } else {
    rdata_.set_bytes(image_.data() + burst.address, beat_bytes_);
  }
  rresp_.set(static_cast<std::uint64_t>(response));
  rlast_.set(burst.beats == 1);
}

void AxiMemory::drive() {
  const bool full = bursts_.size() >= static_cast<std::size_t>(options_.queue);
  arready_.set(!address_stalls_.stall() && !full);
  credit_ = std::min(credit_ + options_.beats_per_256, 2 * kBeat - 1);
  if (offering_) return;
  offering_ =
      !bursts_.empty() && cycle_ >= bursts_.front().earliest && credit_ >= kBeat && !data_stalls_.stall();
  if (offering_) {
    credit_ -= kBeat;
    offer_beat();
  } else if (options_.garbage) {
    // Without valid the other signals mean nothing; a design that looks at them must be seen to fail.
    garbage();
    rresp_.set(noise_.next());
    rlast_.set(noise_.next());
  }
  rvalid_.set(offering_);
}

void AxiMemory::report(std::uint64_t cycle, const char* rule, const std::string& detail) {
  log_.add(cycle, fmt::format("{}: {}", options_.prefix, rule), detail);
}

void AxiMemory::observe_reset() {
  // The interconnect is reset with the design: what was asked for before does not come any more.
  bursts_.clear();
  offering_ = false;
  rvalid_.set(0);
  monitor_.observe_reset();
}

void AxiMemory::check_address(std::uint64_t cycle) {
  const std::uint64_t address = araddr_.get();
  const std::uint64_t beats = arlen_.get() + 1;
  const auto at = fmt::format("{} beats of {} bytes at {:#x}", beats, beat_bytes_, address);
  if (arburst_.get() != kIncrementing) {
    report(cycle, "bursts must be INCR", fmt::format("arburst is {}", arburst_.get()));
  }
  if (arsize_.get() != static_cast<std::uint64_t>(std::bit_width(beat_bytes_)) - 1) {
    report(cycle, "beats must be whole", fmt::format("arsize is {}", arsize_.get()));
  }
  if (address % beat_bytes_ != 0) report(cycle, "an address must be that of a beat", at);
  if (beats > static_cast<std::uint64_t>(options_.burst_limit)) report(cycle, "a burst is too long", at);
}

void AxiMemory::observe_address(std::uint64_t cycle) {
  if (arvalid_.get() == 0) return;
  if (arready_.get() == 0) {
    ++counts_.address_stalls;
    return;
  }
  check_address(cycle);
  ++counts_.bursts;
  const auto spread = static_cast<std::uint64_t>(options_.latency_max - options_.latency_min) + 1;
  const auto latency = static_cast<std::uint64_t>(options_.latency_min) + latency_.below(spread);
  bursts_.push_back({.address = araddr_.get(), .beats = arlen_.get() + 1, .earliest = cycle + latency});
}

void AxiMemory::observe_data(std::uint64_t cycle) {
  if (!offering_) {
    if (!bursts_.empty()) ++counts_.waiting;
    return;
  }
  if (rready_.get() == 0) {
    ++counts_.data_stalls;
    if (!options_.may_hold_up) report(cycle, "a beat that was asked for must be taken", "rready is 0");
    return;
  }
  offering_ = false;
  ++counts_.beats;
  if (error_) ++counts_.error_beats;
  Burst& burst = bursts_.front();
  burst.address += beat_bytes_;
  if (--burst.beats == 0) bursts_.pop_front();
}

void AxiMemory::observe(std::uint64_t cycle) {
  monitor_.observe(cycle);
  // Before the address, so that a burst taken now is not counted as waiting already.
  observe_data(cycle);
  observe_address(cycle);
  cycle_ = cycle + 1;
}

std::string AxiMemory::waiting_for() const {
  if (bursts_.empty()) return {};
  return fmt::format("{}_rready for the beat at {:#x}", options_.prefix, bursts_.front().address);
}

}  // namespace offramp::verif

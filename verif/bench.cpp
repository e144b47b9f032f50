#include "verif/bench.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/interrupt.h"

namespace offramp::verif {

Bench::Bench(VerilatedModel& model, Options options)
    : model_(model),
      options_(std::move(options)),
      clock_(model.port(options_.clock)),
      reset_(model.port(options_.reset)) {}

void Bench::edge() {
  if (tracing_) model_.dump_trace(time_);
  clock_.set(1);
  model_.eval();
  if (tracing_) model_.dump_trace(time_ + 5);
  time_ += 10;
  // The falling edge is settled together with the next cycle's inputs: one evaluation less a cycle.
  clock_.set(0);
}

void Bench::reset() {
  reset_.set(0);
  for (int i = 0; i < options_.reset_cycles; ++i) {
    clock_.set(0);
    model_.eval();
    if (i + 1 == options_.reset_cycles) {
      for (Agent* agent : agents_) agent->observe_reset();
    }
    edge();
  }
  reset_.set(1);
}

void Bench::cycle() {
  for (Agent* agent : agents_) agent->drive();
  model_.eval();
  for (Agent* agent : agents_) agent->observe(cycles_);
  edge();
  ++cycles_;
}

std::uint64_t Bench::total_progress() const {
  std::uint64_t sum = 0;
  for (const Agent* agent : agents_) sum += agent->progress();
  return sum;
}

void Bench::run_until(const std::function<bool()>& done) {
  // Agents are asked about progress now and then only: it costs a virtual call each.
  constexpr std::uint64_t kLook = 1024;
  std::uint64_t progress = total_progress();
  std::uint64_t since = cycles_;
  for (std::uint64_t n = 0; !done(); ++n) {
    cycle();
    if (n % kLook != 0) continue;
    check_interrupted();
    if (const std::uint64_t now = total_progress(); now != progress) {
      progress = now;
      since = cycles_;
    } else if (cycles_ - since > options_.watchdog) {
      give_up(cycles_ - since);
    }
  }
}

void Bench::give_up(std::uint64_t idle) const {
  std::string waits;
  for (const Agent* agent : agents_) {
    const std::string what = agent->waiting_for();
    if (!what.empty()) waits += (waits.empty() ? "" : "; ") + what;
  }
  throw Error(fmt::format("the design hangs: nothing happened for {} cycles up to cycle {}; waiting for: {}",
                          idle, cycles_, waits.empty() ? "nothing that is known" : waits),
              ExitStatus::difference);
}

void Bench::start_trace(const std::filesystem::path& file) {
  model_.open_trace(file);
  tracing_ = true;
}

void Bench::stop_trace() {
  if (tracing_) model_.close_trace();
  tracing_ = false;
}

}  // namespace offramp::verif

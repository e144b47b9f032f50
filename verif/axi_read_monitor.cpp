#include "verif/axi_read_monitor.h"

#include <fmt/format.h>

#include <bit>

namespace offramp::verif {
namespace {

constexpr std::uint64_t kPage = 4096;
enum Burst : std::uint64_t { kFixed = 0, kIncr = 1, kWrap = 2, kReserved = 3 };
constexpr std::uint64_t kExokay = 1;
constexpr std::uint64_t kModifiable = 0b0010, kAllocate = 0b1100;

}  // namespace

AxiReadMonitor::AxiReadMonitor(const Ports& ports, const std::string& prefix, ViolationLog& log)
    : ar_(ports, log,
          {.bus = prefix,
           .channel = "ar",
           .payload = {"addr", "len", "size", "burst", "cache", "prot"},
           .rules = "AXI4_ERRM"}),
      r_(ports, log,
         {.bus = prefix, .channel = "r", .payload = {"data", "resp", "last"}, .rules = "AXI4_ERRS"}),
      bus_bytes_(static_cast<std::uint64_t>(ports.port(prefix + "_rdata").bits()) / 8) {}

void AxiReadMonitor::observe_reset() {
  open_.clear();
  ar_.observe_reset();
  r_.observe_reset();
}

void AxiReadMonitor::check_address(std::uint64_t cycle) {
  const std::uint64_t address = ar_.get("addr");
  const std::uint64_t beats = ar_.get("len") + 1;
  const std::uint64_t beat_bytes = std::uint64_t{1} << ar_.get("size");
  const std::uint64_t burst = ar_.get("burst");
  const std::uint64_t cache = ar_.get("cache");
  const std::string at = fmt::format("{} beats of {} bytes at {:#x}", beats, beat_bytes, address);
  const auto report = [&](const char* rule, const char* name, const std::string& detail) {
    ar_.report(cycle, rule, name, detail);
  };
  if (burst == kReserved) report("a burst must be FIXED, INCR or WRAP", "ARBURST", "arburst is 3");
  if (beat_bytes > bus_bytes_) report("a beat must fit the bus", "ARSIZE", at);
  if (burst == kFixed && beats > 16) report("a FIXED burst has at most 16 beats", "ARLEN_FIXED", at);
  if (burst == kWrap && (!std::has_single_bit(beats) || beats < 2 || beats > 16)) {
    report("a WRAP burst has 2, 4, 8 or 16 beats", "ARLEN_WRAP", at);
  }
  if (burst == kWrap && address % beat_bytes != 0) {
    report("the address of a WRAP burst must be aligned", "ARADDR_WRAP_ALIGN", at);
  }
  // The first beat may begin inside its lanes; the burst ends where its last whole beat does.
  const std::uint64_t first = address / beat_bytes * beat_bytes;
  if (burst == kIncr && first % kPage + beats * beat_bytes > kPage) {
    report("a burst must not cross a 4 KB page", "ARADDR_BOUNDARY", at);
  }
  if ((cache & kModifiable) == 0 && (cache & kAllocate) != 0) {
    report("only what is modifiable may allocate", "ARCACHE", fmt::format("arcache is {:#06b}", cache));
  }
}

void AxiReadMonitor::check_data(std::uint64_t cycle) {
  if (!r_.begins()) return;
  if (r_.get("resp") == kExokay) {
    r_.report(cycle, "a response must not be EXOKAY", "RRESP_EXOKAY", "rresp is 1");
  }
  if (open_.empty()) {
    r_.report(cycle, "data must answer a request", "RDATA_NUM", "rvalid is 1 and no burst is open");
    return;
  }
  const bool last = r_.get("last") != 0;
  if (last != (open_.front() == 1)) {
    r_.report(
        cycle, "rlast must be set on the last beat of a burst and on no other", "RLAST",
        fmt::format("rlast is {} with {} beats to come, this one among them", last ? 1 : 0, open_.front()));
  }
}

void AxiReadMonitor::observe(std::uint64_t cycle) {
  check_data(cycle);
  if (r_.transfers() && !open_.empty() && --open_.front() == 0) open_.pop_front();
  if (ar_.begins()) check_address(cycle);
  if (ar_.transfers()) open_.push_back(ar_.get("len") + 1);
  ar_.observe(cycle);
  r_.observe(cycle);
}

}  // namespace offramp::verif

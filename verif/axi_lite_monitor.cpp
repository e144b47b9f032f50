#include "verif/axi_lite_monitor.h"

#include <fmt/format.h>

#include <algorithm>

namespace offramp::verif {
namespace {

constexpr std::uint64_t kExokay = 1;

ChannelMonitor::Options channel(const std::string& bus, const char* name, std::vector<std::string> payload,
                                const char* rules) {
  return {.bus = bus, .channel = name, .payload = std::move(payload), .rules = rules};
}

constexpr const char* kMaster = "AXI4LITE_ERRM";
constexpr const char* kSlave = "AXI4LITE_ERRS";

}  // namespace

AxiLiteMonitor::AxiLiteMonitor(const Ports& ports, const std::string& prefix, ViolationLog& log)
    : aw_(ports, log, channel(prefix, "aw", {"addr", "prot"}, kMaster)),
      w_(ports, log, channel(prefix, "w", {"data", "strb"}, kMaster)),
      b_(ports, log, channel(prefix, "b", {"resp"}, kSlave)),
      ar_(ports, log, channel(prefix, "ar", {"addr", "prot"}, kMaster)),
      r_(ports, log, channel(prefix, "r", {"data", "resp"}, kSlave)) {}

void AxiLiteMonitor::observe_reset() {
  write_addresses_ = write_data_ = write_responses_ = reads_ = read_responses_ = 0;
  for (ChannelMonitor* c : {&aw_, &w_, &b_, &ar_, &r_}) c->observe_reset();
}

void AxiLiteMonitor::observe(std::uint64_t cycle) {
  // Requests of this cycle are counted last: a response may not come in the same one.
  if (b_.begins()) {
    if (write_responses_ >= std::min(write_addresses_, write_data_)) {
      b_.report(cycle, "a response must answer a request", "BRESP_ALL_DONE_EOS",
                fmt::format("bvalid is 1 after {} addresses, {} data and {} responses", write_addresses_,
                            write_data_, write_responses_));
    }
    if (b_.get("resp") == kExokay)
      b_.report(cycle, "a response must not be EXOKAY", "BRESP_EXOKAY", "bresp is 1");
  }
  if (r_.begins()) {
    if (read_responses_ >= reads_) {
      r_.report(cycle, "a response must answer a request", "RDATA_NUM",
                fmt::format("rvalid is 1 after {} addresses and {} responses", reads_, read_responses_));
    }
    if (r_.get("resp") == kExokay)
      r_.report(cycle, "a response must not be EXOKAY", "RRESP_EXOKAY", "rresp is 1");
  }
  write_addresses_ += aw_.transfers() ? 1 : 0;
  write_data_ += w_.transfers() ? 1 : 0;
  write_responses_ += b_.transfers() ? 1 : 0;
  reads_ += ar_.transfers() ? 1 : 0;
  read_responses_ += r_.transfers() ? 1 : 0;
  for (ChannelMonitor* c : {&aw_, &w_, &b_, &ar_, &r_}) c->observe(cycle);
}

}  // namespace offramp::verif

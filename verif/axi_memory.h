#pragma once
// A memory behind an AXI4 read master of the design: answers reads from a vector of bytes with the latency,
// bandwidth and faults that a test asks for, and watches what the master must keep to.
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "verif/axi_read_monitor.h"
#include "verif/bench.h"
#include "verif/protocol.h"
#include "verif/stall_pattern.h"

namespace offramp::verif {

/// Bursts are answered in the order of their addresses. The bus is watched for every rule of its protocol,
/// and the master for these of our own: bursts are INCR, of whole aligned beats, of at most burst_limit
/// beats; RREADY is high whenever a beat is offered, unless may_hold_up.
class AxiMemory : public Agent {
 public:
  enum class Response : std::uint8_t { okay = 0, slave_error = 2, decode_error = 3 };

  /// Bytes whose beats are answered with an error and garbage.
  struct Fault {
    std::uint64_t first = 0;
    std::uint64_t bytes = 0;
    Response response = Response::slave_error;
  };

  struct Options {
    std::string prefix = "m_axi";
    int burst_limit = 256;
    bool may_hold_up = false;  ///< the master may lower RREADY
    int latency_min = 20;      ///< cycles from an address handshake to its first beat, chosen for each burst
    int latency_max = 200;
    int beats_per_256 = 256;  ///< bandwidth: beats in 256 cycles, 1 to 256
    int queue = 64;           ///< bursts taken and not answered; ARREADY is low while there are as many
    StallProfile address_stalls = StallProfile::none;
    StallProfile data_stalls = StallProfile::none;
    bool garbage = true;  ///< data and response are random while there is no beat
    std::uint64_t seed = 1;
    std::vector<Fault> faults = {};
  };

  /// The image begins at address 0; beats that are not wholly inside it are answered with a decode error.
  AxiMemory(const VerilatedModel& model, ViolationLog& log, std::vector<std::uint8_t> image, Options options);

  void drive() override;
  void observe_reset() override;
  void observe(std::uint64_t cycle) override;
  [[nodiscard]] std::string waiting_for() const override;
  [[nodiscard]] std::uint64_t progress() const override { return counts_.beats + counts_.bursts; }

  struct Counts {
    std::uint64_t bursts = 0;          ///< addresses taken
    std::uint64_t beats = 0;           ///< beats taken
    std::uint64_t error_beats = 0;     ///< of these, other than OKAY
    std::uint64_t address_stalls = 0;  ///< cycles in which an address waited for ARREADY
    std::uint64_t data_stalls = 0;     ///< cycles in which a beat waited for RREADY
    std::uint64_t waiting = 0;         ///< cycles without a beat while a burst was in flight
  };
  [[nodiscard]] const Counts& counts() const { return counts_; }
  /// No burst is in flight.
  [[nodiscard]] bool idle() const { return bursts_.empty(); }

 private:
  struct Burst {
    std::uint64_t address = 0;
    std::uint64_t beats = 0;     // still to be given
    std::uint64_t earliest = 0;  // cycle of its first beat
  };
  void report(std::uint64_t cycle, const char* rule, const std::string& detail);
  void offer_beat();
  void garbage();
  [[nodiscard]] Response response_of(std::uint64_t address) const;
  void check_address(std::uint64_t cycle);
  void observe_address(std::uint64_t cycle);
  void observe_data(std::uint64_t cycle);

  Options options_;
  ViolationLog& log_;
  AxiReadMonitor monitor_;
  std::vector<std::uint8_t> image_;
  Signal araddr_, arlen_, arsize_, arburst_, arvalid_, arready_;
  Signal rdata_, rresp_, rlast_, rvalid_, rready_;
  std::uint64_t beat_bytes_;
  StallPattern address_stalls_, data_stalls_;
  Random latency_, noise_;
  std::vector<std::uint8_t> garbage_;
  std::deque<Burst> bursts_;
  bool offering_ = false;  // a beat of the first burst is on the bus and must stay until it is taken
  bool error_ = false;     // it is not OKAY
  int credit_ = 0;         // of bandwidth, in 256ths of a beat
  std::uint64_t cycle_ = 0;
  Counts counts_;
};

}  // namespace offramp::verif

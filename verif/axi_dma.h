#pragma once
// A Xilinx AXI DMA (PG021, scatter-gather, both channels) between a host's memory and the design's streams:
// the registers that drivers use, descriptors as they lie in memory, its errors and interrupts.
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "verif/bench.h"
#include "verif/host_memory.h"
#include "verif/protocol.h"
#include "verif/stall_pattern.h"

namespace offramp::verif {

/// Behaves as PG021 says, down to what a driver gets wrong: CURDESC can be written while the channel is
/// halted only; a descriptor that is complete already, not aligned or outside the memory halts the channel
/// with a scatter-gather error, a length of 0 or a packet that is longer than its buffer with an internal
/// one, a buffer outside the memory with a decode error. It has no TUSER: s_axis_tuser is 0.
class AxiDma : public Agent {
 public:
  enum class Response : std::uint8_t { okay = 0, slave_error = 2, decode_error = 3 };
  /// Bytes that answer with an error.
  struct Fault {
    std::uint64_t first = 0;
    std::uint64_t bytes = 0;
    Response response = Response::slave_error;
  };
  struct Options {
    std::string images = "s_axis";   // stream that MM2S feeds
    std::string results = "m_axis";  // stream that S2MM drains
    bool wide = false;               // built for addresses of more than 32 bits: the upper word starts it
    int fetch_cycles = 12;           // from a descriptor's turn to its first beat
    int reset_cycles = 8;
    int start_cycles = 60;  // from DMACR.RS until the channel is no longer halted and takes a tail
    StallProfile stalls = StallProfile::none;  // of both streams
    std::uint64_t seed = 1;
  };
  AxiDma(const VerilatedModel& model, ViolationLog& log, HostMemory& memory, Options options);

  /// Register accesses between two cycles: offsets of PG021. False where there is no register.
  [[nodiscard]] bool read(std::uint32_t offset, std::uint32_t& value) const;
  [[nodiscard]] bool write(std::uint32_t offset, std::uint32_t value);
  /// Bytes of the memory that answer with an error from now on; a slave's error needs one.
  void set_faults(std::vector<Fault> faults) { faults_ = std::move(faults); }

  /// mm2s_introut or s2mm_introut.
  [[nodiscard]] bool interrupt() const;
  /// Descriptors that were completed, of both channels.
  [[nodiscard]] std::uint64_t descriptors() const { return descriptors_; }

  void drive() override;
  void observe(std::uint64_t cycle) override;
  [[nodiscard]] std::string waiting_for() const override;
  [[nodiscard]] std::uint64_t progress() const override { return beats_ + descriptors_; }

 private:
  enum ChannelId { kImages = 0, kResults = 1 };
  struct Channel {
    std::uint32_t control = 0, status = 0;
    std::uint64_t current = 0, tail = 0;
    int starting = 0;     // cycles until it is no longer halted
    bool busy = false;    // there are descriptors up to the tail
    bool loaded = false;  // one of them is in work
    int wait = 0;         // cycles until it is
    std::uint64_t next = 0, buffer = 0;
    std::uint32_t length = 0, done = 0, flags = 0;  // of the descriptor in work; flags: its control word
    bool first = true;                              // the next beat of S2MM begins a packet
    std::uint32_t until_interrupt = 1;              // packets
    std::uint32_t quiet = 0;                        // cycles since a packet, while one is not told
  };

  void reset();
  void write_control(Channel& c, std::uint32_t value);
  void begin(Channel& c);
  void fetch(Channel& c);
  void complete(Channel& c, std::uint32_t flags);
  /// Halts with an error bit of the status; `bit` of a descriptor's status, too, where it is one of 28 to 30.
  void fail(Channel& c, std::uint32_t status_bit);
  [[nodiscard]] Response response_of(std::uint64_t at, std::size_t count);
  [[nodiscard]] std::uint32_t word(std::uint64_t at);
  void set_word(std::uint64_t at, std::uint32_t value);
  void count_time(Channel& c);
  void observe_images();
  void observe_results(std::uint64_t cycle);

  Options options_;
  ViolationLog& log_;
  HostMemory& memory_;
  std::vector<Fault> faults_;
  Signal data_, valid_, ready_, last_, user_;
  Signal result_data_, result_valid_, result_ready_, result_last_;
  std::size_t beat_bytes_, result_bytes_;
  StallPattern stalls_, result_stalls_;
  std::array<Channel, 2> channels_;
  int resetting_ = 0;
  bool offering_ = false;  // a beat of an image is on the bus and must stay until it is taken
  bool taking_ = false;
  std::uint64_t beats_ = 0;
  std::uint64_t descriptors_ = 0;
};

}  // namespace offramp::verif

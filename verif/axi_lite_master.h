#pragma once
// Reads and writes registers over AXI4-Lite, with gaps and with address and data of a write in either order.
// The bus is watched for every rule of its protocol meanwhile.
#include <cstdint>
#include <deque>
#include <string>

#include "verif/axi_lite_monitor.h"
#include "verif/bench.h"
#include "verif/random.h"

namespace offramp::verif {

class AxiLiteMaster : public Agent {
 public:
  struct Options {
    std::string prefix = "s_axi";
    bool gaps = true;  // random cycles before each channel is valid or ready
    std::uint64_t seed = 1;
  };
  AxiLiteMaster(const VerilatedModel& model, ViolationLog& log, Options options);

  /// A transfer and what came of it.
  struct Access {
    bool write = false;
    std::uint32_t address = 0;
    std::uint32_t data = 0;  // to be written, or as read
    std::uint8_t strobe = 0xF;
    std::uint8_t response = 0;  // 0 = OKAY
    std::uint64_t cycle = 0;    // of the address handshake
  };

  /// Queues a transfer; transfers run one after the other.
  void write(std::uint32_t address, std::uint32_t data, std::uint8_t strobe = 0xF);
  void read(std::uint32_t address);
  [[nodiscard]] bool idle() const { return queue_.empty() && !busy_; }
  /// Transfers done so far, in order.
  [[nodiscard]] const std::deque<Access>& done() const { return done_; }

  void drive() override;
  void observe_reset() override { monitor_.observe_reset(); }
  void observe(std::uint64_t cycle) override;
  [[nodiscard]] std::string waiting_for() const override;
  [[nodiscard]] std::uint64_t progress() const override { return done_.size(); }

 private:
  Options options_;
  AxiLiteMonitor monitor_;
  Random random_;
  Signal awaddr_, awvalid_, awready_, wdata_, wstrb_, wvalid_, wready_, bresp_, bvalid_, bready_;
  Signal araddr_, arvalid_, arready_, rdata_, rresp_, rvalid_, rready_;
  std::deque<Access> queue_, done_;
  bool busy_ = false;
  bool quiet_ = false;  // idle, and the inputs say so
  Access now_;
  // Of the transfer under way: cycles to wait before the channel is driven, and which handshakes are done.
  std::uint64_t address_gap_ = 0, data_gap_ = 0, response_gap_ = 0;
  bool early_ready_ = false, address_done_ = false, data_done_ = false;
};

}  // namespace offramp::verif

#pragma once
// A computer around a Verilated design, for its C driver: register accesses become AXI4-Lite transfers, a
// model of a DMA engine moves images and results, and time passes while the driver waits.
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "accel/accelerator.h"
#include "design/driver/offramp_dma.h"
#include "verif/axi_dma.h"
#include "verif/axi_lite_master.h"
#include "verif/axi_memory.h"
#include "verif/axis_monitor.h"
#include "verif/bench.h"
#include "verif/protocol.h"

namespace offramp::verif {

class DriverHost {
 public:
  /// Of the DMA engine's memory.
  static constexpr std::uint64_t kMemoryAddress = 0x1000'0000;

  struct Options {
    std::size_t memory_bytes = std::size_t{1} << 20;  // of the DMA engine's memory
    std::vector<std::uint8_t> weights = {};  // memory behind the design's own port, from address 0 on
    std::uint32_t patience = 100'000;        // looks of the driver
    bool stalls = false;                     // random, on every bus
    bool wide = false;                       // DMA addresses of more than 32 bits
    std::uint64_t seed = 1;
  };
  /// Under power, out of reset.
  DriverHost(VerilatedModel& model, const accel::Accelerator& accelerator, Options options);
  DriverHost(const DriverHost&) = delete;
  DriverHost& operator=(const DriverHost&) = delete;

  /// What the driver is given. They refer to this host.
  [[nodiscard]] offramp_bus bus();
  [[nodiscard]] offramp_platform platform();
  /// With the first `bytes` of the memory for descriptors and results.
  [[nodiscard]] offramp_dma_config dma(std::size_t bytes);

  [[nodiscard]] HostMemory& memory() { return memory_; }
  [[nodiscard]] AxiDma& engine() { return engine_; }
  [[nodiscard]] const ViolationLog& log() const { return log_; }
  [[nodiscard]] std::uint64_t cycles() const { return bench_.cycles(); }
  void run(int cycles);
  /// The accelerator's irq.
  [[nodiscard]] bool interrupt() const { return irq_.get() != 0; }

  /// Bus transfers since the last call of forget_counts().
  struct Counts {
    std::uint64_t reads = 0, writes = 0;          // of the accelerator
    std::uint64_t dma_reads = 0, dma_writes = 0;  // of the DMA engine
    std::uint64_t descriptors = 0;                // completed
    std::uint64_t cycles = 0;
  };
  [[nodiscard]] Counts counts() const;
  void forget_counts() { begun_ = total(); }

  /// An exception cannot pass through C: what was thrown inside a driver's call is thrown again here.
  void rethrow();

 private:
  static int read_register(void* host, std::uint32_t offset, std::uint32_t* value);
  static int write_register(void* host, std::uint32_t offset, std::uint32_t value);
  static int read_engine(void* host, std::uint32_t offset, std::uint32_t* value);
  static int write_engine(void* host, std::uint32_t offset, std::uint32_t value);
  static void pause(void* host);
  static int reset(void* host);
  /// Runs `work`, or nothing where something was thrown before. True where nothing was thrown.
  template <typename Work>
  bool guarded(Work work);
  /// A transfer over AXI4-Lite, to its end; its answer.
  [[nodiscard]] const AxiLiteMaster::Access& transfer();
  [[nodiscard]] Counts total() const;

  Options options_;
  ViolationLog log_;
  HostMemory memory_;
  AxiDma engine_;
  AxiLiteMaster master_;
  AxisMonitor monitor_;
  std::optional<AxiMemory> weights_;
  Signal irq_;
  Bench bench_;
  Counts made_;
  Counts begun_;
  std::exception_ptr thrown_;
};

}  // namespace offramp::verif

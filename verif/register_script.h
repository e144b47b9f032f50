#pragma once
// What a driver does with the registers around a run: set criteria and thresholds and read them back before,
// read the counters after.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "accel/accelerator.h"
#include "accel/load_script.h"
#include "accel/registers.h"
#include "verif/axi_lite_master.h"
#include "verif/verify.h"

namespace offramp::verif {

class RegisterScript {
 public:
  RegisterScript(const accel::Accelerator& accelerator, AxiLiteMaster& master);

  /// Queues, for every writable user register, a write of the complement of its value and of its value, each
  /// read back; of version and configuration a write, which must be refused, and a read; then accesses to an
  /// address where nothing is, which must be refused, too.
  void queue_setup();
  /// Queues the reads of version, configuration and every writable user register: without a write these hold
  /// the network's values.
  void queue_reset_values();
  /// Queues the write that tells where the weight image lies, where the design has one.
  void queue_weights(std::uint32_t address);
  /// Queues writes as they are.
  void queue_load(const std::vector<accel::RegisterWrite>& script);
  /// Queues a write of a register, or a read that must give a value. Throws std::logic_error where there is
  /// none of that name.
  void queue_write(const std::string& name, std::uint64_t value);
  /// `of`: what a difference is said to be of, besides the name.
  void queue_read(const std::string& name, std::uint64_t value, const std::string& of = {});
  /// Queues reads of the counters and of the control register, when `samples_by_exit` samples have left and
  /// the design is idle; twice of the cycle counter, whose difference is known.
  void queue_counters(const std::vector<std::uint64_t>& samples_by_exit);

  /// What is wrong with the answers that came since the last call; the layer is "register threshold_0".
  [[nodiscard]] std::optional<Mismatch> check();
  [[nodiscard]] std::uint64_t values_compared() const { return compared_; }

 private:
  enum class Kind : std::uint8_t {
    ignored,  // a write, or a read whose value is not known: only its response is checked
    exact,    // must be `value`
    elapsed,  // must be the value of the `elapsed` read before plus the cycles between the two
    refused,  // must be answered with SLVERR
  };
  struct Expectation {
    std::string name;
    Kind kind = Kind::ignored;
    std::uint32_t value = 0;
  };
  void write(const accel::Register& r, std::uint64_t value);
  void read(const accel::Register& r, std::uint64_t value);
  [[nodiscard]] const accel::Register* find(const std::string& name) const;
  [[nodiscard]] const accel::Register& named(const std::string& name) const;

  AxiLiteMaster& master_;
  std::vector<accel::Register> map_;
  std::vector<Expectation> expected_;  // one a transfer of the master
  std::size_t looked_at_ = 0;
  std::uint64_t compared_ = 0;
  std::optional<AxiLiteMaster::Access> last_elapsed_;
};

}  // namespace offramp::verif

#pragma once
// Memory of the host that a driver runs on: the driver sees it through pointers, a bus master by addresses.
#include <cstdint>
#include <vector>

namespace offramp::verif {

/// Bytes from an address on. Nothing lies outside.
class HostMemory {
 public:
  HostMemory(std::uint64_t address, std::size_t bytes) : address_(address), bytes_(bytes) {}

  [[nodiscard]] std::uint64_t address() const { return address_; }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  /// The bytes [at, at + count), or null where they do not all lie here.
  [[nodiscard]] std::uint8_t* find(std::uint64_t at, std::size_t count) {
    if (at < address_ || count > bytes_.size() || at - address_ > bytes_.size() - count) return nullptr;
    return bytes_.data() + (at - address_);
  }

 private:
  std::uint64_t address_;
  std::vector<std::uint8_t> bytes_;
};

}  // namespace offramp::verif

#pragma once
// A signal of a Verilated model: a name, a width and the storage that Verilator gave it. Storage is little
// endian and the bits above the width are zero, whatever the width, so that every access below is plain byte
// work.
#include <cassert>
#include <cstdint>
#include <cstring>
#include <string>

namespace offramp::verif {

class Signal {
 public:
  Signal() = default;
  Signal(std::string name, void* data, int bits)
      : name_(std::move(name)), data_(static_cast<std::uint8_t*>(data)), bits_(bits), bytes_(storage(bits)) {}

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] int bits() const { return bits_; }
  [[nodiscard]] explicit operator bool() const { return data_ != nullptr; }

  /// The value of a signal of at most 64 bits.
  [[nodiscard]] std::uint64_t get() const {
    assert(bits_ <= 64);
    // A load of a known size each: this runs for dozens of signals every cycle.
    switch (bytes_) {
      case 1:
        return *data_;
      case 2:
        return load<std::uint16_t>();
      case 4:
        return load<std::uint32_t>();
      default:
        return load<std::uint64_t>();
    }
  }

  /// Bits [lsb +: width] of a signal of any width; width <= 64.
  [[nodiscard]] std::uint64_t part(int lsb, int width) const {
    assert(lsb >= 0 && width >= 1 && width <= 64 && lsb + width <= bits_);
    // Up to nine bytes hold the part; those beyond the storage read as zero.
    const int first = lsb / 8;
    const int shift = lsb % 8;
    std::uint64_t low = 0;
    const int here = bytes_ - first < 8 ? bytes_ - first : 8;
    std::memcpy(&low, data_ + first, static_cast<std::size_t>(here));
    std::uint64_t value = low >> shift;
    if (shift + width > 64) value |= std::uint64_t{data_[first + 8]} << (64 - shift);
    return width == 64 ? value : value & ((std::uint64_t{1} << width) - 1);
  }

  /// The same part as a signed number.
  [[nodiscard]] std::int64_t signed_part(int lsb, int width) const {
    const std::uint64_t raw = part(lsb, width);
    const std::uint64_t sign = std::uint64_t{1} << (width - 1);
    return static_cast<std::int64_t>((raw ^ sign) - sign);
  }

  /// Sets a signal of at most 64 bits; bits beyond its width are dropped.
  void set(std::uint64_t value) {
    assert(bits_ <= 64);
    if (bits_ < 64) value &= (std::uint64_t{1} << bits_) - 1;
    std::memcpy(data_, &value, static_cast<std::size_t>(bytes_));
  }

  /// Sets bits [lsb +: width] of a signal of any width; width <= 64. The others stay.
  void set_part(int lsb, int width, std::uint64_t value) {
    assert(lsb >= 0 && width >= 1 && width <= 64 && lsb + width <= bits_);
    for (int i = 0; i < width; ++i) {
      std::uint8_t& byte = data_[(lsb + i) / 8];
      const auto bit = static_cast<std::uint8_t>(1U << ((lsb + i) % 8));
      byte = static_cast<std::uint8_t>((value >> i & 1) != 0 ? byte | bit : byte & ~bit);
    }
  }

  /// Sets the low bytes of a signal of whole bytes, least significant first; the rest becomes zero.
  void set_bytes(const std::uint8_t* bytes, std::size_t count) {
    assert(count * 8 <= static_cast<std::size_t>(bits_));
    std::memset(data_, 0, static_cast<std::size_t>(bytes_));
    std::memcpy(data_, bytes, count);
  }

 private:
  template <class T>
  [[nodiscard]] T load() const {
    T value;
    std::memcpy(&value, data_, sizeof value);
    return value;
  }

  /// Bytes that Verilator stores `bits` bits in: 1, 2, 4, 8, or whole words of 4.
  static int storage(int bits) {
    if (bits <= 8) return 1;
    if (bits <= 16) return 2;
    if (bits <= 32) return 4;
    if (bits <= 64) return 8;
    return (bits + 31) / 32 * 4;
  }

  std::string name_;
  std::uint8_t* data_ = nullptr;
  int bits_ = 0;
  int bytes_ = 0;
};

}  // namespace offramp::verif

#include "hw/logic_vector.h"

#include <algorithm>
#include <stdexcept>

namespace offramp::hw {

namespace {

std::size_t words_of(std::int64_t width) {
  return static_cast<std::size_t>((width + 63) / 64);
}

std::uint64_t top_mask(std::int64_t width) {
  return width % 64 == 0 ? ~std::uint64_t{0} : (std::uint64_t{1} << (width % 64)) - 1;
}

}  // namespace

LogicVector::LogicVector(std::int64_t width)
    : value(words_of(width), 0), unknown(words_of(width), ~std::uint64_t{0}), width_(width) {
  if (!unknown.empty()) unknown.back() = top_mask(width);
}

LogicVector LogicVector::of(std::int64_t width, std::int64_t value) {
  LogicVector v(width);
  std::fill(v.unknown.begin(), v.unknown.end(), 0);
  std::fill(v.value.begin(), v.value.end(), value < 0 ? ~std::uint64_t{0} : 0);
  if (width > 0) {
    v.value.front() = static_cast<std::uint64_t>(value);
    v.value.back() &= top_mask(width);
  }
  return v;
}

LogicVector LogicVector::parse(std::string_view bits) {
  LogicVector v(static_cast<std::int64_t>(bits.size()));
  for (std::size_t i = 0; i < bits.size(); ++i) {
    v.set_bit(static_cast<std::int64_t>(bits.size() - 1 - i), bits[i]);
  }
  return v;
}

char LogicVector::bit(std::int64_t index) const {
  if (index < 0 || index >= width_) {
    throw std::out_of_range("bit " + std::to_string(index) + " of a vector of " + std::to_string(width_));
  }
  const auto word = static_cast<std::size_t>(index / 64);
  if (((unknown[word] >> (index % 64)) & 1) != 0) return 'x';
  return ((value[word] >> (index % 64)) & 1) != 0 ? '1' : '0';
}

void LogicVector::set_bit(std::int64_t index, char to) {
  if (index < 0 || index >= width_) {
    throw std::out_of_range("bit " + std::to_string(index) + " of a vector of " + std::to_string(width_));
  }
  const auto word = static_cast<std::size_t>(index / 64);
  const std::uint64_t mask = std::uint64_t{1} << (index % 64);
  value[word] &= ~mask;
  unknown[word] &= ~mask;
  switch (to) {
    case '0':
      break;
    case '1':
      value[word] |= mask;
      break;
    case 'x':
    case 'X':
      unknown[word] |= mask;
      break;
    default:
      throw std::invalid_argument(std::string("a bit is 0, 1 or x, not '") + to + "'");
  }
}

bool LogicVector::known() const {
  return std::all_of(unknown.begin(), unknown.end(), [](std::uint64_t w) { return w == 0; });
}

std::uint64_t LogicVector::low64() const {
  return value.empty() ? 0 : value.front();
}

std::string LogicVector::text() const {
  std::string s;
  s.reserve(static_cast<std::size_t>(width_));
  for (std::int64_t i = width_; i-- > 0;) s += bit(i);
  return s;
}

bool LogicVector::agrees_with(const LogicVector& other) const {
  if (width_ != other.width_) return false;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const std::uint64_t known_here = ~unknown[i];
    if (((value[i] ^ other.value[i]) & known_here) != 0 || (other.unknown[i] & known_here) != 0) return false;
  }
  return true;
}

}  // namespace offramp::hw

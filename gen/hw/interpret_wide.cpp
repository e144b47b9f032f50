#include "hw/interpret_wide.h"

#include <algorithm>
#include <bit>

namespace offramp::hw::interpret {

namespace {

using Word = std::uint64_t;

/// A slot as the instructions see it.
struct Slot {
  Word* value;
  Word* unknown;
  std::uint32_t width;
  std::uint32_t words;

  [[nodiscard]] bool known() const {
    return std::all_of(unknown, unknown + words, [](Word w) { return w == 0; });
  }
  [[nodiscard]] bool bit_unknown(std::uint32_t k) const { return (unknown[k / 64] >> (k % 64) & 1) != 0; }
  [[nodiscard]] bool bit_value(std::uint32_t k) const { return (value[k / 64] >> (k % 64) & 1) != 0; }
  void trim() const {
    if (width % 64 == 0) return;
    value[words - 1] &= mask_of(width % 64);
    unknown[words - 1] &= mask_of(width % 64);
  }
  void fill(Word v, Word u) const {
    std::fill_n(value, words, v);
    std::fill_n(unknown, words, u);
    trim();
  }
};

Slot slot(Word* base, std::uint32_t width) {
  const std::uint32_t n = words_of(width);
  return {base, base + n, width, n};
}

/// Space for operands that are extended.
class Scratch {
 public:
  explicit Scratch(Machine& m) : m_(m) {}
  /// `words` words of values and of unknown bits, of the operand extended by its sign.
  Slot extended(const Slot& from, bool is_signed, std::uint32_t words) {
    const Slot s{take(words), take(words), words * 64, words};
    const std::uint32_t n = std::min(words, from.words);
    std::copy_n(from.value, n, s.value);
    std::copy_n(from.unknown, n, s.unknown);
    const bool negative = is_signed && from.bit_value(from.width - 1);
    const bool unsure = is_signed && from.bit_unknown(from.width - 1);
    const Word above = from.width % 64 == 0 ? 0 : ~mask_of(from.width % 64);
    if (from.words <= words) {
      if (negative) s.value[from.words - 1] |= above;
      if (unsure) s.unknown[from.words - 1] |= above;
    }
    std::fill(s.value + n, s.value + words, negative ? ~Word{0} : 0);
    std::fill(s.unknown + n, s.unknown + words, unsure ? ~Word{0} : 0);
    return s;
  }
  Word* take(std::uint32_t words) {
    // The scheduler has made room for eight operands of the widest kind.
    Word* const p = m_.scratch.data() + used_;
    used_ += words;
    return p;
  }

 private:
  Machine& m_;
  std::size_t used_ = 0;
};

/// a + b + carry, with unknown bits only where the smallest and the largest sum may differ.
void add(const Slot& d, const Slot& a, const Slot& b, bool subtract) {
  Word low_carry = subtract ? 1 : 0;
  Word high_carry = low_carry;
  const auto sum = [](Word x, Word y, Word& carry) {
    const Word s = x + y;
    const Word r = s + carry;
    carry = (s < x ? 1U : 0U) | (r < s ? 1U : 0U);
    return r;
  };
  for (std::uint32_t k = 0; k < d.words; ++k) {
    const Word au = a.unknown[k];
    const Word bu = b.unknown[k];
    const Word av = a.value[k];
    const Word bv = subtract ? ~(b.value[k] | bu) : b.value[k];
    const Word low = sum(av, bv, low_carry);
    const Word high = sum(av | au, bv | bu, high_carry);
    const Word unknown = au | bu | ((low ^ av ^ bv) ^ (high ^ (av | au) ^ (bv | bu)));
    d.value[k] = low & ~unknown;
    d.unknown[k] = unknown;
  }
  d.trim();
}

/// Number of low bits that are 0 in all words.
std::uint32_t zeros(const Word* w, std::uint32_t words) {
  for (std::uint32_t k = 0; k < words; ++k) {
    if (w[k] != 0) return k * 64 + static_cast<std::uint32_t>(std::countr_zero(w[k]));
  }
  return words * 64;
}

void multiply(const Slot& d, const Slot& a, const Slot& b, Scratch& scratch) {
  __extension__ typedef unsigned __int128 Double;
  Word* const r = scratch.take(d.words);
  std::fill_n(r, d.words, 0);
  for (std::uint32_t i = 0; i < d.words; ++i) {
    Word carry = 0;
    for (std::uint32_t k = 0; i + k < d.words; ++k) {
      const Double p = static_cast<Double>(a.value[i]) * b.value[k] + r[i + k] + carry;
      r[i + k] = static_cast<Word>(p);
      carry = static_cast<Word>(p >> 64);
    }
  }
  // Unknown bits from p up in one factor move the product by multiples of 2^p times the other.
  const auto any_bits = [&](const Slot& s) {
    std::uint32_t n = zeros(s.value, s.words);
    return std::min(n, zeros(s.unknown, s.words));
  };
  const std::uint32_t end = d.words * 64;
  std::uint32_t from = end;
  if (!a.known()) from = std::min(from, zeros(a.unknown, a.words) + any_bits(b));
  if (!b.known()) from = std::min(from, zeros(b.unknown, b.words) + any_bits(a));
  for (std::uint32_t k = 0; k < d.words; ++k) {
    const std::uint32_t low = k * 64;
    const Word unknown = from <= low ? ~Word{0} : from >= low + 64 ? 0 : ~Word{0} << (from - low);
    d.value[k] = r[k] & ~unknown;
    d.unknown[k] = unknown;
  }
  d.trim();
}

/// -1, 0, 1 for signed numbers of equally many words.
int order(const Word* a, const Word* b, std::uint32_t words) {
  const auto top = [](Word w) { return static_cast<std::int64_t>(w); };
  if (a[words - 1] != b[words - 1]) return top(a[words - 1]) < top(b[words - 1]) ? -1 : 1;
  for (std::uint32_t k = words - 1; k-- > 0;) {
    if (a[k] != b[k]) return a[k] < b[k] ? -1 : 1;
  }
  return 0;
}

/// The smallest and the largest number that the bits may be; the sign bit `sign` and its copies above it are
/// negative together.
void bounds(const Slot& s, std::uint32_t sign, Word* low, Word* high) {
  for (std::uint32_t k = 0; k < s.words; ++k) {
    low[k] = s.value[k];
    high[k] = s.value[k] | s.unknown[k];
  }
  if ((s.unknown[s.words - 1] >> 63) == 0) return;
  for (std::uint32_t k = sign / 64; k < s.words; ++k) {
    const Word copies = k == sign / 64 ? ~Word{0} << (sign % 64) : ~Word{0};
    low[k] |= copies;
    high[k] &= ~copies;
  }
}

void result_bit(const Slot& d, int truth) {
  d.value[0] = truth == 1 ? 1 : 0;
  d.unknown[0] = truth < 0 ? 1 : 0;
}

void compare(const Slot& d, const Instruction& i, const Slot& a, const Slot& b, Scratch& scratch) {
  const std::uint32_t n = words_of(std::max(i.a_width, i.b_width) + 1);
  const Slot x = scratch.extended(a, i.a_signed, n);
  const Slot y = scratch.extended(b, i.b_signed, n);
  const auto what = static_cast<Code>(i.amount);
  if (what == Code::eq || what == Code::ne) {
    bool unsure = false;
    for (std::uint32_t k = 0; k < n; ++k) {
      const Word u = x.unknown[k] | y.unknown[k];
      if (((x.value[k] ^ y.value[k]) & ~u) != 0) {
        result_bit(d, what == Code::ne ? 1 : 0);
        return;
      }
      unsure = unsure || u != 0;
    }
    result_bit(d, unsure ? -1 : what == Code::eq ? 1 : 0);
    return;
  }
  Word* const low_x = scratch.take(n);
  Word* const high_x = scratch.take(n);
  Word* const low_y = scratch.take(n);
  Word* const high_y = scratch.take(n);
  bounds(x, i.a_width - 1, low_x, high_x);
  bounds(y, i.b_width - 1, low_y, high_y);
  const int limit = what == Code::le ? 0 : -1;
  if (order(high_x, low_y, n) <= limit) {
    result_bit(d, 1);
  } else if (order(low_x, high_y, n) > limit) {
    result_bit(d, 0);
  } else {
    result_bit(d, -1);
  }
}

void select(const Slot& d, const Instruction& i, const Slot& a, const Slot& index) {
  d.fill(0, ~Word{0});
  if (!index.known() || index.value[0] >= a.width) return;
  for (std::uint32_t k = 1; k < index.words; ++k) {
    if (index.value[k] != 0) return;
  }
  const Word low = index.value[0] * i.amount;
  if (low >= a.width) return;
  const auto from = static_cast<std::uint32_t>(low);
  copy_bits(d.value, d.words, 0, a.value, a.words, from, std::min(d.width, a.width - from));
}

void shift(const Slot& d, const Instruction& i, const Slot& a, const Slot& by) {
  if (!by.known()) {
    d.fill(0, ~Word{0});
    return;
  }
  Word amount = by.value[0];
  for (std::uint32_t k = 1; k < by.words; ++k) {
    if (by.value[k] != 0) amount = ~Word{0};
  }
  const auto n = static_cast<std::uint32_t>(std::min<Word>(amount, d.width));
  const bool left = i.code == Code::wide_shift_left_by;
  const bool negative = !left && i.a_signed && a.bit_value(a.width - 1);
  const bool unsure = !left && i.a_signed && a.bit_unknown(a.width - 1);
  d.fill(negative ? ~Word{0} : 0, unsure ? ~Word{0} : 0);
  if (n == d.width) return;
  copy_bits(d.value, d.words, left ? n : 0, a.value, a.words, left ? 0 : n, d.width - n);
}

void copy(const Slot& d, const Word* from) {
  std::copy_n(from, 2 * d.words, d.value);
}

void merge(const Slot& d, const Slot& a, const Slot& b) {
  for (std::uint32_t k = 0; k < d.words; ++k) {
    const Word unknown = a.unknown[k] | b.unknown[k] | (a.value[k] ^ b.value[k]);
    d.value[k] = a.value[k] & ~unknown;
    d.unknown[k] = unknown;
  }
}

}  // namespace

void wide_saturate(Machine& machine, const Instruction& i) {
  const Slot d = slot(machine.words.data() + i.dst, i.width);
  const Slot a = slot(machine.words.data() + i.a, i.a_width);
  // The number fits if the bits above those that are kept are all like the sign.
  const std::uint32_t keep = i.is_signed ? i.width - 1 : i.width;
  const std::uint32_t sign = i.a_width - 1;
  if (i.a_signed && a.bit_unknown(sign)) {
    d.fill(0, ~Word{0});
    return;
  }
  const bool negative = i.a_signed && a.bit_value(sign);
  if (negative && !i.is_signed) {
    d.fill(0, 0);
    return;
  }
  bool unsure = false;
  for (std::uint32_t k = keep; k < i.a_width; ++k) {
    if (a.bit_unknown(k)) {
      unsure = true;
    } else if (a.bit_value(k) != negative) {
      // The largest or the smallest value.
      d.fill(negative ? 0 : ~Word{0}, 0);
      if (i.is_signed) d.value[keep / 64] ^= Word{1} << (keep % 64);
      return;
    }
  }
  if (unsure) {
    d.fill(0, ~Word{0});
    return;
  }
  d.fill(negative ? ~Word{0} : 0, 0);
  copy_bits(d.value, d.words, 0, a.value, a.words, 0, std::min(d.width, a.width));
}

void execute_wide(Machine& machine, const Instruction& i) {
  Word* const w = machine.words.data();
  const Slot d = slot(w + i.dst, i.width);
  const Slot a = slot(w + i.a, i.a_width);
  const Slot b = slot(w + i.b, i.b_width);
  Scratch scratch(machine);
  switch (i.code) {
    case Code::wide_add:
    case Code::wide_sub: {
      const Slot x = scratch.extended(a, i.a_signed, d.words);
      const Slot y = scratch.extended(b, i.b_signed, d.words);
      add(d, x, y, i.code == Code::wide_sub);
      break;
    }
    case Code::wide_mul: {
      const Slot x = scratch.extended(a, i.a_signed, d.words);
      const Slot y = scratch.extended(b, i.b_signed, d.words);
      multiply(d, x, y, scratch);
      break;
    }
    case Code::wide_saturate:
      wide_saturate(machine, i);
      break;
    case Code::wide_and:
      for (std::uint32_t k = 0; k < d.words; ++k) {
        const Word zero = (~a.value[k] & ~a.unknown[k]) | (~b.value[k] & ~b.unknown[k]);
        d.value[k] = a.value[k] & b.value[k];
        d.unknown[k] = (a.unknown[k] | b.unknown[k]) & ~zero;
      }
      break;
    case Code::wide_or:
      for (std::uint32_t k = 0; k < d.words; ++k) {
        d.value[k] = a.value[k] | b.value[k];
        d.unknown[k] = (a.unknown[k] | b.unknown[k]) & ~d.value[k];
      }
      break;
    case Code::wide_xor:
      for (std::uint32_t k = 0; k < d.words; ++k) {
        d.unknown[k] = a.unknown[k] | b.unknown[k];
        d.value[k] = (a.value[k] ^ b.value[k]) & ~d.unknown[k];
      }
      break;
    case Code::wide_not:
      for (std::uint32_t k = 0; k < d.words; ++k) {
        d.value[k] = ~a.value[k] & ~a.unknown[k];
        d.unknown[k] = a.unknown[k];
      }
      d.trim();
      break;
    case Code::wide_compare:
      compare(d, i, a, b, scratch);
      break;
    case Code::wide_mux: {
      const Slot f = slot(w + i.c, i.width);
      if (a.unknown[0] == 0) {
        copy(d, a.value[0] != 0 ? b.value : f.value);
      } else {
        merge(d, b, f);
      }
      break;
    }
    case Code::wide_select:
      select(d, i, a, b);
      break;
    case Code::wide_any: {
      const bool one = std::any_of(a.value, a.value + a.words, [](Word x) { return x != 0; });
      result_bit(d, one ? 1 : a.known() ? 0 : -1);
      break;
    }
    case Code::wide_all: {
      bool zero = false;
      for (std::uint32_t k = 0; k < a.words; ++k) {
        const Word mask = k + 1 < a.words ? ~Word{0} : mask_of(a.width - 64 * k);
        zero = zero || (~(a.value[k] | a.unknown[k]) & mask) != 0;
      }
      result_bit(d, zero ? 0 : a.known() ? 1 : -1);
      break;
    }
    case Code::wide_parity: {
      Word all = 0;
      for (std::uint32_t k = 0; k < a.words; ++k) all ^= a.value[k];
      result_bit(d, !a.known() ? -1 : std::popcount(all) & 1);
      break;
    }
    case Code::wide_shift_left_by:
    case Code::wide_shift_right_by:
      shift(d, i, a, b);
      break;
    case Code::wide_extend: {
      const Slot x = scratch.extended(a, i.a_signed, d.words);
      std::copy_n(x.value, d.words, d.value);
      std::copy_n(x.unknown, d.words, d.unknown);
      d.trim();
      break;
    }
    case Code::wide_extract:
      d.fill(0, 0);
      copy_bits(d.value, d.words, 0, a.value, a.words, i.amount, i.width);
      break;
    case Code::wide_deposit:
      // width = that of the slot, a_width = that of the bits.
      copy_bits(d.value, d.words, i.amount, a.value, a.words, 0, i.a_width);
      break;
    case Code::wide_mem_read: {
      MemoryState& m = machine.memories[i.amount];
      bool inside = a.known() && a.value[0] < static_cast<Word>(m.depth);
      for (std::uint32_t k = 1; k < a.words; ++k) inside = inside && a.value[k] == 0;
      if (inside) {
        copy(d, m.word(a.value[0]));
      } else {
        d.fill(0, ~Word{0});
      }
      break;
    }
    case Code::wide_copy:
      copy(d, a.value);
      break;
    default:
      break;
  }
}

}  // namespace offramp::hw::interpret

// Operations of one word. Operands are nearly always known, so each has a short way for that; the long way
// keeps every bit that is the same for all values of the unknown ones, as far as that is cheap to tell.
#include "hw/interpret_ops.h"

#include <algorithm>
#include <bit>

#include "hw/interpret_wide.h"

namespace offramp::hw::interpret {

namespace {

using Word = std::uint64_t;

/// The word as a 64-bit number; `sign` is its sign bit, or 0 if it is unsigned.
inline Word number(Word w, Word sign) {
  return (w ^ sign) - sign;
}

/// Where bits may differ between the smallest and the largest sum.
void add_unknown(Word* d, Word av, Word au, Word bv, Word bu, Word carry, Word mask) {
  const Word low = av + bv + carry;
  const Word high = (av | au) + (bv | bu) + carry;
  const Word unknown = (au | bu | ((low ^ av ^ bv) ^ (high ^ (av | au) ^ (bv | bu)))) & mask;
  d[0] = low & mask & ~unknown;
  d[1] = unknown;
}

void mul_unknown(Word* d, Word av, Word au, Word bv, Word bu, Word mask) {
  // What is unknown from bit p up in one factor moves the product by multiples of 2^p times the other.
  const auto zeros = [](Word w) { return static_cast<unsigned>(std::countr_zero(w)); };
  const unsigned from =
      std::min(au == 0 ? 64U : zeros(au) + zeros(bv | bu), bu == 0 ? 64U : zeros(bu) + zeros(av | au));
  const Word unknown = from >= 64 ? 0 : (~Word{0} << from) & mask;
  d[0] = av * bv & mask & ~unknown;
  d[1] = unknown;
}

struct Bounds {
  Word low;
  Word high;
};

/// Smallest and largest number, moved so that unsigned comparison orders them.
Bounds bounds(Word v, Word u, Word sign, Word flip) {
  const Word low = v | (u & sign);
  const Word high = (v | u) & ~(u & sign);
  return {number(low, sign) ^ flip, number(high, sign) ^ flip};
}

inline void bit_result(Word* d, bool value) {
  d[0] = value ? 1 : 0;
  d[1] = 0;
}

inline void bit_unknown(Word* d) {
  d[0] = 0;
  d[1] = 1;
}

inline void all_unknown(Word* d, Word mask) {
  d[0] = 0;
  d[1] = mask;
}

void merge_word(Word* d, Word av, Word au, Word bv, Word bu) {
  const Word unknown = au | bu | (av ^ bv);
  d[0] = av & ~unknown;
  d[1] = unknown;
}

/// A shift by an unknown amount: what all possible amounts agree on.
template <class Shift>
void shift_unknown(Word* d, const Word* amount, std::uint32_t width, const Shift& shift) {
  bool first = true;
  for (Word n = 0; n <= width; ++n) {
    // `width` stands for everything from there on.
    const bool possible = n < width ? ((n ^ amount[0]) & ~amount[1]) == 0 : (amount[0] | amount[1]) >= width;
    if (!possible) continue;
    Word r[2];
    shift(n, r);
    if (first) {
      d[0] = r[0];
      d[1] = r[1];
    } else {
      merge_word(d, d[0], d[1], r[0], r[1]);
    }
    first = false;
  }
}

inline Word shift_right_number(Word w, Word by) {
  return static_cast<Word>(static_cast<std::int64_t>(w) >> std::min<Word>(by, 63));
}

inline void read_word(Word* d, const Instruction& i, MemoryState& m, const Word* address) {
  if (address[1] != 0 || address[0] >= static_cast<Word>(m.depth)) {
    all_unknown(d, i.mask);
    return;
  }
  const Word* w = m.word(address[0]);
  d[0] = w[0];
  d[1] = w[1];
}

/// Whether the number of a word can be compared as 64 signed or unsigned bits is settled by the scheduler.
void compare(Word* d, const Instruction& i, const Word* a, const Word* b) {
  const Word flip = (i.a_signed || i.b_signed) ? Word{1} << 63 : 0;
  const bool or_equal = i.code == Code::le;
  if ((a[1] | b[1]) == 0) {
    const Word x = number(a[0], i.a_sign) ^ flip;
    const Word y = number(b[0], i.b_sign) ^ flip;
    bit_result(d, or_equal ? x <= y : x < y);
    return;
  }
  const Bounds x = bounds(a[0], a[1], i.a_sign, flip);
  const Bounds y = bounds(b[0], b[1], i.b_sign, flip);
  if (or_equal ? x.high <= y.low : x.high < y.low) {
    bit_result(d, true);
  } else if (or_equal ? x.low > y.high : x.low >= y.high) {
    bit_result(d, false);
  } else {
    bit_unknown(d);
  }
}

void equal(Word* d, const Instruction& i, const Word* a, const Word* b, bool wanted) {
  const Word different = number(a[0], i.a_sign) ^ number(b[0], i.b_sign);
  const Word unknown = a[1] | b[1];
  if (unknown == 0) {
    bit_result(d, (different == 0) == wanted);
    return;
  }
  const Word unsure = number(a[1], i.a_sign) | number(b[1], i.b_sign);
  if ((different & ~unsure) != 0) {
    bit_result(d, !wanted);
  } else {
    bit_unknown(d);
  }
}

void select(Word* d, const Instruction& i, const Word* a, const Word* index) {
  if (index[1] != 0 || index[0] >= i.a_width) {
    all_unknown(d, i.mask);
    return;
  }
  const Word low = index[0] * i.amount;
  if (low >= i.a_width) {
    all_unknown(d, i.mask);
    return;
  }
  d[0] = (a[0] >> low) & i.mask;
  d[1] = (a[1] >> low) & i.mask;
  if (low + i.width > i.a_width) d[1] |= i.mask & ~mask_of(i.a_width - static_cast<std::uint32_t>(low));
}

}  // namespace

// Inlined into run: one switch an instruction.
inline void Machine::execute(const Instruction& i) {
  Word* const d = words.data() + i.dst;
  const Word* const a = words.data() + i.a;
  const Word* const b = words.data() + i.b;
  switch (i.code) {
    case Code::add:
      if ((a[1] | b[1]) == 0) {
        d[0] = (number(a[0], i.a_sign) + number(b[0], i.b_sign)) & i.mask;
        d[1] = 0;
      } else {
        add_unknown(d, number(a[0], i.a_sign), number(a[1], i.a_sign), number(b[0], i.b_sign),
                    number(b[1], i.b_sign), 0, i.mask);
      }
      break;
    case Code::sub:
      if ((a[1] | b[1]) == 0) {
        d[0] = (number(a[0], i.a_sign) - number(b[0], i.b_sign)) & i.mask;
        d[1] = 0;
      } else {
        const Word bu = number(b[1], i.b_sign);
        add_unknown(d, number(a[0], i.a_sign), number(a[1], i.a_sign), ~(number(b[0], i.b_sign) | bu), bu, 1,
                    i.mask);
      }
      break;
    case Code::mul:
      if ((a[1] | b[1]) == 0) {
        d[0] = (number(a[0], i.a_sign) * number(b[0], i.b_sign)) & i.mask;
        d[1] = 0;
      } else {
        mul_unknown(d, number(a[0], i.a_sign), number(a[1], i.a_sign), number(b[0], i.b_sign),
                    number(b[1], i.b_sign), i.mask);
      }
      break;
    case Code::saturate:
      if (a[1] == 0) {
        // b_sign holds the largest value of the result.
        const Word v = number(a[0], i.a_sign);
        if (i.a_signed && static_cast<std::int64_t>(v) < 0) {
          const auto lowest = i.is_signed ? -static_cast<std::int64_t>(i.b_sign) - 1 : 0;
          d[0] = (static_cast<std::int64_t>(v) < lowest ? static_cast<Word>(lowest) : v) & i.mask;
        } else {
          d[0] = std::min(v, i.b_sign) & i.mask;
        }
        d[1] = 0;
      } else {
        wide_saturate(*this, i);
      }
      break;
    case Code::bit_and: {
      const Word zero = (~a[0] & ~a[1]) | (~b[0] & ~b[1]);
      d[0] = a[0] & b[0];
      d[1] = (a[1] | b[1]) & ~zero;
      break;
    }
    case Code::bit_or: {
      const Word one = a[0] | b[0];
      d[0] = one;
      d[1] = (a[1] | b[1]) & ~one;
      break;
    }
    case Code::bit_xor: {
      const Word unknown = a[1] | b[1];
      d[0] = (a[0] ^ b[0]) & ~unknown;
      d[1] = unknown;
      break;
    }
    case Code::bit_not:
      d[0] = ~a[0] & ~a[1] & i.mask;
      d[1] = a[1];
      break;
    case Code::eq:
      equal(d, i, a, b, true);
      break;
    case Code::ne:
      equal(d, i, a, b, false);
      break;
    case Code::lt:
    case Code::le:
      compare(d, i, a, b);
      break;
    case Code::mux: {
      const Word* const f = words.data() + i.c;
      if (a[1] == 0) {
        const Word* const from = a[0] != 0 ? b : f;
        d[0] = from[0];
        d[1] = from[1];
      } else {
        merge_word(d, b[0], b[1], f[0], f[1]);
      }
      break;
    }
    case Code::select:
      select(d, i, a, b);
      break;
    case Code::any:
      d[0] = a[0] != 0 ? 1 : 0;
      d[1] = a[0] == 0 && a[1] != 0 ? 1 : 0;
      break;
    case Code::all: {
      // i.mask is that of the operand here.
      const bool zero = (~(a[0] | a[1]) & i.mask) != 0;
      d[0] = a[0] == i.mask ? 1 : 0;
      d[1] = !zero && a[1] != 0 ? 1 : 0;
      break;
    }
    case Code::parity:
      d[0] = a[1] == 0 ? static_cast<Word>(std::popcount(a[0]) & 1) : 0;
      d[1] = a[1] != 0 ? 1 : 0;
      break;
    case Code::shift_left_by: {
      const auto shift = [&](Word by, Word* r) {
        r[0] = by >= 64 ? 0 : (a[0] << by) & i.mask;
        r[1] = by >= 64 ? 0 : (a[1] << by) & i.mask;
      };
      if (b[1] == 0) {
        shift(b[0], d);
      } else {
        shift_unknown(d, b, i.width, shift);
      }
      break;
    }
    case Code::shift_right_by: {
      const Word v = number(a[0], i.a_sign);
      const Word u = number(a[1], i.a_sign);
      const auto shift = [&](Word by, Word* r) {
        if (i.a_signed) {
          r[0] = shift_right_number(v, by) & i.mask;
          r[1] = shift_right_number(u, by) & i.mask;
        } else {
          r[0] = by >= 64 ? 0 : v >> by;
          r[1] = by >= 64 ? 0 : u >> by;
        }
      };
      if (b[1] == 0) {
        shift(b[0], d);
      } else {
        shift_unknown(d, b, i.width, shift);
      }
      break;
    }
    case Code::extend:
      d[0] = number(a[0], i.a_sign) & i.mask;
      d[1] = number(a[1], i.a_sign) & i.mask;
      break;
    case Code::extract:
      d[0] = (a[0] >> i.amount) & i.mask;
      d[1] = (b[0] >> i.amount) & i.mask;
      break;
    case Code::extract_straddle:
      d[0] = (a[0] >> i.amount | a[1] << (64 - i.amount)) & i.mask;
      d[1] = (b[0] >> i.amount | b[1] << (64 - i.amount)) & i.mask;
      break;
    case Code::deposit: {
      Word* const u = words.data() + i.b;
      const Word keep = ~(i.mask << i.amount);
      d[0] = (d[0] & keep) | a[0] << i.amount;
      u[0] = (u[0] & keep) | a[1] << i.amount;
      break;
    }
    case Code::mem_read:
      read_word(d, i, memories[i.amount], a);
      break;
    case Code::copy:
      d[0] = a[0];
      d[1] = a[1];
      break;
    default:
      execute_wide(*this, i);
      break;
  }
}

void Machine::run(const std::vector<Instruction>& program) {
  for (const Instruction& i : program) execute(i);
}

void Machine::write(std::uint32_t memory, std::uint32_t enable, std::uint32_t address, std::uint32_t data) {
  const Word* const en = words.data() + enable;
  if (en[0] == 0 && en[1] == 0) return;
  MemoryState& m = memories[memory];
  const Word* const at = words.data() + address;
  const Word* const from = words.data() + data;
  const Word unknown = at[1];  // an address always fits one word
  const auto merge = [&](Word* word) {
    for (std::uint32_t k = 0; k < m.words; ++k) {
      const Word x = word[m.words + k] | from[m.words + k] | (word[k] ^ from[k]);
      word[k] &= ~x;
      word[m.words + k] = x;
    }
  };
  if (unknown == 0) {
    if (at[0] >= static_cast<Word>(m.depth)) return;
    Word* const word = m.word(at[0]);
    if (en[1] != 0) {
      merge(word);
    } else {
      std::copy_n(from, 2 * m.words, word);
    }
    return;
  }
  for (Word k = 0; k < static_cast<Word>(m.depth); ++k) {
    if (((k ^ at[0]) & ~unknown) == 0) merge(m.word(k));
  }
}

void copy_bits(Word* dst, std::uint32_t dst_words, std::uint32_t dst_low, const Word* src,
               std::uint32_t src_words, std::uint32_t src_low, std::uint32_t width) {
  while (width > 0) {
    const std::uint32_t from = src_low / 64;
    const std::uint32_t to = dst_low / 64;
    const std::uint32_t s = src_low % 64;
    const std::uint32_t t = dst_low % 64;
    const std::uint32_t n = std::min({width, 64 - s, 64 - t});
    const Word mask = mask_of(n);
    for (int plane = 0; plane < 2; ++plane) {
      const Word bits = (src[static_cast<std::uint32_t>(plane) * src_words + from] >> s) & mask;
      Word& word = dst[static_cast<std::uint32_t>(plane) * dst_words + to];
      word = (word & ~(mask << t)) | bits << t;
    }
    src_low += n;
    dst_low += n;
    width -= n;
  }
}

}  // namespace offramp::hw::interpret

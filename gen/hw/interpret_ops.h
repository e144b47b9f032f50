#pragma once
// What the interpreter executes: instructions on one array of 64-bit words. A slot of w bits is n =
// ceil(w / 64) words of values followed by n words that say which bits are unknown; unknown bits have value
// 0, and bits beyond the width are 0 in both.
#include <cstdint>
#include <vector>

#include "hw/logic_vector.h"

namespace offramp::hw::interpret {

enum class Code : std::uint8_t {
  // All operands and the result are one word.
  add,
  sub,
  mul,
  saturate,
  bit_and,
  bit_or,
  bit_xor,
  bit_not,
  eq,
  ne,
  lt,
  le,
  mux,
  select,
  any,
  all,
  parity,
  shift_left_by,
  shift_right_by,
  extend,
  extract,           // bits of one word of a wider slot: a = the word, b = its unknown bits
  extract_straddle,  // bits of two words of it
  deposit,           // into one word of a wider slot: dst = the word, b = its unknown bits
  mem_read,
  copy,
  // Any width.
  wide_add,
  wide_sub,
  wide_mul,
  wide_saturate,
  wide_and,
  wide_or,
  wide_xor,
  wide_not,
  wide_compare,  // amount = the narrow code
  wide_mux,
  wide_select,
  wide_any,
  wide_all,
  wide_parity,
  wide_shift_left_by,
  wide_shift_right_by,
  wide_extend,
  wide_extract,
  wide_deposit,
  wide_mem_read,
  wide_copy,
};

struct Instruction {
  Code code = Code::copy;
  bool a_signed = false;
  bool b_signed = false;
  bool is_signed = false;  ///< of the result
  std::uint32_t dst = 0;   ///< words of the array
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  std::uint32_t c = 0;
  std::uint32_t width = 0;  ///< of the result
  std::uint32_t a_width = 0;
  std::uint32_t b_width = 0;
  std::uint32_t amount = 0;  ///< first bit, width of an element, or the memory
  std::uint64_t mask = 0;    ///< of the result
  std::uint64_t a_sign = 0;  ///< the sign bit of a signed operand of one word, else 0
  std::uint64_t b_sign = 0;
};

/// Words of a memory as slots, one after the other.
struct MemoryState {
  std::uint32_t width = 1;
  std::int64_t depth = 0;
  std::uint32_t words = 1;  ///< of one plane of a word
  std::vector<std::uint64_t> data;

  [[nodiscard]] std::uint64_t* word(std::uint64_t address) { return data.data() + address * 2 * words; }
};

struct Machine {
  std::vector<std::uint64_t> words;
  std::vector<MemoryState> memories;
  std::vector<std::uint64_t> scratch;  ///< room for eight operands of the widest kind

  void run(const std::vector<Instruction>& program);
  /// Writes a word where `enable` is 1; merges it with what is there where enable or address is unknown.
  void write(std::uint32_t memory, std::uint32_t enable, std::uint32_t address, std::uint32_t data);

 private:
  void execute(const Instruction& i);
};

inline std::uint32_t words_of(std::uint32_t width) {
  return (width + 63) / 64;
}
inline std::uint64_t mask_of(std::uint32_t width) {
  return width >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
}

/// Copies bits between slots whose planes are `dst_words` and `src_words` long.
void copy_bits(std::uint64_t* dst, std::uint32_t dst_words, std::uint32_t dst_low, const std::uint64_t* src,
               std::uint32_t src_words, std::uint32_t src_low, std::uint32_t width);

}  // namespace offramp::hw::interpret

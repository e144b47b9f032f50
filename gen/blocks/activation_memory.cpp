#include "blocks/activation_memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <vector>

#include "blocks/copies.h"
#include "blocks/pipeline.h"
#include "blocks/ram.h"
#include "blocks/rotate.h"

namespace offramp::blocks {
namespace {

int bank_bits(int banks) {
  return std::bit_width(static_cast<unsigned>(banks)) - 1;
}

/// One bit a bank: set for the banks below `turn`.
hw::Value below(hw::ModuleBuilder& m, const hw::Value& turn, int banks) {
  return hw::sub_wrap(hw::shift_left(m.literal(hw::uint(banks), 1), turn, banks), 1);
}

}  // namespace

std::string WriteTurn::name() const {
  return fmt::format("write_turn_{}x{}x{}b{}w{}{}", banks, lanes, width, data_bits, word_bits,
                     reads ? "r" : "");
}

WriteTurn::Ports WriteTurn::build(hw::ModuleBuilder& m) const {
  m.doc(fmt::format("Turns a write of {} x {} elements to {} banks: element e goes to bank e mod {}.", lanes,
                    width, banks, banks));
  const int bb = bank_bits(banks);
  const int aw = word_bits + bb;
  const int data_copies = Rotate::copies_of(banks, data_bits);
  Ports p{
      .ck = m.clocking({.reset = false}),
      .valid = m.input("valid_i", hw::bit(), "with data_i, a cycle after the address and what goes with it"),
      .read =
          reads ? m.input("read_i", hw::bit(), "with address_i: address the words, write nothing") : hw::In{},
      .address = m.input("address_i", hw::uint(aw), "of lane 0's first element, a cycle before data_i"),
      .lane_step = m.input("lane_step_i", hw::uint(aw), "elements from a lane's first to the next lane's"),
      .lane_mask = m.input("lane_mask_i", hw::uint(lanes)),
      .element_mask = m.input("element_mask_i", hw::uint(width)),
      .data = m.input("data_i", hw::uint(lanes * width * data_bits), "lane-major"),
      .write = m.output("write_o", hw::uint(banks), "a bit a bank"),
      .write_word = m.output("write_word_o", hw::uint(banks * word_bits)),
      .write_data = m.output("write_data_o", hw::uint(banks * data_bits))};

  auto enable_q = m.reg("enable_q", hw::uint(banks));
  auto lane_mask_q = m.reg("lane_mask_q", hw::uint(lanes));
  auto element_mask_q = m.reg("element_mask_q", hw::uint(width));
  m.clocked(p.ck, [&] {
    m.next(lane_mask_q, p.lane_mask);
    m.next(element_mask_q, p.element_mask);
  });

  struct Lane {
    hw::Value enable, data;            // an element a bank
    hw::Value wraps, word, next_word;  // a bit a bank: it is next_word that the bank is given
  };
  std::vector<Lane> all;
  hw::Value address = p.address;
  for (int l = 0; l < lanes; ++l) {
    const std::string lane = lanes == 1 ? "" : fmt::format("_{}", l);
    if (l > 0) address = m.let("address" + lane, hw::add_wrap(address, p.lane_step));
    const auto turn_d = m.let("turn" + lane, hw::slice(address, bb - 1, 0));
    const auto turn = copied(m, p.ck, "turn" + lane, turn_d, data_copies + 1);  // the last for the mask
    // A run that wraps around the last bank goes on in the next word.
    const auto word_d = m.let("word" + lane, hw::slice(address, aw - 1, bb));
    auto wraps = m.reg("wraps" + lane + "_q", hw::uint(banks));
    auto first_word = m.reg("first_word" + lane + "_q", hw::uint(word_bits));
    auto next_word = m.reg("next_word" + lane + "_q", hw::uint(word_bits));
    m.clocked(p.ck, [&] {
      m.next(wraps, below(m, turn_d, banks));
      m.next(first_word, word_d);
      m.next(next_word, hw::add_wrap(word_d, 1));
    });

    const auto mask =
        m.let("mask" + lane, element_mask_q & hw::replicate(p.valid & hw::bit_of(lane_mask_q, l), width));
    auto u_mask = m.instance("u_mask" + lane, Rotate{.count = banks, .direction = Rotate::Direction::up},
                             {.params = {{"WIDTH", 1}}});
    u_mask.in(u_mask.ports.amount, turn.back());
    u_mask.in(u_mask.ports.data, hw::extend(mask, banks));
    const auto enable = u_mask.out(u_mask.ports.data_o, "enable" + lane);

    auto u_data = m.instance(
        "u_data" + lane, Rotate{.count = banks, .direction = Rotate::Direction::up, .copies = data_copies},
        {.params = {{"WIDTH", data_bits}}});
    u_data.in(u_data.ports.amount, side_by_side(turn, data_copies));
    u_data.in(u_data.ports.data,
              hw::extend(hw::part(p.data, l * width * data_bits, width * data_bits), banks * data_bits));
    const auto data = u_data.out(u_data.ports.data_o, "turned" + lane);
    all.push_back(
        {.enable = enable, .data = data, .wraps = wraps, .word = first_word, .next_word = next_word});
  }

  if (lanes == 1) m.unused(p.lane_step);
  hw::Value all_enable = all.front().enable;
  for (std::size_t l = 1; l < all.size(); ++l) all_enable = all_enable | all[l].enable;
  m.clocked(p.ck, [&] { m.next(enable_q, all_enable); });
  if (lanes > 1) m.comment("Lanes never meet in a bank, so the enabled one is chosen by or-ing.");
  m.generate_for("gen_bank", banks, [&](hw::IntExpr b) {
    auto word_q = m.reg("word_q", hw::uint(word_bits));
    auto data_q = m.reg("data_q", hw::uint(data_bits));
    hw::Value word, data;
    for (const Lane& lane : all) {
      hw::Value lane_word = hw::mux(hw::bit_of(lane.wraps, b), lane.next_word, lane.word);
      hw::Value lane_data = hw::part(lane.data, b * data_bits, data_bits);
      if (lanes > 1) {
        const auto on = hw::bit_of(lane.enable, b);
        lane_word = lane_word & hw::replicate(on, word_bits);
        lane_data = lane_data & hw::replicate(on, data_bits);
      }
      const bool first = &lane == &all.front();
      word = first ? lane_word : word | lane_word;
      data = first ? lane_data : data | lane_data;
    }
    m.clocked(p.ck, [&] {
      m.next(word_q, word);
      m.next(data_q, data);
    });
    m.drive(hw::part(p.write_word, b * word_bits, word_bits), word_q);
    m.drive(hw::part(p.write_data, b * data_bits, data_bits), data_q);
  });
  if (reads) {
    const auto read_q = delayed(m, p.ck, "read", p.read, 2);
    m.drive(p.write, enable_q & ~hw::replicate(read_q, banks));
  } else {
    m.drive(p.write, enable_q);
  }
  return p;
}

std::string OperandFeed::name() const {
  return fmt::format("operand_feed_{}r{}b{}d{}w{}c{}k{}", rows, banks, data_bits, words, coordinate_bits,
                     kernel_bits, reads_back ? "_back" : "");
}

OperandFeed::Ports OperandFeed::build(hw::ModuleBuilder& m) const {
  m.doc(fmt::format(
      "One lane's operands: reads {} elements a cycle from {} banks, turned to the rows and masked where "
      "the window hangs over the map.",
      rows, banks));
  const int bb = bank_bits(banks);
  const int aw = word_bits + bb;
  const int cw = coordinate_bits;
  const int act_bits = data_bits;
  const int groups = row_groups(rows);
  const int group_rows = (rows + groups - 1) / groups;
  Ports p{.ck = m.clocking({.reset = false}),
          .address = m.input("address_i", hw::uint(aw), "element address of the pixel, tile base added"),
          .y = m.input("y_i", hw::uint(groups * cw), "of the window's first row, signed, a copy a group"),
          .x = m.input("x_i", hw::uint(groups * cw), "a copy a group"),
          .row_used = m.input("row_used_i", hw::uint(rows)),
          .row_dy = m.input("row_dy_i", hw::uint(rows * kernel_bits)),
          .row_dx = m.input("row_dx_i", hw::uint(rows * kernel_bits)),
          .row_offset =
              m.input("row_offset_i", hw::uint(rows * word_bits), "words from the pixel's word, modulo"),
          .height = m.input("height_i", hw::uint(groups * cw), "a copy a group"),
          .width = m.input("width_i", hw::uint(groups * cw), "a copy a group"),
          .pad_value = m.input("pad_value_i", hw::uint(data_bits), "a cycle before it is needed"),
          .is_signed = m.input("signed_i", hw::bit(), "with pad_value_i"),
          .write = m.input("write_i", hw::uint(banks)),
          .write_word = m.input("write_word_i", hw::uint(banks * word_bits)),
          .write_data = m.input("write_data_i", hw::uint(banks * data_bits)),
          .act = m.output("act_o", hw::uint(rows * act_bits)),
          .read_back = {}};

  if (reads_back) {
    p.read_back =
        m.output("read_back_o", hw::uint(banks * data_bits), "words of write_word_i, a cycle later");
  }

  m.section("Stage 1: which rows lie inside the map");
  m.comment("Without its sign, a coordinate before the map is one far behind it.");
  auto inside = m.wire("in_map", hw::uint(rows));
  for (int g = 0; g < groups; ++g) {
    const int first = g * group_rows;
    const std::string group = groups == 1 ? "" : fmt::format("_{}", g);
    const auto of_group = [&](const hw::Value& v) { return hw::part(v, g * cw, cw); };
    const auto top = m.let("top" + group, hw::as_signed(of_group(p.y)));
    const auto left = m.let("left" + group, hw::as_signed(of_group(p.x)));
    m.generate_for("gen_bounds" + group, std::min(group_rows, rows - first), [&](hw::IntExpr i) {
      const auto r = i + first;
      const auto y = m.let("y", top + hw::to_signed(hw::part(p.row_dy, r * kernel_bits, kernel_bits)));
      const auto x = m.let("x", left + hw::to_signed(hw::part(p.row_dx, r * kernel_bits, kernel_bits)));
      m.drive(hw::bit_of(inside, r),
              (hw::as_unsigned(y) < of_group(p.height)) & (hw::as_unsigned(x) < of_group(p.width)));
    });
  }
  auto word_1q = m.reg("word_1q", hw::uint(word_bits));
  auto offset_1q = m.reg("offset_1q", hw::uint(rows * word_bits));
  auto used_0q = m.reg("used_0q", hw::uint(rows));
  auto inside_0q = m.reg("inside_0q", hw::uint(rows));
  m.clocked(p.ck, [&] {
    m.next(word_1q, hw::slice(p.address, aw - 1, bb));
    m.next(offset_1q, p.row_offset);
    m.next(used_0q, p.row_used);
    m.next(inside_0q, inside);
  });

  m.section("Stage 2: offsets from rows to banks");
  const int up_copies = Rotate::copies_of(banks, word_bits);
  const auto turn_1q = copied(m, p.ck, "turn_1", hw::slice(p.address, bb - 1, 0), up_copies);
  auto u_up = m.instance("u_offset_turn",
                         Rotate{.count = banks, .direction = Rotate::Direction::up, .copies = up_copies},
                         {.params = {{"WIDTH", word_bits}}});
  u_up.in(u_up.ports.amount, side_by_side(turn_1q, up_copies));
  u_up.in(u_up.ports.data,
          banks == rows ? static_cast<hw::Value>(offset_1q) : hw::extend(offset_1q, banks * word_bits));
  const auto bank_offset = u_up.out(u_up.ports.data_o, "bank_offset");
  auto word_2q = m.reg("word_2q", hw::uint(word_bits));
  auto turn_2q = m.reg("turn_2q", hw::uint(bb));
  auto offset_2q = m.reg("offset_2q", hw::uint(banks * word_bits));
  m.clocked(p.ck, [&] {
    m.next(word_2q, word_1q);
    m.next(turn_2q, turn_1q.front());
    m.next(offset_2q, bank_offset);
  });

  m.section("Stages 3 and 4: a word of every bank");
  auto turn_3q = m.reg("turn_3q", hw::uint(bb));
  m.clocked(p.ck, [&] { m.next(turn_3q, turn_2q); });
  const int down_copies = Rotate::copies_of(banks, data_bits);
  const auto turn_4q = copied(m, p.ck, "turn_4", turn_3q, down_copies);
  auto read = m.wire("read", hw::uint(banks * data_bits));
  m.comment("Rows that wrapped around the last bank are one word further.");
  const auto wraps = m.let("wraps", below(m, turn_2q, banks));
  m.generate_for("gen_bank", banks, [&](hw::IntExpr b) {
    auto word_q = m.reg("word_q", hw::uint(word_bits));
    const auto offset = m.let("offset", hw::part(offset_2q, b * word_bits, word_bits));
    m.clocked(p.ck, [&] {
      m.next(word_q,
             hw::add_wrap(hw::add_wrap(word_2q, offset), hw::extend(hw::bit_of(wraps, b), word_bits)));
    });
    const hw::InstanceOptions options{.ck = p.ck, .params = {{"WIDTH", data_bits}, {"DEPTH", words}}};
    auto connect = [&](auto u) {
      u.in(u.ports.write, hw::bit_of(p.write, b));
      u.in(u.ports.write_address, hw::part(p.write_word, b * word_bits, word_bits));
      u.in(u.ports.write_data, hw::part(p.write_data, b * data_bits, data_bits));
      u.in(u.ports.read_address, word_q);
      m.drive(hw::part(read, b * data_bits, data_bits), u.out(u.ports.read_data, "read_data"));
      return u;
    };
    if (reads_back) {
      auto u = connect(m.instance("u_ram", RamReadBack{}, options));
      m.drive(hw::part(p.read_back, b * data_bits, data_bits), u.out(u.ports.read_back, "read_back"));
    } else {
      connect(m.instance("u_ram", Ram{}, options));
    }
  });

  m.section("Stage 5: from banks back to rows");
  auto u_down = m.instance(
      "u_data_turn", Rotate{.count = banks, .direction = Rotate::Direction::down, .copies = down_copies},
      {.params = {{"WIDTH", data_bits}}});
  u_down.in(u_down.ports.amount, side_by_side(turn_4q, down_copies));
  u_down.in(u_down.ports.data, read);
  const auto turned = u_down.out(u_down.ports.data_o, "turned");
  if (banks > rows) m.unused(hw::slice(turned, banks * data_bits - 1, rows * data_bits));
  auto element_5q = m.reg("element_5q", hw::uint(rows * data_bits));
  const auto used_5q = delayed(m, p.ck, "used", used_0q, 4);
  const auto inside_5q = delayed(m, p.ck, "in_map", inside_0q, 4);
  m.clocked(p.ck,
            [&] { m.next(element_5q, banks == rows ? turned : hw::truncate(turned, rows * data_bits)); });

  m.section("Stage 6: padding; unsigned elements become signed, less half their range");
  const auto pad_5q = copied(m, p.ck, "pad_5", p.pad_value, groups);
  const auto signed_5q = copied(m, p.ck, "signed_5", p.is_signed, groups);
  for (int g = 0; g < groups; ++g) {
    const int first = g * group_rows;
    const auto pad = pad_5q[static_cast<std::size_t>(g)];
    const auto is_signed = signed_5q[static_cast<std::size_t>(g)];
    const std::string label = groups == 1 ? "gen_operand" : fmt::format("gen_operand_{}", g);
    m.generate_for(label, std::min(group_rows, rows - first), [&](hw::IntExpr i) {
      const auto r = i + first;
      const auto stored = m.let("stored", hw::part(element_5q, r * data_bits, data_bits));
      const auto element = m.let("element", hw::mux(hw::bit_of(inside_5q, r), stored, pad));
      const auto sign = m.let("sign", hw::bit_of(element, data_bits - 1) ^ ~is_signed);
      auto operand_q = m.reg("operand_q", hw::uint(act_bits));
      m.clocked(p.ck, [&] {
        m.next(operand_q,
               hw::mux(hw::bit_of(used_5q, r), hw::concat({sign, hw::slice(element, data_bits - 2, 0)}), 0));
      });
      m.drive(hw::part(p.act, r * act_bits, act_bits), operand_q);
    });
  }
  return p;
}

}  // namespace offramp::blocks

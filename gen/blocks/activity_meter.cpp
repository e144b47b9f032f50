#include "blocks/activity_meter.h"

#include <fmt/format.h>

#include <bit>

#include "blocks/pipeline.h"

namespace offramp::blocks {
namespace {

int levels(int elements) {
  return std::bit_width(static_cast<unsigned>(elements - 1));
}

}  // namespace

std::string ActivityMeter::name() const {
  return fmt::format("activity_meter_{}x{}b{}l{}s{}", lanes, columns, data_bits, layer_bits, sum_bits);
}

int ActivityMeter::latency() const {
  return 1 + levels(lanes * columns) + 1;  // magnitudes, tree, total
}

ActivityMeter::Ports ActivityMeter::build(hw::ModuleBuilder& m) const {
  m.doc(fmt::format("Sum of the magnitudes of a map, up to {} elements a cycle.", lanes * columns));
  Ports p{.ck = m.clocking(),
          .flush = m.input("flush_i", hw::bit(), "forget what was added"),
          .write = m.input("write_i", hw::bit(), "elements on their way to memory"),
          .last = m.input("last_i", hw::bit(), "with write_i: the map's last"),
          .is_signed = m.input("signed_i", hw::bit(), "elements are signed"),
          .lane_mask = m.input("lane_mask_i", hw::uint(lanes)),
          .column_mask = m.input("column_mask_i", hw::uint(columns)),
          .data = m.input("data_i", hw::uint(lanes * columns * data_bits), "lane-major"),
          .layer = m.input("layer_i", hw::uint(layer_bits), "that writes the map"),
          .valid = m.output("valid_o", hw::bit(), "a map is complete"),
          .sum = m.output("sum_o", hw::uint(sum_bits), "with valid_o"),
          .of_layer = m.output("layer_o", hw::uint(layer_bits), "with valid_o")};

  m.section("Magnitudes");
  std::vector<hw::Reg> terms;
  const auto sign_matters = p.is_signed;
  for (int l = 0; l < lanes; ++l) {
    for (int c = 0; c < columns; ++c) {
      const int i = l * columns + c;
      const auto element = m.let(fmt::format("element_{}", i), hw::part(p.data, i * data_bits, data_bits));
      const auto negative = sign_matters & hw::bit_of(element, data_bits - 1);
      const auto size = hw::mux(negative, hw::add_wrap(~element, 1), element);
      const auto there = m.let(fmt::format("there_{}", i),
                               p.write & hw::bit_of(p.lane_mask, l) & hw::bit_of(p.column_mask, c));
      const auto reg = m.reg(fmt::format("size_{}q", i), hw::uint(data_bits));
      m.clocked(p.ck, [&] { m.next(reg, size & hw::replicate(there, data_bits)); });
      terms.push_back(reg);
    }
  }

  m.section("Their sum, a level of the tree a cycle");
  int bits = data_bits;
  for (int level = 0; terms.size() > 1; ++level, ++bits) {
    std::vector<hw::Reg> sums;
    for (std::size_t i = 0; i < terms.size(); i += 2) {
      const auto reg = m.reg(fmt::format("sum_{}_{}q", level, i / 2), hw::uint(bits + 1));
      const hw::Value sum = i + 1 < terms.size() ? terms[i] + terms[i + 1] : hw::extend(terms[i], bits + 1);
      m.clocked(p.ck, [&] { m.next(reg, sum); });
      sums.push_back(reg);
    }
    terms = std::move(sums);
  }

  m.section("The map's total");
  const int beside = latency() - 1;
  const auto write_t = delayed_valid(m, p.ck, "write_t", p.write, p.flush, beside);
  const auto last_t = delayed_valid(m, p.ck, "last_t", p.write & p.last, p.flush, beside);
  const auto layer_t = delayed(m, p.ck, "layer_t", p.layer, beside);
  auto total_q = m.reg("total_q", hw::uint(sum_bits), {.reset = 0});
  auto done_q = m.reg("done_q", hw::bit(), {.reset = 0});
  auto layer_q = m.reg("layer_q", hw::uint(layer_bits));
  m.clocked(p.ck, [&] {
    m.next(done_q, last_t & ~p.flush);
    m.next(layer_q, layer_t);
    m.comment("After a map's last element the next one begins from nothing.");
    m.when(p.flush, [&] { m.next(total_q, 0); })
        .elsewhen(write_t,
                  [&] {
                    const auto term = hw::extend(terms.front(), sum_bits);
                    m.next(total_q, hw::mux(done_q, term, hw::add_wrap(total_q, term)));
                  })
        .elsewhen(done_q, [&] { m.next(total_q, 0); });
  });
  m.drive(p.valid, done_q);
  m.drive(p.sum, total_q);
  m.drive(p.of_layer, layer_q);
  return p;
}

}  // namespace offramp::blocks

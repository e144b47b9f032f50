#include "blocks/control_registers.h"

#include <fmt/format.h>

#include <algorithm>

#include "blocks/copies.h"

namespace offramp::blocks {
namespace {

constexpr int kWord = 32;
constexpr int kOkay = 0;
constexpr int kSlaveError = 2;

int reg_bits(const hw::Reg& reg) {
  return static_cast<int>(hw::evaluate(reg.width()));
}

hw::Value to_word(const hw::Value& v, int bits) {
  return bits == kWord ? v : hw::extend(v, kWord);
}

}  // namespace

ControlRegisters::Ports ControlRegisters::build(hw::ModuleBuilder& m) const {
  m.doc("AXI4-Lite slave: ap_ctrl block, thresholds, counters.");
  const hw::Type address_t = hw::uint(address_bits);
  const hw::Type word_t = hw::uint(kWord);
  const hw::Type resp_t = hw::uint(2);
  const hw::Type index_t = hw::uint(address_bits - 2);
  Ports p;
  p.ck = m.clocking();
  p.awaddr = m.input("s_axi_awaddr_i", address_t);
  p.awvalid = m.input("s_axi_awvalid_i", hw::bit());
  p.awready = m.output("s_axi_awready_o", hw::bit());
  p.wdata = m.input("s_axi_wdata_i", word_t);
  p.wstrb = m.input("s_axi_wstrb_i", hw::uint(4));
  p.wvalid = m.input("s_axi_wvalid_i", hw::bit());
  p.wready = m.output("s_axi_wready_o", hw::bit());
  p.bresp = m.output("s_axi_bresp_o", resp_t);
  p.bvalid = m.output("s_axi_bvalid_o", hw::bit());
  p.bready = m.input("s_axi_bready_i", hw::bit());
  p.araddr = m.input("s_axi_araddr_i", address_t);
  p.arvalid = m.input("s_axi_arvalid_i", hw::bit());
  p.arready = m.output("s_axi_arready_o", hw::bit());
  p.rdata = m.output("s_axi_rdata_o", word_t);
  p.rresp = m.output("s_axi_rresp_o", resp_t);
  p.rvalid = m.output("s_axi_rvalid_o", hw::bit());
  p.rready = m.input("s_axi_rready_i", hw::bit());
  p.idle = m.input("idle_i", hw::bit());
  p.event_result = m.input("event_result_i", hw::bit());
  p.event_sample = m.input("event_sample_i", hw::bit());
  p.enable = m.output("enable_o", hw::bit(), "ap_start");
  p.interrupt = m.output("interrupt_o", hw::bit());
  constexpr std::size_t kControlBlock = 4;
  const std::vector<RegisterSpec> user(map.begin() + kControlBlock, map.end());
  for (const RegisterSpec& r : user) {
    if (r.writable) {
      p.value[r.name] = m.output(r.name + "_o", hw::uint(r.bits), r.doc);
      if (r.announced) p.written[r.name] = m.output(r.name + "_written_o", hw::bit(), "it was written");
    }
    if ((!r.writable && !r.constant) || r.live) {
      p.shown[r.name] = m.input(r.name + "_i", hw::uint(r.bits), r.doc);
    }
  }

  m.section("Writes: address and data are taken together, and written in the cycle after");
  auto bvalid_q = m.reg("bvalid_q", hw::bit(), {.reset = 0});
  auto bresp_q = m.reg("bresp_q", resp_t);
  m.comment("Nothing is taken while in reset, which may last longer here than at the ports.");
  const auto write = m.let("write", p.awvalid & p.wvalid & ~bvalid_q & p.ck.rst_n);
  const auto write_index = m.let("write_index", hw::slice(p.awaddr, address_bits - 1, 2));
  auto wdata_q = m.reg("wdata_q", word_t);
  auto wstrb_q = m.reg("wstrb_q", hw::uint(4));
  m.clocked(p.ck, [&] {
    m.next(wdata_q, p.wdata);
    m.next(wstrb_q, p.wstrb);
  });
  auto index_of = [&](std::uint32_t offset) { return m.literal(index_t, static_cast<int>(offset / 4)); };
  hw::Value known_write = m.literal(hw::bit(), 0);
  auto selected = [&](const RegisterSpec& r, int word) {
    const std::string suffix = r.bits > kWord ? (word == 0 ? "_low" : "_high") : "";
    const auto hit =
        m.let("hit_" + r.name + suffix, write_index == index_of(r.offset + 4U * static_cast<unsigned>(word)));
    known_write = known_write | hit;
    auto write_q = m.reg("write_" + r.name + suffix + "_q", hw::bit(), {.reset = 0});
    m.clocked(p.ck, [&] { m.next(write_q, write & hit); });
    return static_cast<hw::Value>(write_q);
  };
  // Bytes of `n` bits of a register, from its bit `low` on, where the strobes say so.
  auto write_bytes = [&](const hw::Reg& reg, int low, int n, const hw::Value& enable) {
    for (int byte = 0; 8 * byte < n; ++byte) {
      const int bits = std::min(8, n - 8 * byte);
      m.when(enable & hw::bit_of(wstrb_q, byte), [&] {
        if (reg_bits(reg) == 1) {
          m.next(reg, hw::bit_of(wdata_q, 0));
        } else {
          m.next(hw::part(reg, low + 8 * byte, bits), hw::part(wdata_q, 8 * byte, bits));
        }
      });
    }
  };

  m.unused(wdata_q);  // not every map writes every bit
  m.unused(wstrb_q);
  const auto write_control = selected(map[0], 0);
  const auto write_global = selected(map[1], 0);
  const auto write_enable = selected(map[2], 0);
  const auto write_status = selected(map[3], 0);
  auto start_q = m.reg("ap_start_q", hw::bit(), {.reset = 1});
  auto restart_q = m.reg("auto_restart_q", hw::bit(), {.reset = 1});
  auto global_q = m.reg("global_interrupt_enable_q", hw::bit(), {.reset = 0});
  auto interrupt_enable_q = m.reg("interrupt_enable_q", hw::uint(2), {.reset = 0});
  auto interrupt_status_q = m.reg("interrupt_status_q", hw::uint(2), {.reset = 0});
  const auto events = m.let("events", hw::concat({p.event_sample, p.event_result}) & interrupt_enable_q);
  const auto toggles =
      m.let("toggles", hw::slice(wdata_q, 1, 0) & hw::replicate(write_status & hw::bit_of(wstrb_q, 0), 2));
  m.clocked(p.ck, [&] {
    m.when(write_control & hw::bit_of(wstrb_q, 0), [&] {
      m.next(start_q, hw::bit_of(wdata_q, 0));
      m.next(restart_q, hw::bit_of(wdata_q, 7));
    });
    write_bytes(global_q, 0, 1, write_global);
    write_bytes(interrupt_enable_q, 0, 2, write_enable);
    m.next(interrupt_status_q, (interrupt_status_q ^ toggles) | events);
  });
  m.drive(p.enable, start_q);
  m.drive(p.interrupt, global_q & hw::any(interrupt_status_q));

  m.section("Reads: the register is found in one cycle and given in the next");
  auto rvalid_q = m.reg("rvalid_q", hw::bit(), {.reset = 0});
  auto read_q = m.reg("read_q", hw::bit(), {.reset = 0});
  const auto read = m.let("read", p.arvalid & ~rvalid_q & ~read_q & p.ck.rst_n);
  const auto read_index = m.let("read_index", hw::slice(p.araddr, address_bits - 1, 2));
  hw::Value known_read = m.literal(hw::bit(), 0);
  hw::Value read_word = m.literal(word_t, 0);
  auto show = [&](const std::string& name, std::uint32_t offset, const hw::Value& word) {
    const auto hit = m.let("reads_" + name, read_index == index_of(offset));
    known_read = known_read | hit;
    auto hit_q = m.reg("read_" + name + "_q", hw::bit());
    m.clocked(p.ck, [&] { m.next(hit_q, hit); });
    read_word = m.let("with_" + name, read_word | (word & hw::replicate(hit_q, kWord)));
    return static_cast<hw::Value>(hit_q);
  };
  (void)show(
      map[0].name, map[0].offset,
      to_word(hw::concat({restart_q, m.literal(hw::uint(4), 0), p.idle, m.literal(hw::bit(), 0), start_q}),
              8));
  (void)show(map[1].name, map[1].offset, to_word(global_q, 1));
  (void)show(map[2].name, map[2].offset, to_word(interrupt_enable_q, 2));
  (void)show(map[3].name, map[3].offset, to_word(interrupt_status_q, 2));

  m.section("What is written and shown");
  // The registers leave reset a cycle after the rest, in which nothing is written.
  ResetShare resets(m, p.ck);
  for (const RegisterSpec& r : user) {
    if (r.constant) {
      (void)show(r.name, r.offset, m.literal(word_t, static_cast<std::int64_t>(r.reset)));
      continue;
    }
    const int low_bits = std::min(r.bits, kWord);
    const int high_bits = r.bits - low_bits;
    if (r.writable) {
      const hw::Clocking ck = resets.take(r.bits);
      auto reg = m.reg(r.name + "_q", hw::uint(r.bits), {.reset = static_cast<std::int64_t>(r.reset)});
      const auto low = high_bits == 0 ? static_cast<hw::Value>(reg) : hw::slice(reg, kWord - 1, 0);
      const auto write_low = selected(r, 0);
      (void)show(r.name, r.offset, to_word(r.live ? static_cast<hw::Value>(p.shown[r.name]) : low, low_bits));
      const auto write_high = high_bits > 0 ? selected(r, 1) : hw::Value{};
      m.clocked(ck, [&] {
        write_bytes(reg, 0, low_bits, write_low);
        if (high_bits > 0) write_bytes(reg, kWord, high_bits, write_high);
      });
      if (high_bits > 0) {
        (void)show(r.name + "_high", r.offset + 4, to_word(hw::slice(reg, r.bits - 1, kWord), high_bits));
      }
      m.drive(p.value[r.name], reg);
      if (r.announced) {
        auto written_q = m.reg(r.name + "_written_q", hw::bit(), {.reset = 0});
        m.clocked(p.ck, [&] { m.next(written_q, write_low); });
        m.drive(p.written[r.name], written_q);
      }
    } else {
      const auto& shown = p.shown[r.name];
      const auto low_read = show(
          r.name, r.offset,
          to_word(high_bits == 0 ? static_cast<hw::Value>(shown) : hw::slice(shown, kWord - 1, 0), low_bits));
      if (high_bits > 0) {
        auto held_q = m.reg(r.name + "_high_q", hw::uint(high_bits));
        m.clocked(p.ck, [&] {
          m.when(read_q & low_read, [&] { m.next(held_q, hw::slice(shown, r.bits - 1, kWord)); });
        });
        (void)show(r.name + "_high", r.offset + 4, to_word(held_q, high_bits));
      }
    }
  }
  m.section("Answers");
  const auto written_to = m.let("known_write", known_write);
  const auto read_from = m.let("known_read", known_read);
  m.clocked(p.ck, [&] {
    m.when(write, [&] { m.next(bvalid_q, 1); }).elsewhen(p.bready, [&] { m.next(bvalid_q, 0); });
  });
  m.clocked(p.ck, [&] {
    m.when(write, [&] {
      m.next(bresp_q, hw::mux(written_to, m.literal(resp_t, kOkay), m.literal(resp_t, kSlaveError)));
    });
  });
  m.drive(p.awready, write);
  m.drive(p.wready, write);
  m.drive(p.bvalid, bvalid_q);
  m.drive(p.bresp, bresp_q);
  auto rdata_q = m.reg("rdata_q", word_t);
  auto rresp_q = m.reg("rresp_q", resp_t);
  m.clocked(p.ck, [&] {
    m.next(read_q, read);
    m.when(read_q, [&] { m.next(rvalid_q, 1); }).elsewhen(p.rready, [&] { m.next(rvalid_q, 0); });
  });
  m.clocked(p.ck, [&] {
    m.when(read, [&] {
      m.next(rresp_q, hw::mux(read_from, m.literal(resp_t, kOkay), m.literal(resp_t, kSlaveError)));
    });
    m.when(read_q, [&] { m.next(rdata_q, read_word); });
  });
  m.drive(p.arready, read);
  m.drive(p.rvalid, rvalid_q);
  m.drive(p.rdata, rdata_q);
  m.drive(p.rresp, rresp_q);
  m.unused(hw::slice(p.awaddr, 1, 0));
  m.unused(hw::slice(p.araddr, 1, 0));
  return p;
}

}  // namespace offramp::blocks

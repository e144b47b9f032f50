#include "blocks/control_registers.h"

#include <fmt/format.h>

#include <algorithm>

namespace offramp::blocks {
namespace {

constexpr int kWord = 32;
constexpr int kOkay = 0;
constexpr int kSlaveError = 2;

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

  m.section("Writes: address and data are taken together");
  auto bvalid_q = m.reg("bvalid_q", hw::bit(), {.reset = 0});
  auto bresp_q = m.reg("bresp_q", resp_t);
  const auto write = m.let("write", p.awvalid & p.wvalid & ~bvalid_q);
  const auto write_index = m.let("write_index", hw::slice(p.awaddr, address_bits - 1, 2));
  const auto strobes =
      m.let("strobes",
            hw::concat({hw::replicate(hw::bit_of(p.wstrb, 3), 8), hw::replicate(hw::bit_of(p.wstrb, 2), 8),
                        hw::replicate(hw::bit_of(p.wstrb, 1), 8), hw::replicate(hw::bit_of(p.wstrb, 0), 8)}));
  auto index_of = [&](std::uint32_t offset) { return m.literal(index_t, static_cast<int>(offset / 4)); };
  hw::Value known_write = m.literal(hw::bit(), 0);
  auto selected = [&](const RegisterSpec& r, int word) {
    const std::string suffix = r.bits > kWord ? (word == 0 ? "_low" : "_high") : "";
    const auto hit = m.let("write_" + r.name + suffix,
                           write & (write_index == index_of(r.offset + 4U * static_cast<unsigned>(word))));
    known_write = known_write | hit;
    return hit;
  };
  // Bits [lsb, lsb + n) of the bus, merged into what the register holds.
  auto merged = [&](const hw::Value& held, int n) {
    const auto mask = hw::slice(strobes, n - 1, 0);
    return (hw::slice(p.wdata, n - 1, 0) & mask) | (held & ~mask);
  };

  m.unused(strobes);  // not every map writes every bit
  m.unused(p.wdata);
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
      m.let("toggles", hw::slice(p.wdata, 1, 0) & hw::slice(strobes, 1, 0) & hw::replicate(write_status, 2));
  m.clocked(p.ck, [&] {
    m.when(write_control & hw::bit_of(p.wstrb, 0), [&] {
      m.next(start_q, hw::bit_of(p.wdata, 0));
      m.next(restart_q, hw::bit_of(p.wdata, 7));
    });
    m.when(write_global & hw::bit_of(p.wstrb, 0), [&] { m.next(global_q, hw::bit_of(p.wdata, 0)); });
    m.when(write_enable, [&] { m.next(interrupt_enable_q, merged(interrupt_enable_q, 2)); });
    m.next(interrupt_status_q, (interrupt_status_q ^ toggles) | events);
  });
  m.drive(p.enable, start_q);
  m.drive(p.interrupt, global_q & hw::any(interrupt_status_q));

  hw::Value read_index = m.let("read_index", hw::slice(p.araddr, address_bits - 1, 2));
  struct Shown {
    std::uint32_t offset;
    hw::Value word;
  };
  std::vector<Shown> words = {
      {map[0].offset,
       to_word(hw::concat({restart_q, m.literal(hw::uint(4), 0), p.idle, m.literal(hw::bit(), 0), start_q}),
               8)},
      {map[1].offset, to_word(global_q, 1)},
      {map[2].offset, to_word(interrupt_enable_q, 2)},
      {map[3].offset, to_word(interrupt_status_q, 2)}};

  auto rvalid_q = m.reg("rvalid_q", hw::bit(), {.reset = 0});
  const auto read = m.let("read", p.arvalid & ~rvalid_q);
  for (const RegisterSpec& r : user) {
    if (r.constant) {
      words.push_back({r.offset, m.literal(word_t, static_cast<std::int64_t>(r.reset))});
      continue;
    }
    const int low_bits = std::min(r.bits, kWord);
    const int high_bits = r.bits - low_bits;
    if (r.writable) {
      auto reg = m.reg(r.name + "_q", hw::uint(r.bits), {.reset = static_cast<std::int64_t>(r.reset)});
      const auto low = high_bits == 0 ? static_cast<hw::Value>(reg) : hw::slice(reg, kWord - 1, 0);
      const auto write_low = selected(r, 0);
      words.push_back({r.offset, to_word(r.live ? static_cast<hw::Value>(p.shown[r.name]) : low, low_bits)});
      if (high_bits == 0) {
        m.clocked(p.ck, [&] { m.when(write_low, [&] { m.next(reg, merged(reg, low_bits)); }); });
      } else {
        const auto high = hw::slice(reg, r.bits - 1, kWord);
        const auto write_high = selected(r, 1);
        m.clocked(p.ck, [&] {
          m.when(write_low, [&] {
             m.next(reg, hw::concat({high, merged(low, kWord)}));
           }).elsewhen(write_high, [&] {
            m.next(reg, hw::concat({merged(high, high_bits), low}));
          });
        });
        words.push_back({r.offset + 4, to_word(high, high_bits)});
      }
      m.drive(p.value[r.name], reg);
      if (r.announced) {
        auto written_q = m.reg(r.name + "_written_q", hw::bit(), {.reset = 0});
        m.clocked(p.ck, [&] { m.next(written_q, write_low); });
        m.drive(p.written[r.name], written_q);
      }
    } else {
      const auto& shown = p.shown[r.name];
      words.push_back(
          {r.offset, to_word(high_bits == 0 ? static_cast<hw::Value>(shown) : hw::slice(shown, kWord - 1, 0),
                             low_bits)});
      if (high_bits > 0) {
        auto held_q = m.reg(r.name + "_high_q", hw::uint(high_bits), {.reset = 0});
        m.clocked(p.ck, [&] {
          m.when(read & (read_index == index_of(r.offset)),
                 [&] { m.next(held_q, hw::slice(shown, r.bits - 1, kWord)); });
        });
        words.push_back({r.offset + 4, to_word(held_q, high_bits)});
      }
    }
  }
  const auto known = m.let("known_write", known_write);
  m.clocked(p.ck, [&] {
    m.when(write, [&] { m.next(bvalid_q, 1); }).elsewhen(p.bready, [&] { m.next(bvalid_q, 0); });
  });
  m.clocked(p.ck, [&] {
    m.when(write, [&] {
      m.next(bresp_q, hw::mux(known, m.literal(resp_t, kOkay), m.literal(resp_t, kSlaveError)));
    });
  });
  m.drive(p.awready, write);
  m.drive(p.wready, write);
  m.drive(p.bvalid, bvalid_q);
  m.drive(p.bresp, bresp_q);

  m.section("Reads");
  auto rdata_q = m.reg("rdata_q", word_t);
  auto rresp_q = m.reg("rresp_q", resp_t);
  m.clocked(p.ck, [&] {
    m.when(read, [&] { m.next(rvalid_q, 1); }).elsewhen(p.rready, [&] { m.next(rvalid_q, 0); });
  });
  m.clocked(p.ck, [&] {
    m.when(read, [&] {
      std::vector<hw::SwitchCase> cases;
      for (const Shown& w : words) {
        cases.push_back({static_cast<int>(w.offset / 4), [&m, &w, &rdata_q, &rresp_q, resp_t] {
                           m.next(rdata_q, w.word);
                           m.next(rresp_q, m.literal(resp_t, kOkay));
                         }});
      }
      m.switch_(read_index, cases, [&] {
        m.next(rdata_q, 0);
        m.next(rresp_q, m.literal(resp_t, kSlaveError));
      });
    });
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

#include "blocks/axi_read_master.h"

#include <fmt/format.h>

#include <bit>
#include <stdexcept>

namespace offramp::blocks {
namespace {

constexpr int kPage = 4096;  // bytes; an AXI burst may not cross a multiple of it

int log2(int power) {
  return std::bit_width(static_cast<unsigned>(power)) - 1;
}

bool power_between(int value, int low, int high) {
  return value >= low && value <= high && std::has_single_bit(static_cast<unsigned>(value));
}

void check(const AxiReadMaster& options) {
  const auto refuse = [](const std::string& what) {
    throw std::invalid_argument("an AXI read master needs " + what);
  };
  if (!power_between(options.data_bits, 32, 1024)) {
    refuse(fmt::format("beats of a power of two from 32 to 1024 bits, not {}", options.data_bits));
  }
  if (!power_between(options.burst_beats, 1, 256) || options.burst_beats * (options.data_bits / 8) > kPage) {
    refuse(fmt::format("bursts of a power of two of at most 256 beats and {} bytes, not {} beats of {} bits",
                       kPage, options.burst_beats, options.data_bits));
  }
  if (!power_between(options.outstanding, 1, 1024)) {
    refuse(fmt::format("a power of two from 1 to 1024 of bursts in flight, not {}", options.outstanding));
  }
  if (options.beats_bits <= log2(options.burst_beats)) {
    refuse(fmt::format("more than {} bits to count beats in bursts of {}", options.beats_bits,
                       options.burst_beats));
  }
  if (options.address_bits < log2(kPage)) {
    refuse(fmt::format("addresses of at least {} bits, not {}", log2(kPage), options.address_bits));
  }
}

}  // namespace

std::string AxiReadMaster::name() const {
  return fmt::format("axi_read_master_a{}d{}b{}o{}n{}", address_bits, data_bits, burst_beats, outstanding,
                     beats_bits);
}

AxiReadMaster::Ports AxiReadMaster::build(hw::ModuleBuilder& m) const {
  check(*this);
  m.doc(fmt::format(
      "Reads runs of beats of {} bits over AXI4: bursts of up to {} beats, {} in flight. Combinational: "
      "nothing.",
      data_bits, burst_beats, outstanding));
  const int size = log2(data_bits / 8);
  const int burst_bits = log2(burst_beats);
  const hw::Type address_t = hw::uint(address_bits - size);  // in beats
  const hw::Type beats_t = hw::uint(beats_bits);
  const hw::Type length_t = hw::uint(burst_bits + 1);
  const hw::Type bursts_t = hw::uint(log2(outstanding) + 1);
  const hw::Type promised_t = hw::uint(log2(outstanding) + burst_bits + 1);

  Ports p;
  p.ck = m.clocking();
  p.start = m.input("start_i", hw::bit(), "begin a run; one under way is given up, as by flush_i");
  p.first_address = m.input("first_address_i", hw::uint(address_bits), "its first byte, at start of a beat");
  p.beats = m.input("beats_i", beats_t, "its length, at least 1");
  p.flush = m.input("flush_i", hw::bit(), "give the run up: beat_o stays low from the next cycle on");
  p.room = m.input("room_i", beats_t, "beats the consumer can take, those on their way not subtracted");
  p.idle = m.output("idle_o", hw::bit(), "no run, and nothing in flight");
  p.beat = m.output("beat_o", hw::bit(), "data_o is the next beat of the run");
  p.data = m.output("data_o", hw::uint(data_bits), "while beat_o");
  p.last = m.output("last_o", hw::bit(), "with beat_o: the run's last");
  p.error = m.output("error_o", hw::bit(), "with beat_o: the memory answered other than OKAY");
  p.response = m.output("response_o", hw::uint(2), "with beat_o: what it answered");
  p.araddr = m.output("m_axi_araddr", hw::uint(address_bits), "AXI4 read address channel");
  p.arlen = m.output("m_axi_arlen", hw::uint(8), "beats less one");
  p.arsize = m.output("m_axi_arsize", hw::uint(3), "whole beats");
  p.arburst = m.output("m_axi_arburst", hw::uint(2), "INCR");
  p.arcache = m.output("m_axi_arcache", hw::uint(4), "normal, not cached, bufferable");
  p.arprot = m.output("m_axi_arprot", hw::uint(3), "unprivileged, secure, data");
  p.arvalid = m.output("m_axi_arvalid", hw::bit(), "stays until m_axi_arready, whatever is flushed");
  p.arready = m.input("m_axi_arready", hw::bit(), "the address is taken");
  p.rdata = m.input("m_axi_rdata", hw::uint(data_bits), "AXI4 read data channel");
  p.rresp = m.input("m_axi_rresp", hw::uint(2), "0 is OKAY");
  p.rlast = m.input("m_axi_rlast", hw::bit(), "last beat of a burst");
  p.rvalid = m.input("m_axi_rvalid", hw::bit(), "a beat");
  p.rready = m.output("m_axi_rready", hw::bit(), "constant: what was asked for has room");

  auto address_q = m.reg("address_q", address_t);
  auto left_q = m.reg("left_q", beats_t, {.reset = 0});
  auto due_q = m.reg("due_q", beats_t, {.reset = 0});
  auto promised_q = m.reg("promised_q", promised_t, {.reset = 0});
  auto in_flight_q = m.reg("in_flight_q", bursts_t, {.reset = 0});
  auto stale_q = m.reg("stale_q", bursts_t, {.reset = 0});
  auto arvalid_q = m.reg("arvalid_q", hw::bit(), {.reset = 0});
  auto araddr_q = m.reg("araddr_q", address_t);
  auto arlen_q = m.reg("arlen_q", hw::uint(8));
  auto beat_q = m.reg("beat_q", hw::bit(), {.reset = 0});
  auto data_q = m.reg("data_q", hw::uint(data_bits));
  auto last_q = m.reg("last_q", hw::bit());
  auto response_q = m.reg("response_q", hw::uint(2));

  m.section("Addresses: the next burst ends at a multiple of its size, or with the run");
  const auto drop = m.let("drop", p.start | p.flush);
  const auto whole = m.literal(length_t, burst_beats);
  const auto to_boundary =
      burst_beats == 1
          ? whole
          : m.let("to_boundary",
                  hw::sub_wrap(whole, hw::extend(hw::slice(address_q, burst_bits - 1, 0), burst_bits + 1)));
  const auto length =
      m.let("length", hw::mux(left_q <= to_boundary, hw::truncate(left_q, burst_bits + 1), to_boundary));
  const auto has_room = m.let("has_room", promised_q + length <= p.room);
  const auto raise = m.let(
      "raise", (left_q != 0) & (in_flight_q != outstanding) & has_room & ~drop & (~arvalid_q | p.arready));
  m.clocked(p.ck, [&] {
    m.when(drop, [&] { m.next(left_q, hw::mux(p.start, p.beats, 0)); }).elsewhen(raise, [&] {
      m.next(left_q, hw::sub_wrap(left_q, length));
    });
    m.when(raise, [&] { m.next(arvalid_q, 1); }).elsewhen(p.arready, [&] { m.next(arvalid_q, 0); });
  });
  m.clocked(p.ck, [&] {
    m.when(p.start, [&] {
       m.next(address_q, hw::slice(p.first_address, address_bits - 1, size));
     }).elsewhen(raise, [&] { m.next(address_q, hw::add_wrap(address_q, length)); });
    m.when(raise, [&] {
      m.next(araddr_q, address_q);
      const auto less_one = hw::sub_wrap(length, 1);
      m.next(arlen_q, burst_bits + 1 < 8   ? hw::extend(less_one, 8)
                      : burst_bits + 1 > 8 ? hw::truncate(less_one, 8)
                                           : less_one);
    });
  });
  m.unused(hw::slice(p.first_address, size - 1, 0));

  m.section("Bursts in flight; the first stale_q of them are of runs that were given up");
  const auto burst_end = m.let("burst_end", p.rvalid & p.rlast);
  const auto in_flight_d =
      m.let("in_flight_d", hw::mux(raise & ~burst_end, hw::add_wrap(in_flight_q, 1),
                                   hw::mux(burst_end & ~raise, hw::sub_wrap(in_flight_q, 1), in_flight_q)));
  const auto stale = m.let("stale", stale_q != 0);
  m.clocked(p.ck, [&] {
    m.next(in_flight_q, in_flight_d);
    m.when(drop, [&] { m.next(stale_q, in_flight_d); }).elsewhen(burst_end & stale, [&] {
      m.next(stale_q, hw::sub_wrap(stale_q, 1));
    });
  });

  m.section("Beats: due_q are still to come, promised_q are asked for and not handed on");
  const auto beat = m.let("beat", p.rvalid & ~stale & ~drop);
  const auto asked = m.let("asked", hw::mux(raise, length, 0));
  m.clocked(p.ck, [&] {
    m.next(beat_q, beat);
    m.when(drop, [&] {
       m.next(due_q, hw::mux(p.start, p.beats, 0));
       m.next(promised_q, 0);
     }).otherwise([&] {
      m.when(beat, [&] { m.next(due_q, hw::sub_wrap(due_q, 1)); });
      m.next(promised_q, hw::sub_wrap(hw::add_wrap(promised_q, asked), beat_q));
    });
  });
  m.clocked(p.ck, [&] {
    m.when(beat, [&] {
      m.next(data_q, p.rdata);
      m.next(last_q, due_q == 1);
      m.next(response_q, p.rresp);
    });
  });

  m.drive(p.idle, (due_q == 0) & (in_flight_q == 0) & ~beat_q);
  m.drive(p.beat, beat_q);
  m.drive(p.data, data_q);
  m.drive(p.last, last_q);
  m.drive(p.error, response_q != 0);
  m.drive(p.response, response_q);
  m.drive(p.araddr, hw::shift_left(araddr_q, size));
  m.drive(p.arlen, arlen_q);
  m.drive(p.arsize, size);
  m.drive(p.arburst, 1);
  m.drive(p.arcache, 3);
  m.drive(p.arprot, 0);
  m.drive(p.arvalid, arvalid_q);
  m.drive(p.rready, 1);
  return p;
}

}  // namespace offramp::blocks

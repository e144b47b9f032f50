#include "verif/axi_dma.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "verif/random.h"

namespace offramp::verif {
namespace {

// Registers of a channel, from its first one on.
enum Register : std::uint32_t {
  kControl = 0x00,
  kStatus = 0x04,
  kCurrent = 0x08,
  kCurrentHigh = 0x0C,
  kTail = 0x10,
  kTailHigh = 0x14,
  kChannelBytes = 0x30,
};
// Of DMACR.
constexpr std::uint32_t kRun = 1U << 0, kReadsOne = 1U << 1, kReset = 1U << 2;
constexpr std::uint32_t kWritable = 0xFFFF701D;
constexpr int kThresholdShift = 16, kDelayShift = 24;
constexpr std::uint32_t kControlReset = 1U << kThresholdShift | kReadsOne;
// Of DMASR.
constexpr std::uint32_t kHalted = 1U << 0, kIdle = 1U << 1, kScatterGather = 1U << 3;
constexpr std::uint32_t kInternalError = 1U << 4, kSlaveError = 1U << 5, kDecodeError = 1U << 6;
constexpr std::uint32_t kDescriptorInternal = 1U << 8, kDescriptorSlave = 1U << 9,
                        kDescriptorDecode = 1U << 10;
constexpr std::uint32_t kCompleteIrq = 1U << 12, kDelayIrq = 1U << 13, kErrorIrq = 1U << 14;
constexpr std::uint32_t kIrqs = kCompleteIrq | kDelayIrq | kErrorIrq;
// Of descriptors.
constexpr std::uint64_t kDescriptorBytes = 64;
constexpr std::uint64_t kNext = 0x00, kBuffer = 0x08, kDescriptorControl = 0x18, kDescriptorStatus = 0x1C;
constexpr std::uint32_t kLength = 0x3FFFFFF, kLast = 1U << 26, kFirst = 1U << 27, kComplete = 1U << 31;
constexpr int kDescriptorErrorShift = 24;  // from DMASR's bits 4 to 6 to 28 to 30

constexpr std::uint32_t kDelayUnit = 125;  // cycles

}  // namespace

AxiDma::AxiDma(const VerilatedModel& model, ViolationLog& log, HostMemory& memory, Options options)
    : options_(std::move(options)),
      log_(log),
      memory_(memory),
      data_(model.port(options_.images + "_tdata")),
      valid_(model.port(options_.images + "_tvalid")),
      ready_(model.port(options_.images + "_tready")),
      last_(model.port(options_.images + "_tlast")),
      user_(model.port(options_.images + "_tuser")),
      result_data_(model.port(options_.results + "_tdata")),
      result_valid_(model.port(options_.results + "_tvalid")),
      result_ready_(model.port(options_.results + "_tready")),
      result_last_(model.port(options_.results + "_tlast")),
      beat_bytes_(static_cast<std::size_t>(data_.bits()) / 8),
      result_bytes_(static_cast<std::size_t>(result_data_.bits()) / 8),
      stalls_(options_.stalls, mix_seed(options_.seed, 1)),
      result_stalls_(options_.stalls, mix_seed(options_.seed, 2)) {
  reset();
  valid_.set(0);
  user_.set(0);
  result_ready_.set(0);
}

void AxiDma::reset() {
  for (Channel& c : channels_) {
    c = Channel{};
    c.control = kControlReset;
    c.status = 1U << kThresholdShift | kScatterGather | kHalted;
  }
  offering_ = false;
}

bool AxiDma::read(std::uint32_t offset, std::uint32_t& value) const {
  if (offset >= 2 * kChannelBytes) return false;
  const Channel& c = channels_[offset / kChannelBytes];
  switch (offset % kChannelBytes) {
    case kControl:
      value = c.control | (resetting_ > 0 ? kReset : 0);
      return true;
    case kStatus:
      value = c.status;
      return true;
    case kCurrent:
      value = static_cast<std::uint32_t>(c.current);
      return true;
    case kCurrentHigh:
      value = static_cast<std::uint32_t>(c.current >> 32);
      return true;
    case kTail:
      value = static_cast<std::uint32_t>(c.tail);
      return true;
    case kTailHigh:
      value = static_cast<std::uint32_t>(c.tail >> 32);
      return true;
    default:
      return false;
  }
}

bool AxiDma::write(std::uint32_t offset, std::uint32_t value) {
  if (offset >= 2 * kChannelBytes) return false;
  Channel& c = channels_[offset / kChannelBytes];
  const auto low = [&](std::uint64_t& address) { address = (address >> 32 << 32) | value; };
  const auto high = [&](std::uint64_t& address) {
    if (options_.wide) address = std::uint64_t{value} << 32 | static_cast<std::uint32_t>(address);
  };
  const bool halted = (c.status & kHalted) != 0;
  switch (offset % kChannelBytes) {
    case kControl:
      write_control(c, value);
      return true;
    case kStatus:
      c.status &= ~(value & kIrqs);
      return true;
    case kCurrent:
      if (halted) low(c.current);
      return true;
    case kCurrentHigh:
      if (halted) high(c.current);
      return true;
    case kTail:
      low(c.tail);
      if (!options_.wide) begin(c);
      return true;
    case kTailHigh:
      high(c.tail);
      if (options_.wide) begin(c);
      return true;
    default:
      return false;
  }
}

void AxiDma::write_control(Channel& c, std::uint32_t value) {
  if ((value & kReset) != 0) {
    reset();
    resetting_ = options_.reset_cycles;
    return;
  }
  const bool ran = (c.control & kRun) != 0;
  c.control = (value & kWritable) | kReadsOne;
  c.until_interrupt = c.control >> kThresholdShift & 0xFF;
  c.status = (c.status & 0xFFFF) | c.until_interrupt << kThresholdShift;
  if ((c.control & kRun) == 0) {
    c.status |= kHalted;
    c.starting = 0;
  } else if (!ran) {
    c.starting = options_.start_cycles;
    c.next = c.current;
  }
}

void AxiDma::begin(Channel& c) {
  // Of a channel that is halted or works, only the tail is moved.
  if ((c.status & kHalted) != 0 || c.busy) return;
  c.busy = true;
  c.status &= ~kIdle;
  c.wait = options_.fetch_cycles;
}

AxiDma::Response AxiDma::response_of(std::uint64_t at, std::size_t count) {
  for (const Fault& f : faults_) {
    if (at < f.first + f.bytes && f.first < at + count) return f.response;
  }
  return memory_.find(at, count) != nullptr ? Response::okay : Response::decode_error;
}

std::uint32_t AxiDma::word(std::uint64_t at) {
  std::uint32_t value = 0;
  std::memcpy(&value, memory_.find(at, sizeof value), sizeof value);
  return value;
}

void AxiDma::set_word(std::uint64_t at, std::uint32_t value) {
  std::memcpy(memory_.find(at, sizeof value), &value, sizeof value);
}

void AxiDma::fail(Channel& c, std::uint32_t status_bit) {
  if (c.loaded && status_bit < kDescriptorInternal)
    set_word(c.current + kDescriptorStatus, c.done | status_bit << kDescriptorErrorShift);
  c.status |= status_bit | kErrorIrq | kHalted;
  c.control &= ~kRun;
  c.busy = c.loaded = false;
}

void AxiDma::fetch(Channel& c) {
  c.current = c.next;
  const Response response = response_of(c.current, kDescriptorBytes);
  if (response == Response::slave_error) return fail(c, kDescriptorSlave);
  if (response != Response::okay || c.current % kDescriptorBytes != 0) return fail(c, kDescriptorDecode);
  const auto address = [&](std::uint64_t at) {
    return std::uint64_t{options_.wide ? word(c.current + at + 4) : 0} << 32 | word(c.current + at);
  };
  if ((word(c.current + kDescriptorStatus) & kComplete) != 0) return fail(c, kDescriptorInternal);
  c.next = address(kNext);
  c.buffer = address(kBuffer);
  c.flags = word(c.current + kDescriptorControl);
  c.length = c.flags & kLength;
  c.done = 0;
  c.loaded = true;
  if (c.length == 0) fail(c, kInternalError);
}

void AxiDma::complete(Channel& c, std::uint32_t flags) {
  set_word(c.current + kDescriptorStatus, kComplete | flags | c.done);
  ++descriptors_;
  c.loaded = false;
  c.wait = options_.fetch_cycles;
  if (c.current == c.tail) {
    c.busy = false;
    c.status |= kIdle;
  }
  if ((flags & kLast) == 0) return;
  c.quiet = 1;
  if (--c.until_interrupt == 0) {
    c.status |= kCompleteIrq;
    c.until_interrupt = c.control >> kThresholdShift & 0xFF;
    c.quiet = 0;
  }
  c.status = (c.status & 0xFF00FFFF) | c.until_interrupt << kThresholdShift;
}

void AxiDma::count_time(Channel& c) {
  const std::uint32_t delay = c.control >> kDelayShift;
  if (c.quiet == 0 || delay == 0) return;
  if (++c.quiet <= delay * kDelayUnit) return;
  c.status |= kDelayIrq;
  c.quiet = 0;
}

bool AxiDma::interrupt() const {
  return (channels_[kImages].status & channels_[kImages].control & kIrqs) != 0 ||
         (channels_[kResults].status & channels_[kResults].control & kIrqs) != 0;
}

void AxiDma::drive() {
  if (resetting_ > 0) --resetting_;
  for (Channel& c : channels_) {
    count_time(c);
    if (c.starting > 0 && --c.starting == 0) c.status &= ~kHalted;
    if (c.busy && !c.loaded && c.wait-- <= 0) fetch(c);
  }
  Channel& images = channels_[kImages];
  if (!offering_ && images.loaded && !stalls_.stall()) {
    const std::uint64_t at = images.buffer + images.done;
    const std::size_t count = std::min<std::size_t>(beat_bytes_, images.length - images.done);
    const Response response = response_of(at, count);
    if (response != Response::okay) {
      fail(images, response == Response::slave_error ? kSlaveError : kDecodeError);
    } else {
      offering_ = true;
      data_.set_bytes(memory_.find(at, count), count);
      last_.set(images.done + count == images.length && (images.flags & kLast) != 0);
    }
  }
  valid_.set(offering_);
  const Channel& results = channels_[kResults];
  taking_ = results.loaded && !result_stalls_.stall();
  result_ready_.set(taking_);
}

void AxiDma::observe_images() {
  if (!offering_ || ready_.get() == 0) return;
  Channel& c = channels_[kImages];
  offering_ = false;
  ++beats_;
  c.done += static_cast<std::uint32_t>(std::min<std::size_t>(beat_bytes_, c.length - c.done));
  if (c.done == c.length) complete(c, c.flags & kLast);
}

void AxiDma::observe_results(std::uint64_t cycle) {
  if (!taking_ || result_valid_.get() == 0) return;
  Channel& c = channels_[kResults];
  ++beats_;
  if (c.done + result_bytes_ > c.length) return fail(c, kInternalError);
  const std::uint64_t at = c.buffer + c.done;
  const Response response = response_of(at, result_bytes_);
  if (response != Response::okay)
    return fail(c, response == Response::slave_error ? kSlaveError : kDecodeError);
  const std::uint64_t value = result_data_.get();
  std::memcpy(memory_.find(at, result_bytes_), &value, result_bytes_);
  c.done += static_cast<std::uint32_t>(result_bytes_);
  const bool last = result_last_.get() != 0;
  const std::uint32_t flags = (c.first ? kFirst : 0) | (last ? kLast : 0);
  c.first = last;
  if (!last) log_.add(cycle, options_.results + ": a result must be a packet of its own", "tlast is 0");
  if (last || c.done == c.length) complete(c, flags);
}

void AxiDma::observe(std::uint64_t cycle) {
  observe_images();
  observe_results(cycle);
}

std::string AxiDma::waiting_for() const {
  if (offering_)
    return fmt::format("{}_tready for the image at {:#x}", options_.images, channels_[kImages].buffer);
  if (channels_[kResults].busy) return fmt::format("{}_tvalid with a result", options_.results);
  return {};
}

}  // namespace offramp::verif

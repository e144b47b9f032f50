#include "verif/register_script.h"

#include <fmt/format.h>

#include <stdexcept>

namespace offramp::verif {
namespace {

constexpr std::uint32_t kFirstUserRegister = 0x10;
constexpr int kWordBits = 32;
constexpr int kOkay = 0;
constexpr int kSlaveError = 2;

std::uint64_t mask_of(int bits) {
  return bits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
}

}  // namespace

RegisterScript::RegisterScript(const accel::Accelerator& accelerator, AxiLiteMaster& master)
    : master_(master), map_(accel::register_map(accelerator)) {}

const accel::Register* RegisterScript::find(const std::string& name) const {
  for (const accel::Register& r : map_) {
    if (r.name == name) return &r;
  }
  return nullptr;
}

void RegisterScript::write(const accel::Register& r, std::uint64_t value) {
  for (int lsb = 0; lsb < r.bits; lsb += kWordBits) {
    master_.write(r.offset + static_cast<std::uint32_t>(lsb / 8), static_cast<std::uint32_t>(value >> lsb));
    expected_.push_back({.name = r.name});
  }
}

void RegisterScript::read(const accel::Register& r, std::uint64_t value) {
  for (int lsb = 0; lsb < r.bits; lsb += kWordBits) {
    master_.read(r.offset + static_cast<std::uint32_t>(lsb / 8));
    expected_.push_back(
        {.name = r.name, .kind = Kind::exact, .value = static_cast<std::uint32_t>(value >> lsb)});
  }
}

void RegisterScript::queue_setup() {
  std::uint32_t end = 0;
  for (const accel::Register& r : map_) {
    end = r.offset + 8;
    if (r.constant) {
      master_.write(r.offset, static_cast<std::uint32_t>(~r.reset));
      expected_.push_back({.name = r.name, .kind = Kind::refused});
      read(r, r.reset);
    }
    if (r.offset < kFirstUserRegister || !r.writable) continue;
    if (r.announced) continue;  // writing it does more than to store a value
    const std::uint64_t other = ~r.reset & mask_of(r.bits);
    write(r, other);
    read(r, other);
    write(r, r.reset);
    read(r, r.reset);
  }
  master_.write(end, 0);
  expected_.push_back({.name = fmt::format("at {:#04x}, which is none", end), .kind = Kind::refused});
  master_.read(end);
  expected_.push_back(expected_.back());
}

void RegisterScript::queue_reset_values() {
  for (const accel::Register& r : map_) {
    const bool user = r.offset >= kFirstUserRegister;
    if (r.constant || (user && r.writable && !r.announced)) read(r, r.reset);
  }
}

void RegisterScript::queue_weights(std::uint32_t address) {
  if (const auto* r = find("weights_address")) write(*r, address);
}

const accel::Register& RegisterScript::named(const std::string& name) const {
  const accel::Register* r = find(name);
  if (r == nullptr) throw std::logic_error("the design has no register " + name);
  return *r;
}

void RegisterScript::queue_write(const std::string& name, std::uint64_t value) {
  write(named(name), value);
}

void RegisterScript::queue_read(const std::string& name, std::uint64_t value, const std::string& of) {
  const std::size_t first = expected_.size();
  read(named(name), value);
  for (std::size_t i = first; !of.empty() && i < expected_.size(); ++i) expected_[i].name += " of " + of;
}

void RegisterScript::queue_load(const std::vector<accel::RegisterWrite>& script) {
  for (const accel::RegisterWrite& w : script) {
    master_.write(w.offset, w.data);
    expected_.push_back({.name = "load"});
  }
}

void RegisterScript::queue_counters(const std::vector<std::uint64_t>& samples_by_exit) {
  std::uint64_t total = 0;
  for (std::size_t e = 0; e < samples_by_exit.size(); ++e) {
    total += samples_by_exit[e];
    if (const auto* r = find(fmt::format("exit_count_{}", e))) read(*r, samples_by_exit[e]);
  }
  if (const auto* r = find("samples")) read(*r, total);
  constexpr std::uint64_t kWeightsReady = 0x8;
  if (const auto* r = find("status")) read(*r, kWeightsReady);
  // ap_start, ap_idle and auto_restart.
  constexpr std::uint64_t kIdle = 0x85;
  if (const auto* r = find("control")) read(*r, kIdle);
  if (const auto* r = find("cycles")) {
    for (int i = 0; i < 2; ++i) {
      master_.read(r->offset);
      expected_.push_back({.name = r->name, .kind = Kind::elapsed});
      master_.read(r->offset + 4);
      expected_.push_back({.name = r->name, .kind = Kind::exact, .value = 0});
    }
  }
}

std::optional<Mismatch> RegisterScript::check() {
  std::optional<Mismatch> first;
  const auto compare = [&](const std::string& name, const std::string& what, std::int64_t expected,
                           std::int64_t got) {
    ++compared_;
    if (expected == got || first) return;
    first = Mismatch{.layer = "register " + name, .position = what, .expected = expected, .got = got};
  };
  for (; looked_at_ < master_.done().size(); ++looked_at_) {
    const AxiLiteMaster::Access& access = master_.done()[looked_at_];
    const Expectation& e = expected_[looked_at_];
    const std::string where = fmt::format("{} of {:#04x}", access.write ? "write" : "read", access.address);
    compare(e.name, where + ", response", e.kind == Kind::refused ? kSlaveError : kOkay, access.response);
    if (e.kind == Kind::exact) compare(e.name, where, e.value, access.data);
    if (e.kind == Kind::elapsed) {
      if (last_elapsed_) {
        compare(e.name, where + ", cycles since the read before",
                static_cast<std::int64_t>(access.cycle - last_elapsed_->cycle),
                static_cast<std::int64_t>(access.data - last_elapsed_->data));
      }
      last_elapsed_ = access;
    }
  }
  return first;
}

}  // namespace offramp::verif

#include "verif/axi_lite_master.h"

#include <fmt/format.h>

namespace offramp::verif {

AxiLiteMaster::AxiLiteMaster(const VerilatedModel& model, ViolationLog& log, Options options)
    : options_(std::move(options)), monitor_(model, options_.prefix, log), random_(options_.seed) {
  const auto port = [&](const char* name) { return model.port(options_.prefix + "_" + name); };
  awaddr_ = port("awaddr");
  awvalid_ = port("awvalid");
  awready_ = port("awready");
  wdata_ = port("wdata");
  wstrb_ = port("wstrb");
  wvalid_ = port("wvalid");
  wready_ = port("wready");
  bresp_ = port("bresp");
  bvalid_ = port("bvalid");
  bready_ = port("bready");
  araddr_ = port("araddr");
  arvalid_ = port("arvalid");
  arready_ = port("arready");
  rdata_ = port("rdata");
  rresp_ = port("rresp");
  rvalid_ = port("rvalid");
  rready_ = port("rready");
  for (Signal* s : {&awvalid_, &wvalid_, &bready_, &arvalid_, &rready_}) s->set(0);
}

void AxiLiteMaster::write(std::uint32_t address, std::uint32_t data, std::uint8_t strobe) {
  queue_.push_back({.write = true, .address = address, .data = data, .strobe = strobe});
}

void AxiLiteMaster::read(std::uint32_t address) {
  queue_.push_back({.address = address});
}

void AxiLiteMaster::drive() {
  if (idle() && quiet_) return;
  quiet_ = idle();
  if (!busy_ && !queue_.empty()) {
    now_ = queue_.front();
    queue_.pop_front();
    busy_ = true;
    address_done_ = false;
    data_done_ = !now_.write;
    const auto gap = [&](std::uint64_t n) { return options_.gaps ? random_.below(n) : 0; };
    address_gap_ = gap(4);
    data_gap_ = gap(4);
    response_gap_ = gap(12);
    early_ready_ = !options_.gaps || random_.one_in(2);
  }
  const auto count_down = [](std::uint64_t& n) { return n == 0 || --n == 0; };
  const bool address = busy_ && !address_done_ && count_down(address_gap_);
  const bool data = busy_ && !data_done_ && count_down(data_gap_);
  // A response is awaited from the start, or only some time after the request, so that it has to wait.
  const bool response = busy_ && (early_ready_ || (address_done_ && data_done_ && count_down(response_gap_)));
  awvalid_.set(address && now_.write);
  arvalid_.set(address && !now_.write);
  wvalid_.set(data);
  bready_.set(response && now_.write);
  rready_.set(response && !now_.write);
  if (address) (now_.write ? awaddr_ : araddr_).set(now_.address);
  if (data) {
    wdata_.set(now_.data);
    wstrb_.set(now_.strobe);
  }
}

void AxiLiteMaster::observe(std::uint64_t cycle) {
  monitor_.observe(cycle);
  if (!busy_) return;
  if (now_.write) {
    if (bvalid_.get() != 0 && bready_.get() != 0) {
      now_.response = static_cast<std::uint8_t>(bresp_.get());
      busy_ = false;
    }
    if (awvalid_.get() != 0 && awready_.get() != 0) {
      address_done_ = true;
      now_.cycle = cycle;
    }
    if (wvalid_.get() != 0 && wready_.get() != 0) data_done_ = true;
  } else {
    if (rvalid_.get() != 0 && rready_.get() != 0) {
      now_.response = static_cast<std::uint8_t>(rresp_.get());
      now_.data = static_cast<std::uint32_t>(rdata_.get());
      busy_ = false;
    }
    if (arvalid_.get() != 0 && arready_.get() != 0) {
      address_done_ = true;
      now_.cycle = cycle;
    }
  }
  if (!busy_) done_.push_back(now_);
}

std::string AxiLiteMaster::waiting_for() const {
  if (!busy_) return {};
  return fmt::format("the {} of register {:#04x} over {}: {}", now_.write ? "write" : "read", now_.address,
                     options_.prefix,
                     !address_done_ ? "its address is not taken"
                     : !data_done_  ? "its data is not taken"
                                    : "no response");
}

}  // namespace offramp::verif

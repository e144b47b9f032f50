#pragma once
#include "blocks/load_bus.h"

namespace offramp::blocks {

/// Collects 32-bit writes of a control register into a table word, most significant first, and puts it on the
/// load bus when the address register is written: engine in [31:28], table in [27:24], word in [23:0].
struct LoadPort {
  int data_bits = 64;  // of the widest word, a multiple of 32 and at least 64
  bool operator==(const LoadPort&) const = default;
  struct Ports {
    hw::Clocking ck;
    hw::In data, data_written, address, address_written;
    hw::Out write, engine, select, word_address, word;
  };
  static constexpr int kEngineBits = 4;
  [[nodiscard]] std::string name() const { return "load_port"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

}  // namespace offramp::blocks

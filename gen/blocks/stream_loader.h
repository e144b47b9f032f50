#pragma once
#include <string>

#include "hw/hw.h"

namespace offramp::blocks {

/// Takes samples from an AXI4-Stream and writes them to one of two places in the activation memory, so that
/// the next sample comes in while the present one is computed.
struct StreamLoader {
  int bytes = 4;      // elements a beat
  int row_beats = 7;  // beats an image row
  int rows = 28;
  int row_step = 0;  // elements from a row's last beat to the next row's first
  int address_bits = 11;
  int first_place = 0, second_place = 0;  // element addresses
  int data_bits = 8;                      // of a stored element; pixels are zero-extended
  int id_bits = 16;
  int sequence_bits = 7;  // id_o has, above the ID, the number of the sample since reset, so far cut off
  /// The geometry above is only the largest and that out of reset: what holds comes in, as does a pulse that
  /// forgets every sample when it changes.
  bool loaded = false;
  bool operator==(const StreamLoader&) const = default;
  struct Ports {
    hw::Clocking ck;
    hw::In tdata, tvalid, tlast, tuser;
    hw::Out tready;
    hw::In write_ready;  // the memory takes a write in this cycle
    hw::Out write, write_address, write_data;
    hw::In release_sample;  // the sample in hand is finished with
    hw::Out ready, parity, id, tlast_error;
    hw::In restart, last_beat, last_row, row_step, first_place, second_place;  // with `loaded`
    hw::Out receiving;  // a sample has begun to come and is not whole
  };
  [[nodiscard]] std::string name() const { return "stream_loader"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

}  // namespace offramp::blocks

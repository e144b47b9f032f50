#include "accel/setup.h"

#include <algorithm>

#include "accel/engine.h"
#include "accel/share.h"
#include "blocks/weight_bank.h"

namespace offramp::accel {

std::vector<blocks::NetworkSetup::Field> setup_fields(const Accelerator& a) {
  using blocks::index_bits;
  const auto row_beats = [](const Accelerator& n) {
    const net::Shape& image = n.network.tensors.front().shape;
    return image.width * image.channels / n.stream_bytes;
  };
  int most_beats = 0;
  int most_rows = 0;
  for (const Accelerator* n : networks_of(a)) {
    most_beats = std::max(most_beats, row_beats(*n));
    most_rows = std::max(most_rows, n->network.tensors.front().shape.height);
  }
  const EnginePlan& backbone = a.engines.front();
  const TensorLayout& in = backbone.tensors.front();
  const net::Shape& image = a.network.tensors.front().shape;
  const int address_bits = element_address_bits(backbone);
  std::vector<blocks::NetworkSetup::Field> fields;
  const auto add = [&](const char* name, int bits, int value, const char* doc) {
    fields.push_back(
        {.name = name, .bits = bits, .reset = value & ((std::int64_t{1} << bits) - 1), .doc = doc});
  };
  add("last_beat", index_bits(most_beats), row_beats(a) - 1, "of an image row");
  add("last_row", index_bits(most_rows), image.height - 1, "of an image");
  add("row_step", address_bits, in.row_pitch - image.width * image.channels + a.stream_bytes,
      "elements from a row's last beat to the next row's first");
  add("first_place", address_bits, in.base, "of an image in memory");
  add("second_place", address_bits, in.base + backbone.input_second_place, "of an image in memory");
  add("place_step", address_bits, backbone.input_second_place, "elements from the first place to the second");
  add("last_class", index_bits(most_classes(a)), a.network.classes() - 1, "number of the last class");
  add("last_exit", index_bits(most_exits(a)), static_cast<int>(a.network.exits.size()) - 1,
      "number of the last exit");
  int logit_bits = 0;
  for (const Accelerator* n : networks_of(a))
    logit_bits = std::max(logit_bits, n->engines.front().logit_bits);
  add("base2_shift", index_bits(logit_bits + 1), a.network.decision.base2_shift,
      "log2 of the logit steps that are a power of two");
  return fields;
}

}  // namespace offramp::accel

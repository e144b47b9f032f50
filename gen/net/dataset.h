#pragma once
// Data-set readers: fashion-mnist, mnist:DIR, idx:DIR, cifar10:DIR, npy:DIR (DESIGN.md, "Data").
#include <cstdint>
#include <string>
#include <vector>

#include "net/network.h"

namespace offramp::net {

/// Raw images and labels. Pixels of one image are in (row, column, channel) order, as a camera sends them and
/// as the hardware's input stream takes them.
struct Split {
  Shape shape;
  std::vector<std::uint8_t> pixels;  // images * shape.elements()
  std::vector<std::uint16_t> labels;
  [[nodiscard]] std::size_t size() const { return labels.size(); }
  [[nodiscard]] const std::uint8_t* image(std::size_t i) const {
    return pixels.data() + i * static_cast<std::size_t>(shape.elements());
  }
};

struct Dataset {
  std::string name;
  Split train;  // for calibration
  Split test;   // for results
};

/// Reads the data set that `spec` names; throws offramp::Error naming the file and what is wrong with it.
[[nodiscard]] Dataset load_dataset(const std::string& spec);

/// Throws offramp::Error unless the data set's images have the network's input shape and its labels fit.
void check_dataset_fits(const Dataset& data, const Network& network);

}  // namespace offramp::net

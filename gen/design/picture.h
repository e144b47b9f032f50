#pragma once
// Images of a data set as files that a browser shows.
#include <cstdint>
#include <string>

#include "net/network.h"

namespace offramp::design {

/// A PNG file of an image of 1 (grey) or 3 (red, green, blue) channels, pixels in (row, column, channel)
/// order; larger ones than `limit` rows or columns are made smaller by a whole factor. Throws offramp::Error
/// for other channels.
[[nodiscard]] std::string png_of(const std::uint8_t* pixels, const net::Shape& shape, int limit = 96);

/// RFC 4648, with padding.
[[nodiscard]] std::string base64(const std::string& bytes);

}  // namespace offramp::design

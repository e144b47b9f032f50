#include "design/picture.h"

#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <vector>

#include "base/error.h"

namespace offramp::design {

std::string png_of(const std::uint8_t* pixels, const net::Shape& shape, int limit) {
  if (shape.channels != 1 && shape.channels != 3) {
    throw Error(
        fmt::format("an image of {} channels has no picture; there are those of 1 and of 3", shape.channels));
  }
  // Means over squares of whole pixels.
  const int factor = (std::max(shape.height, shape.width) + limit - 1) / limit;
  const int height = std::max(1, shape.height / factor);
  const int width = std::max(1, shape.width / factor);
  std::vector<std::uint8_t> small;
  small.reserve(static_cast<std::size_t>(height) * static_cast<std::size_t>(width * shape.channels));
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < shape.channels; ++c) {
        int sum = 0;
        for (int dy = 0; dy < factor; ++dy) {
          for (int dx = 0; dx < factor; ++dx) {
            sum += pixels[((y * factor + dy) * shape.width + x * factor + dx) * shape.channels + c];
          }
        }
        small.push_back(static_cast<std::uint8_t>(sum / (factor * factor)));
      }
    }
  }
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width);
  image.height = static_cast<png_uint_32>(height);
  image.format = shape.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png_alloc_size_t bytes = 0;
  if (png_image_write_to_memory(&image, nullptr, &bytes, 0, small.data(), 0, nullptr) == 0) {
    throw Error(fmt::format("libpng cannot write an image of {} x {}: {}", width, height, image.message));
  }
  std::string file(bytes, '\0');
  if (png_image_write_to_memory(&image, file.data(), &bytes, 0, small.data(), 0, nullptr) == 0) {
    throw Error(fmt::format("libpng cannot write an image of {} x {}: {}", width, height, image.message));
  }
  file.resize(bytes);
  return file;
}

std::string base64(const std::string& bytes) {
  constexpr const char* kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t word = 0;
    for (std::size_t b = 0; b < 3; ++b) {
      word = word << 8 | (i + b < bytes.size() ? static_cast<std::uint8_t>(bytes[i + b]) : 0U);
    }
    for (std::size_t d = 0; d < 4; ++d) {
      out += i + d > bytes.size() ? '=' : kDigits[word >> (18 - 6 * d) & 63];
    }
  }
  return out;
}

}  // namespace offramp::design

#include "design/picture.h"

#include <gmock/gmock.h>
#include <png.h>

#include <vector>

#include "base/error.h"

namespace offramp::design {
namespace {

struct Decoded {
  int width = 0, height = 0;
  std::vector<std::uint8_t> rgb;
};

Decoded decoded(const std::string& file) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  EXPECT_NE(png_image_begin_read_from_memory(&image, file.data(), file.size()), 0) << image.message;
  image.format = PNG_FORMAT_RGB;
  Decoded d{.width = static_cast<int>(image.width), .height = static_cast<int>(image.height), .rgb = {}};
  d.rgb.resize(PNG_IMAGE_SIZE(image));
  EXPECT_NE(png_image_finish_read(&image, nullptr, d.rgb.data(), 0, nullptr), 0) << image.message;
  return d;
}

TEST(Picture, KeepsEveryPixelOfASmallImage) {
  const std::vector<std::uint8_t> pixels = {1,   2,   3,   40, 50, 60, 7,   8,   9,
                                            100, 110, 120, 13, 14, 15, 250, 251, 252};
  const Decoded d = decoded(png_of(pixels.data(), {.channels = 3, .height = 2, .width = 3}));
  EXPECT_EQ(d.width, 3);
  EXPECT_EQ(d.height, 2);
  EXPECT_EQ(d.rgb, pixels);
}

TEST(Picture, MakesLargeImagesSmallerByMeans) {
  const std::vector<std::uint8_t> pixels = {10, 20, 100, 102,  //
                                            30, 40, 104, 106,  //
                                            0,  0,  255, 255,  //
                                            0,  0,  255, 255};
  const Decoded d = decoded(png_of(pixels.data(), {.channels = 1, .height = 4, .width = 4}, 2));
  ASSERT_EQ(d.width, 2);
  EXPECT_EQ(d.rgb[0], 25);
  EXPECT_EQ(d.rgb[3], 103);
  EXPECT_EQ(d.rgb[9], 255);
}

TEST(Picture, RefusesChannelsThatHaveNoColours) {
  const std::vector<std::uint8_t> pixels(8);
  EXPECT_THROW((void)png_of(pixels.data(), {.channels = 2, .height = 2, .width = 2}), Error);
}

TEST(Base64, IsThatOfTheStandard) {
  // RFC 4648, section 10.
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64(std::string("\xff\x00\x80", 3)), "/wCA");
}

}  // namespace
}  // namespace offramp::design

// How a browser draws the report: every plot is there and not blank, nothing is wider than the page, the
// reader's dark setting is followed, and the browser has nothing to complain about. Skipped, visibly, where
// there is no Chromium.
#include <gmock/gmock.h>
#include <png.h>

#include <nlohmann/json.hpp>
#include <set>

#include "base/process.h"
#include "report_fixture.h"

namespace offramp::design {
namespace {

using ::testing::HasSubstr;

/// Where everything that is drawn lies on the page, logged by the page itself to the browser's console: when
/// it is loaded, and again when the window gets the picture's size. Only in the test's copy: a report has no
/// script.
constexpr const char* kProbe = R"(<script>
function probe() {
  const boxes = [...document.querySelectorAll('svg, img')].map(e => {
    const b = e.getBoundingClientRect();
    const visible = e.closest('.scroll') ? e.closest('.scroll').getBoundingClientRect() : b;
    return {what: e.getAttribute('class') || 'img', name: e.getAttribute('aria-label') || e.getAttribute('alt'),
            x: b.x, y: b.y, width: Math.min(b.width, visible.right - b.x), height: b.height,
            loaded: e.tagName != 'IMG' || e.naturalWidth > 0};
  });
  const cut = [...document.querySelectorAll('svg text')].filter(e => e.getClientRects().length > 0).map(e => {
    const t = e.getBoundingClientRect(), s = e.ownerSVGElement.getBoundingClientRect();
    return {text: e.textContent, out: Math.max(s.x - t.x, t.right - s.right, s.y - t.y, t.bottom - s.bottom)};
  }).filter(t => t.out > 1);
  console.log('PROBE' + JSON.stringify({width: document.documentElement.scrollWidth,
    height: document.body.offsetHeight, boxes: boxes, cut: cut}) + 'EBORP');
}
window.addEventListener('load', probe);
window.addEventListener('resize', probe);
</script>)";

struct Shot {
  int width = 0, height = 0;
  std::vector<std::uint8_t> rgb;
  [[nodiscard]] std::uint32_t at(int x, int y) const {
    const std::size_t i =
        3 * (static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x));
    return static_cast<std::uint32_t>(rgb[i] << 16 | rgb[i + 1] << 8 | rgb[i + 2]);
  }
};

Shot read_shot(const std::filesystem::path& file) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  EXPECT_NE(png_image_begin_read_from_file(&image, file.c_str()), 0) << file << ": " << image.message;
  image.format = PNG_FORMAT_RGB;
  Shot shot{.width = static_cast<int>(image.width), .height = static_cast<int>(image.height), .rgb = {}};
  shot.rgb.resize(PNG_IMAGE_SIZE(image));
  EXPECT_NE(png_image_finish_read(&image, nullptr, shot.rgb.data(), 0, nullptr), 0) << image.message;
  return shot;
}

struct Drawn {
  nlohmann::json probe;
  Shot shot;
  std::string console;
};

constexpr int kTall = 9000;

Drawn draw(const std::string& html, int width, bool dark) {
  const testing::Scratch scratch;
  testing::spill(scratch / "report.html", html + kProbe);
  const auto result = run_process(
      {"chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
       "--force-device-scale-factor=1", "--enable-logging=stderr", "--v=0",
       "--user-data-dir=" + (scratch / "profile").string(),
       std::string("--blink-settings=preferredColorScheme=") + (dark ? "0" : "1"),
       "--window-size=" + std::to_string(width) + "," + std::to_string(kTall),
       "--screenshot=" + (scratch / "shot.png").string(), "file://" + (scratch / "report.html").string()},
      {.time_limit = std::chrono::seconds(60)});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  Drawn drawn;
  for (std::size_t at = 0; at < result.output.size();) {
    const auto end = std::min(result.output.find('\n', at), result.output.size());
    const std::string line = result.output.substr(at, end - at);
    at = end + 1;
    if (line.find(":CONSOLE") == std::string::npos) continue;
    const auto from = line.find("PROBE{");
    if (from == std::string::npos) {
      drawn.console += line + "\n";
    } else {
      drawn.probe = nlohmann::json::parse(line.substr(from + 5, line.rfind("EBORP") - from - 5));
    }
  }
  if (drawn.probe.is_null()) {
    ADD_FAILURE() << "the page did not come up: " << result.output.substr(0, 2000);
    return drawn;
  }
  drawn.shot = read_shot(scratch / "shot.png");
  return drawn;
}

/// Colours in a box of the probe, and the share of its pixels that are not the ground of its card.
struct Ink {
  std::size_t colours = 0;
  double share = 0;
};
Ink ink_of(const Shot& shot, const nlohmann::json& box, std::uint32_t ground) {
  std::set<std::uint32_t> seen;
  std::size_t all = 0;
  std::size_t inked = 0;
  const int x0 = std::max(0, static_cast<int>(box.at("x").get<double>()));
  const int y0 = std::max(0, static_cast<int>(box.at("y").get<double>()));
  const int x1 = std::min(shot.width, x0 + static_cast<int>(box.at("width").get<double>()));
  const int y1 = std::min(shot.height, y0 + static_cast<int>(box.at("height").get<double>()));
  for (int y = y0; y < y1; ++y) {
    for (int x = x0; x < x1; ++x, ++all) {
      seen.insert(shot.at(x, y));
      inked += shot.at(x, y) == ground ? 0 : 1;
    }
  }
  return {seen.size(), all == 0 ? 0 : static_cast<double>(inked) / static_cast<double>(all)};
}

std::uint32_t card(bool dark) {
  return dark ? 0x19212b : 0xffffff;
}

class ReportPage : public ::testing::TestWithParam<std::tuple<int, bool>> {
 protected:
  void SetUp() override {
    if (!find_tool("chromium")) GTEST_SKIP() << "skipped: chromium not found (Debian package chromium)";
  }
};
INSTANTIATE_TEST_SUITE_P(Windows, ReportPage,
                         ::testing::Combine(::testing::Values(1280, 400), ::testing::Bool()),
                         [](const auto& p) {
                           return std::to_string(std::get<0>(p.param)) +
                                  (std::get<1>(p.param) ? "_dark" : "_light");
                         });

TEST_P(ReportPage, IsDrawnWhole) {
  const auto [width, dark] = GetParam();
  const Drawn drawn = draw(testing::render(testing::a_design(accel::Strategy::parallel), true), width, dark);
  ASSERT_FALSE(drawn.probe.is_null());
  EXPECT_EQ(drawn.console, "");
  EXPECT_LE(drawn.probe.at("width").get<int>(), width) << "the page scrolls sideways";
  ASSERT_LT(drawn.probe.at("height").get<int>(), kTall);

  std::map<std::string, int> drawings;
  for (const nlohmann::json& box : drawn.probe.at("boxes")) {
    const std::string what = box.at("what");
    ++drawings[what];
    EXPECT_TRUE(box.at("loaded").get<bool>()) << box;
    EXPECT_GT(box.at("width").get<double>(), 40) << box;
    EXPECT_GT(box.at("height").get<double>(), 20) << box;
    if (what == "img") continue;  // a test image may be of one colour
    const Ink ink = ink_of(drawn.shot, box, card(dark));
    // A bar of shares is full; of one part it has one colour.
    EXPECT_GE(ink.colours, what == "shares" ? 1U : 3U) << box;
    EXPECT_GT(ink.share, what == "shares" ? 0.9 : 0.02) << box;
  }
  EXPECT_EQ(drawings["diagram"], 1);
  EXPECT_EQ(drawings["architecture"], 1);
  EXPECT_EQ(drawings["plot"], 1);
  EXPECT_EQ(drawings["columns"], 1);
  EXPECT_EQ(drawings["timeline"], 3);
  EXPECT_EQ(drawings["shares"], 5);  // exits, LUT, FF, DSP, BRAM
  EXPECT_EQ(drawings["img"], 2);
  EXPECT_TRUE(drawn.probe.at("cut").empty()) << "text outside its drawing: " << drawn.probe.at("cut");

  // The page's own ground follows the reader's setting.
  const std::uint32_t ground = drawn.shot.at(2, drawn.shot.height - 2);
  EXPECT_EQ(ground, dark ? 0x11161dU : 0xf6f7f9U);
}

TEST(ReportPageThatIsBroken, IsSeenToBe) {
  if (!find_tool("chromium")) GTEST_SKIP() << "skipped: chromium not found (Debian package chromium)";
  std::string html = testing::render(testing::a_design(accel::Strategy::parallel), true);
  // An image that is not there, a drawing with nothing in it, and a script that fails.
  html += "<script>nothing_of_this_name();</script>";
  html.replace(html.find("data:image/png"), 14, "file:///nothing");
  const auto chart = html.find("<svg class=\"columns\"");
  const auto inside = html.find('>', chart) + 1;
  html.erase(inside, html.find("</svg>", chart) - inside);
  const Drawn drawn = draw(html, 400, false);
  ASSERT_FALSE(drawn.probe.is_null());
  EXPECT_THAT(drawn.console, HasSubstr("nothing_of_this_name is not defined"));
  bool missing = false;
  for (const nlohmann::json& box : drawn.probe.at("boxes")) {
    missing |= !box.at("loaded").get<bool>();
    if (box.at("what") != "columns") continue;
    EXPECT_LT(ink_of(drawn.shot, box, card(false)).share, 0.001);
  }
  EXPECT_TRUE(missing);
}

}  // namespace
}  // namespace offramp::design

#include "design/target.h"

#include <gmock/gmock.h>

#include <cstdlib>

#include "base/error.h"
#include "fixture.h"

namespace offramp::design {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Scratch;
using testing::slurp;
using testing::spill;
using ::testing::ThrowsMessage;

const std::filesystem::path kSource = OFFRAMP_SOURCE_DIR;

TEST(Target, EveryBoardOfTheRepositoryLoads) {
  EXPECT_THAT(known_targets(kSource), ElementsAre("arty-a7-100", "pynq-z2", "zc706", "zcu104", "zcu106"));
  for (const std::string& name : known_targets(kSource)) {
    const Target t = load_target(kSource, name);
    EXPECT_EQ(t.name, name);
    // On-chip memory is block RAM of 36 Kib and UltraRAM of 288 Kib.
    EXPECT_EQ(t.on_chip_bits, t.bram36 * 36864 + t.uram * 294912) << name;
    EXPECT_TRUE(std::filesystem::exists(kSource / "constraints" / name / (name + ".xdc"))) << name;
  }
}

TEST(Target, AnUnknownOneIsAnsweredWithTheKnownOnes) {
  EXPECT_THAT([] { (void)load_target(kSource, "zcu16"); },
              ThrowsMessage<Error>(AllOf(HasSubstr("'zcu16'"), HasSubstr("did you mean zcu106?"),
                                         HasSubstr("arty-a7-100, pynq-z2, zc706, zcu104, zcu106"))));
}

TEST(Target, ANameThatLeadsElsewhereIsUnknown) {
  for (const char* name : {"", ".", "..", "../constraints/zcu106", "/etc", "zcu106/"}) {
    EXPECT_THAT([&] { (void)load_target(kSource, name); },
                ThrowsMessage<Error>(HasSubstr("there is no target")));
  }
}

class DamagedTarget : public ::testing::Test {
 protected:
  /// The message for a board whose file is ZCU106's with `from` replaced.
  std::string message(const std::string& from, const std::string& to) {
    std::string text = slurp(kSource / "constraints" / "zcu106" / "target.json");
    const std::size_t at = text.find(from);
    if (at == std::string::npos) throw std::logic_error("not in the file: " + from);
    text.replace(at, from.size(), to);
    spill(scratch_ / "constraints/zcu106/target.json", text);
    spill(scratch_ / "constraints/zcu106/zcu106.xdc", "");
    try {
      (void)load_target(scratch_.path(), "zcu106");
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  }
  Scratch scratch_;
};

TEST_F(DamagedTarget, AMissingFieldIsNamed) {
  EXPECT_THAT(message("\"dsp\"", "\"dps\""), HasSubstr("'dsp'"));
}
TEST_F(DamagedTarget, ANegativeCountIsNamed) {
  EXPECT_THAT(message("1728", "-1"), HasSubstr("'dsp' is -1"));
}
TEST_F(DamagedTarget, AnUnknownPartIsAnsweredWithTheNearestDeviceAndAllThatAreKnown) {
  const std::string answer = message("xczu7ev-ffvc1156-2-e", "xczu7eg-ffvc1156-2-e");
  EXPECT_THAT(answer,
              AllOf(HasSubstr("'part' is 'xczu7eg-ffvc1156-2-e'"), HasSubstr("did you mean a xczu7ev"),
                    HasSubstr("xc7z020"), HasSubstr("zcu106/target.json")));
  EXPECT_THAT(message("xczu7ev-ffvc1156-2-e", "xczu7ev"), HasSubstr("no known device with package"));
}
TEST_F(DamagedTarget, MoreThanThePartHasIsNamed) {
  EXPECT_THAT(message("1728", "1729"), HasSubstr("'dsp' is 1729, and a xczu7ev has 1728"));
  EXPECT_THAT(message("\"uram\": 96", "\"uram\": 97"), HasSubstr("'uram' is 97"));
}
TEST_F(DamagedTarget, ASystemThatNoScriptBuildsIsNamed) {
  EXPECT_THAT(message("zynq_ultrascale", "versal"),
              HasSubstr("'system' is 'versal'; it is one of zynq_ultrascale, zynq, jtag"));
}
TEST_F(DamagedTarget, AClockOfZeroIsNamed) {
  EXPECT_THAT(message("\"clock_mhz\": 300", "\"clock_mhz\": 0"), HasSubstr("'clock_mhz' is 0"));
}
TEST_F(DamagedTarget, TextThatIsNotJsonIsNamedWithItsFile) {
  EXPECT_THAT(message("{", "<"), AllOf(HasSubstr("target.json"), HasSubstr("not JSON")));
}
TEST_F(DamagedTarget, AnotherBoardsNameIsRefused) {
  EXPECT_THAT(message("\"zcu106\"", "\"zcu104\""), HasSubstr("'zcu104'"));
}

TEST(Home, TheEnvironmentNamesTheFolderOfTheConstraints) {
  const Scratch scratch;
  std::filesystem::create_directories(scratch / "constraints");
  ::setenv("OFFRAMP_HOME", scratch.path().c_str(), 1);
  EXPECT_EQ(home_directory(), scratch.path());
  ::setenv("OFFRAMP_HOME", (scratch / "elsewhere").c_str(), 1);
  EXPECT_THAT([] { (void)home_directory(); }, ThrowsMessage<Error>(HasSubstr("OFFRAMP_HOME")));
  ::unsetenv("OFFRAMP_HOME");
}

TEST(Home, OtherwiseItStandsAboveTheProgram) {
  ::unsetenv("OFFRAMP_HOME");
  EXPECT_EQ(home_directory(), kSource);  // the build folder is below the repository
}

}  // namespace
}  // namespace offramp::design

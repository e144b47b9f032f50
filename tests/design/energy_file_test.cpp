#include "design/energy_file.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "fixture.h"

namespace offramp::design {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::Scratch;
using testing::slurp;
using testing::spill;
using ::testing::ThrowsMessage;

const std::filesystem::path kSource = OFFRAMP_SOURCE_DIR;

TEST(EnergyFile, EveryBoardSaysWhatAnEventCostsAndWhereThatIsFrom) {
  for (const std::string& name : known_targets(kSource)) {
    const model::EnergyCoefficients c = load_energy(kSource, load_target(kSource, name));
    EXPECT_GT(c.dram_picojoules_per_bit, c.memory_picojoules_per_bit) << name;
    EXPECT_GE(c.uncertainty_factor, 1) << name;
    EXPECT_EQ(c.clock_mhz, load_target(kSource, name).clock_mhz);
  }
}

TEST(EnergyFile, TheDefaultsOfTheModelAreThoseOfTheZcu106) {
  const model::EnergyCoefficients c = load_energy(kSource, load_target(kSource, "zcu106"));
  const model::EnergyCoefficients d;
  EXPECT_NEAR(c.mac_picojoules, d.mac_picojoules, 1e-9);
  EXPECT_NEAR(c.mac_sum_share, d.mac_sum_share, 1e-9);
  EXPECT_NEAR(c.idle_share, d.idle_share, 1e-9);
  EXPECT_NEAR(c.memory_picojoules_per_bit, d.memory_picojoules_per_bit, 1e-9);
  EXPECT_NEAR(c.dram_picojoules_per_bit, d.dram_picojoules_per_bit, 1e-9);
  EXPECT_NEAR(c.device_static_watts, d.device_static_watts, 1e-9);
}

TEST(EnergyFile, AProductCostsMoreWithWiderFactorsAndItsSumDoesNot) {
  const model::EnergyCoefficients c;
  EXPECT_DOUBLE_EQ(c.mac(8, 8), c.mac_picojoules);
  EXPECT_NEAR(c.mac(4, 4), 14 * (0.2 / 4 + 0.1), 1e-9);
  EXPECT_NEAR(c.mac(16, 8), 14 * (0.4 + 0.1), 1e-9);
}

TEST(EnergyFile, NamesFileAndFieldOfWhatIsWrong) {
  const Scratch scratch;
  const std::filesystem::path board = scratch.path() / "constraints" / "zcu106";
  std::filesystem::create_directories(board);
  const Target target = load_target(kSource, "zcu106");
  EXPECT_THAT([&] { (void)load_energy(scratch.path(), target); },
              ThrowsMessage<Error>(HasSubstr("energy.json")));
  const std::string good = slurp(kSource / "constraints" / "zcu106" / "energy.json");
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    spill(board / "energy.json", text);
    return [&] { (void)load_energy(scratch.path(), target); };
  };
  EXPECT_THAT(with("20.3125", "-1"),
              ThrowsMessage<Error>(AllOf(HasSubstr("dram_bit.picojoules"), HasSubstr("-1"))));
  EXPECT_THAT(with("\"watts\"", "\"watt\""), ThrowsMessage<Error>(HasSubstr("static_power.watts")));
  EXPECT_THAT(with("\"uncertainty_factor\": 3", "\"uncertainty_factor\": 0.5"),
              ThrowsMessage<Error>(HasSubstr("mac_int8")));
  EXPECT_THAT(with("{", "["), ThrowsMessage<Error>(HasSubstr("not JSON")));
}

}  // namespace
}  // namespace offramp::design

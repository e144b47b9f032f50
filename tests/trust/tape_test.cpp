// A tape must mean the same module whenever it is replayed, and any edit of it must still mean a legal one.
#include "verif/trust/tape.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "verif/trust/random_module.h"

namespace offramp::trust {
namespace {

std::string text_of(const RandomModule& m) {
  std::string text;
  for (const hw::Module* module : m.design->modules()) text += hw::print_verilog(*module);
  for (const auto& [name, value] : m.parameters) text += name + " = " + std::to_string(value) + "\n";
  return text;
}

TEST(Tape, ReplaysWhatWasDrawn) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Tape drawn(seed);
    const std::string text = text_of(random_module(drawn, "dut"));
    Tape again(drawn.draws());
    EXPECT_EQ(text_of(random_module(again, "dut")), text) << "seed " << seed;
  }
}

TEST(Tape, GivesZeroPastItsEndAndStaysInRange) {
  Tape tape(Draws{7, 2});
  EXPECT_EQ(tape.choose(5), 2);
  EXPECT_EQ(tape.choose(3), 2);
  EXPECT_EQ(tape.choose(3), 0);
  EXPECT_FALSE(tape.one_in(2));
}

TEST(Tape, OfNothingIsTheSimplestModule) {
  Tape empty{Draws{}};
  const RandomModule m = random_module(empty, "dut");
  EXPECT_EQ(m.design->modules().size(), 1U);
  EXPECT_EQ(m.top->ports.size(), 2U);  // one input, one output
  EXPECT_EQ(hw::render(hw::check(*m.design)), "");
}

TEST(Tape, IsALegalModuleHoweverItIsEdited) {
  int modules = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    Tape drawn(seed);
    (void)random_module(drawn, "dut");
    verif::Random random(seed);
    for (int edit = 0; edit < 10; ++edit) {
      Draws d = drawn.draws();
      d.resize(random.below(d.size()) + 1);
      for (int i = 0; i < 5; ++i) d[random.below(d.size())] = static_cast<std::uint32_t>(random.below(40));
      d.erase(d.begin() + static_cast<std::ptrdiff_t>(random.below(d.size())));
      Tape edited(d);
      const RandomModule m = random_module(edited, "dut");
      const hw::Diagnostics found = hw::check(*m.design);
      EXPECT_FALSE(hw::has_errors(found)) << hw::render(found) << tape_text(d);
      ++modules;
    }
  }
  EXPECT_EQ(modules, 120);
}

TEST(Tape, IsALineOfNumbers) {
  EXPECT_EQ(tape_text({3, 0, 12}), "3 0 12\n");
  EXPECT_EQ(parse_tape("3 0 12\n"), (Draws{3, 0, 12}));
  EXPECT_EQ(parse_tape(""), Draws{});
  EXPECT_THROW((void)parse_tape("3 -1"), Error);
  EXPECT_THROW((void)parse_tape("tape"), Error);
}

}  // namespace
}  // namespace offramp::trust

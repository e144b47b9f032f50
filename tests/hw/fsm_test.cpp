#include "hw/fsm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hw/check_module.h"

namespace offramp::hw {
namespace {

using test::check_module;
using testing::HasSubstr;

/// A machine with three states whose transitions the test gives.
struct Machine {
  ModuleBuilder& m;
  Clocking ck = m.clocking();
  In start = m.input("start_i", bit());
  Fsm fsm{m, "state", {"IDLE", "RUN", "DONE"}};

  explicit Machine(ModuleBuilder& builder) : m(builder) { m.drive(m.output("busy_o", bit()), fsm.is("RUN")); }
};

TEST(StateMachine, IsCleanWhenAllStatesAreReached) {
  const auto f = check_module([](ModuleBuilder& m) {
    Machine x(m);
    x.fsm.transitions(x.ck, {{"IDLE", [&] { m.when(x.start, [&] { x.fsm.go("RUN"); }); }},
                             {"RUN", [&] { x.fsm.go("DONE"); }},
                             {"DONE", [&] { x.fsm.go("IDLE"); }}});
  });
  EXPECT_EQ(render(f.all), "");
}

TEST(StateMachine, NamesTheStateThatCannotBeReached) {
  std::uint32_t line = 0;
  const auto f = check_module([&](ModuleBuilder& m) {
    Machine x(m);
    line = __LINE__ + 1;
    x.fsm.transitions(x.ck, {{"IDLE", [&] { m.when(x.start, [&] { x.fsm.go("RUN"); }); }},
                             {"RUN", [&] { x.fsm.go("IDLE"); }},
                             {"DONE", [&] { x.fsm.go("DONE"); }}});
  });
  const auto& d = f.only("HW0017");
  EXPECT_EQ(d.loc.line, line);
  EXPECT_THAT(d.message, HasSubstr("state 'DONE' of 'state' cannot be reached from 'IDLE'"));
}

TEST(StateMachine, WantsACaseForEveryState) {
  const auto f = check_module([](ModuleBuilder& m) {
    Machine x(m);
    x.fsm.transitions(x.ck, {{"IDLE", [&] { x.fsm.go("RUN"); }}, {"RUN", [&] { x.fsm.go("DONE"); }}});
  });
  EXPECT_THAT(f.only("HW0017").message, HasSubstr("state 'DONE' of 'state' has no case"));
}

TEST(StateMachine, RefusesUnknownStatesAndNamesTheKnown) {
  std::uint32_t line = 0;
  const auto f = check_module([&](ModuleBuilder& m) {
    Machine x(m);
    x.fsm.transitions(x.ck, {{"IDLE", [&] { x.fsm.go("RUN"); }},
                             {"RUN", [&] { x.fsm.go("DONE"); }},
                             {"DONE", [&] { x.fsm.go("IDEL"); }}});
    line = __LINE__ - 1;
  });
  const auto& d = f.only("HW0017");
  EXPECT_EQ(d.loc.line, line);
  EXPECT_THAT(d.message, HasSubstr("no state 'IDEL'; its states are IDLE, RUN, DONE"));
}

TEST(StateMachine, RefusesASecondCaseOfAStateAndGoOutsideCases) {
  const auto f = check_module([](ModuleBuilder& m) {
    Machine x(m);
    x.fsm.transitions(x.ck, {{"IDLE", [&] { x.fsm.go("RUN"); }},
                             {"RUN", [&] { x.fsm.go("DONE"); }},
                             {"DONE", [&] { x.fsm.go("IDLE"); }},
                             {"DONE", [&] { x.fsm.go("RUN"); }}});
    x.fsm.go("RUN");
  });
  EXPECT_THAT(f.only("HW0017").message, HasSubstr("given twice"));
  EXPECT_THAT(f.only("HW0013").message, HasSubstr("outside the cases"));
}

}  // namespace
}  // namespace offramp::hw

#include "base/interrupt.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "base/expect_error.h"
#include "base/process.h"
#include "base/temp_folder.h"

namespace offramp {
namespace {

using test::expect_error;
using namespace std::chrono_literals;

TEST(Interrupt, CtrlCBecomesAnErrorWithStatusTwo) {
  const InterruptScope scope;
  EXPECT_FALSE(interrupted());
  check_interrupted();
  std::raise(SIGINT);
  EXPECT_TRUE(interrupted());
  expect_error([] { check_interrupted(); }, {"interrupted by Ctrl-C"}, ExitStatus::bad_input);
}

TEST(Interrupt, TerminationIsTreatedAlike) {
  const InterruptScope scope;
  std::raise(SIGTERM);
  expect_error([] { check_interrupted(); }, {"interrupted by a termination signal"});
}

TEST(Interrupt, ANewScopeBeginsUninterrupted) {
  {
    const InterruptScope scope;
    std::raise(SIGINT);
  }
  const InterruptScope scope;
  EXPECT_FALSE(interrupted());
}

TEST(Interrupt, ASecondCtrlCEndsTheProgram) {
  EXPECT_EXIT(
      {
        const InterruptScope scope;
        std::raise(SIGINT);
        std::raise(SIGINT);
        ::_exit(0);
      },
      testing::KilledBySignal(SIGINT), "");
}

TEST(Interrupt, KillsARunningChildAndItsChildren) {
  const InterruptScope scope;
  const test::TempFolder folder;
  std::thread killer([] {
    std::this_thread::sleep_for(300ms);
    ::kill(::getpid(), SIGINT);
  });
  const auto start = std::chrono::steady_clock::now();
  expect_error(
      [&] {
        return run_process({"sh", "-c", "(sleep 2; touch late) & wait"}, {.directory = folder.path()});
      },
      {"interrupted by Ctrl-C"});
  EXPECT_LT(std::chrono::steady_clock::now() - start, 1900ms);
  killer.join();
  std::this_thread::sleep_for(2200ms);
  EXPECT_EQ(folder.entries(), 0U) << "a grandchild survived";
}

}  // namespace
}  // namespace offramp

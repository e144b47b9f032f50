#include "design/exit_study.h"

#include <gmock/gmock.h>

#include "base/expect_error.h"
#include "report_fixture.h"

namespace offramp::design {
namespace {

TEST(ExitStudyFile, ReadsBackAsWritten) {
  const ExitStudy study = testing::a_study();
  const std::string text = exit_study_json(study);
  const ExitStudy again = parse_exit_study(text, "exits.json");
  EXPECT_EQ(exit_study_json(again), text);
  EXPECT_EQ(again.images, 100U);
  EXPECT_EQ(again.confidence.at(0).stay, study.confidence[0].stay);
  EXPECT_EQ(again.fronts.at(0).series.at(1).name, "this design's registers");
  EXPECT_FALSE(again.fronts.at(0).series.at(1).line);
  EXPECT_EQ(again.last.at(0).predicted, 5);
}

TEST(ExitStudyFile, NamesTheFileThatIsDamaged) {
  for (const char* text : {"", "{", "{}", R"({"data_hash":"0","images":1,"confidence":[{}]})"}) {
    test::expect_error([&] { (void)parse_exit_study(text, "d/exits.json"); }, {"d/exits.json is damaged"});
  }
}

}  // namespace
}  // namespace offramp::design

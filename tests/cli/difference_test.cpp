// RTL that computes something else is found, named and answered with status 1.
#include <gmock/gmock.h>

#include "cli/program.h"
#include "cli/stages.h"
#include "cli/verbs.h"

namespace offramp::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(Difference, AWrongWeightIsNamedWithLayerPositionAndACommand) {
  const Scratch scratch;
  ::setenv("OFFRAMP_CACHE", OFFRAMP_BINARY_DIR "/test-models", 1);
  const std::string q = (scratch / "q").string();
  write_idx(scratch / "data", 64, 16);
  ASSERT_EQ(offramp({"quantize", lenet5(), "-o", q}).status, 0);
  ASSERT_EQ(offramp({"generate", q, "--target", "zcu106", "--exits", "static", "--array", "4x2x1"}).status,
            0);
  const cli::Design design = cli::read_design(q + "/static");
  cli::Arguments arguments;
  arguments.data = "idx:" + (scratch / "data").string();
  arguments.samples = 4;
  const cli::Data data = cli::read_data(arguments.data);

  // The program refuses a folder whose files have changed; here the change comes after it has looked.
  fs::path image;
  for (const auto& entry : fs::directory_iterator(q + "/static/mem")) {
    if (entry.path().filename().string().find("weights") != std::string::npos) image = entry.path();
  }
  std::string text = slurp(image);
  const std::size_t at = text.find_first_of("123456");
  ASSERT_NE(at, std::string::npos);
  text[at] = '7';
  spill(image, text);

  const cli::Verified verified =
      cli::verify_design(design, data, {}, arguments, [](std::size_t, std::size_t) {});
  EXPECT_FALSE(verified.verification.bit_exact);
  ASSERT_TRUE(verified.verification.first_mismatch);
  EXPECT_TRUE(fs::exists(verified.waves));
  const cli::Answer answer = cli::answer_of(design, verified);
  EXPECT_EQ(answer.status, ExitStatus::difference);
  EXPECT_THAT(answer.text, AllOf(HasSubstr("differs from the golden reference"), HasSubstr("expected"),
                                 HasSubstr("got"), HasSubstr("reproduce: offramp verify"),
                                 HasSubstr("--data " + arguments.data), HasSubstr("waves: ")));
  EXPECT_FALSE(answer.json["first_mismatch"]["layer"].get<std::string>().empty());
  EXPECT_THAT(slurp(q + "/static/verify.json"), HasSubstr("\"bit_exact\": false"));
}

}  // namespace
}  // namespace offramp::testing

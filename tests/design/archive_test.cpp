#include "design/archive.h"

#include <gmock/gmock.h>

#include <cstdlib>

#include "base/error.h"
#include "fixture.h"

namespace offramp::design {
namespace {

using ::testing::HasSubstr;
using testing::Scratch;
using testing::slurp;
using testing::spill;
using ::testing::ThrowsMessage;

TEST(Archive, IsUnpackedByTarToTheSameFiles) {
  const Scratch scratch;
  std::string large(100000, 'x');
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * i >> 3);
  const std::string deep = std::string(90, 'd') + "/" + std::string(60, 'f');
  const Files files{{"rtl/a.v", "module a;\n"},
                    {"empty", ""},
                    {"mem/block", std::string(512, 'b')},
                    {"large", large},
                    {deep, "deep"}};
  spill(scratch / "a.tar.gz", tar_gz("net_static", files));
  ASSERT_EQ(
      std::system(("tar -xzf " + (scratch / "a.tar.gz").string() + " -C " + scratch.path().string()).c_str()),
      0);
  for (const auto& [name, bytes] : files) EXPECT_EQ(slurp(scratch / ("net_static/" + name)), bytes) << name;
}

TEST(Archive, TheSameFilesGiveTheSameBytes) {
  const Files files{{"a", "1"}, {"b", "2"}};
  EXPECT_EQ(tar_gz("n", files), tar_gz("n", files));
}

TEST(Archive, ANameTooLongForTheFormatIsRefused) {
  EXPECT_THAT(
      [] {
        (void)tar_gz("n", {{std::string(300, 'x'), ""}});
      },
      ThrowsMessage<Error>(HasSubstr("too long for a tar archive")));
}

}  // namespace
}  // namespace offramp::design

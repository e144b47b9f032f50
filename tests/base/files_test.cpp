#include "base/files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "base/expect_error.h"
#include "base/temp_folder.h"

namespace offramp {
namespace {

namespace fs = std::filesystem;
using test::expect_error;
using test::TempFolder;

TEST(ReadFile, GivesTheBytesThatWriteFileWrote) {
  const TempFolder folder;
  std::string bytes("a\0b\n\xff", 5);
  bytes += std::string(300000, 'x');
  write_file(folder / "data", bytes);
  EXPECT_EQ(read_file(folder / "data"), bytes);
  EXPECT_EQ(folder.entries(), 1U) << "a temporary file was left";
  write_file(folder / "data", "");
  EXPECT_EQ(read_file(folder / "data"), "");
}

TEST(ReadFile, ReadsFilesWhoseSizeTheSystemDoesNotTell) {
  EXPECT_FALSE(read_file("/proc/self/status").empty());
}

TEST(ReadFile, NamesAFileThatIsMissing) {
  const TempFolder folder;
  expect_error([&] { return read_file(folder / "none.onnx"); }, {"none.onnx'", "no such file"});
}

TEST(ReadFile, RefusesADirectoryAndAPipe) {
  const TempFolder folder;
  expect_error([&] { return read_file(folder.path()); }, {folder.path().string(), "is a directory"});
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  expect_error([&] { return read_file(folder / "pipe"); }, {"pipe'", "device, pipe or socket"});
}

TEST(ReadFile, RefusesAFileAboveTheLimit) {
  const TempFolder folder;
  write_file(folder / "data", "12345");
  EXPECT_EQ(read_file(folder / "data", 5), "12345");
  expect_error([&] { return read_file(folder / "data", 4); }, {"data'", "5 bytes", "limit is 4"});
}

TEST(WriteFile, ReplacesAFileAndGivesItTheUsualPermissions) {
  const TempFolder folder;
  write_file(folder / "data", "old and long");
  write_file(folder / "data", "new");
  EXPECT_EQ(read_file(folder / "data"), "new");
  const mode_t mask = ::umask(022);
  ::umask(mask);
  EXPECT_EQ(static_cast<unsigned>(fs::status(folder / "data").permissions()), 0666U & ~mask);
}

TEST(WriteFile, NamesADirectoryThatIsMissing) {
  const TempFolder folder;
  expect_error([&] { write_file(folder / "no/data", "x"); }, {"no/data'", "there is no directory", "no'"});
}

TEST(WriteFile, RefusesTheNameOfADirectory) {
  const TempFolder folder;
  fs::create_directory(folder / "d");
  expect_error([&] { write_file(folder / "d", "x"); }, {"d'", "a directory has this name"});
  EXPECT_EQ(folder.entries(), 1U);
}

TEST(WriteFile, SaysThatADirectoryIsNotWritable) {
  if (::geteuid() == 0) {
    // For root permissions do not count; /proc is a place where it cannot write either.
    expect_error([] { write_file("/proc/offramp_test", "x"); }, {"cannot write '/proc/offramp_test'"});
    return;
  }
  const TempFolder folder;
  fs::permissions(folder.path(), fs::perms::owner_read | fs::perms::owner_exec);
  expect_error([&] { write_file(folder / "data", "x"); }, {"data'", "not writable", "another output folder"});
  fs::permissions(folder.path(), fs::perms::owner_all);
}

TEST(WriteFile, SaysThatTheDiskIsFull) {
  const int full = ::open("/dev/full", O_WRONLY);
  ASSERT_GE(full, 0);
  expect_error([&] { detail::write_all(full, "data", "out/rtl.v"); },
               {"cannot write 'out/rtl.v'", "disk is full"});
  ::close(full);
}

TEST(WriteFile, LeavesTheOldFileAndNoTemporaryOneWhenWritingFails) {
  const TempFolder folder;
  write_file(folder / "data", "old");
  // In a child, because the limit cannot be raised again: no file may grow beyond 1000 bytes.
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    try {
      write_file(folder / "data", std::string(2000, 'x'));
    } catch (const Error&) {
      ::_exit(read_file(folder / "data") == "old" ? 42 : 1);
    }
    ::_exit(2);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 42);
  EXPECT_EQ(folder.entries(), 1U);
}

TEST(MakeDirectory, MakesParentsAndAcceptsWhatExists) {
  const TempFolder folder;
  make_directory(folder / "a/b/c");
  make_directory(folder / "a/b/c");
  EXPECT_TRUE(fs::is_directory(folder / "a/b/c"));
}

TEST(MakeDirectory, NamesAFileInTheWay) {
  const TempFolder folder;
  write_file(folder / "a", "x");
  expect_error([&] { make_directory(folder / "a"); }, {"a'", "a file has this name"});
  expect_error([&] { make_directory(folder / "a/b"); }, {"a/b'", "cannot make the directory"});
}

}  // namespace
}  // namespace offramp

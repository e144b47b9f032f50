#include "design/driver_files.h"

#include <gmock/gmock.h>

#include "base/process.h"
#include "fixture.h"

namespace offramp::design {
namespace {

using ::testing::HasSubstr;
using testing::Scratch;
using testing::spill;

accel::Accelerator accelerator() {
  const quant::QNetwork network =
      quant::random_network(5, {.adds = false, .max_weight_bits = 8, .max_activation_bits = 8});
  return accel::plan_accelerator(
      network, {.strategy = accel::Strategy::pipeline, .backbone = {}, .exit_classifier = {}});
}

void write_driver(const Scratch& scratch, const accel::Accelerator& a) {
  for (const auto& [name, text] : driver_files(a, "net_pipeline")) spill(scratch / name, text);
}

TEST(DriverFiles, CompileAsC99WithoutALibraryAndWithEveryWarning) {
  const Scratch scratch;
  write_driver(scratch, accelerator());
  for (const char* file : {"offramp.c", "offramp_dma.c", "net_pipeline.c", "offramp_uio.c"}) {
    std::vector<std::string> argv = {"cc",      "-std=c99", "-pedantic",    "-Wall",
                                     "-Wextra", "-Wshadow", "-Wconversion", "-Werror",
                                     "-O2",     "-c",       "-o",           "/dev/null"};
    if (std::string(file) != "offramp_uio.c") argv.insert(argv.end(), {"-ffreestanding", "-nostdlib"});
    argv.push_back((scratch / "driver").string() + "/" + file);
    const ProcessResult built = run_process(argv);
    EXPECT_EQ(built.exit_code, 0) << file << ":\n" << built.output;
  }
}

TEST(DriverFiles, TheirHeadersCanBeReadByCpp) {
  const Scratch scratch;
  write_driver(scratch, accelerator());
  spill(scratch / "main.cpp",
        "#include \"driver/net_pipeline.h\"\n#include \"driver/offramp_uio.h\"\n"
        "#include \"driver/offramp_registers.h\"\n#include \"driver/registers.h\"\n"
        "static_assert(NET_PIPELINE_VERSION == OFFRAMP_VERSION, \"\");\n"
        "static_assert(NET_PIPELINE_CONFIGURATION == OFFRAMP_CONFIGURATION, \"\");\n"
        "static_assert(NET_PIPELINE_STATUS_TLAST_ERROR == OFFRAMP_STATUS_TLAST_ERROR, \"\");\n");
  const ProcessResult built = run_process(
      {"c++", "-std=c++11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", (scratch / "main.cpp").string()});
  EXPECT_EQ(built.exit_code, 0) << built.output;
}

TEST(DriverFiles, ReachRegistersThroughAFileThatIsMapped) {
  const Scratch scratch;
  write_driver(scratch, accelerator());
  spill(scratch / "registers", std::string(4096, '\0'));  // stands for /dev/uio0
  spill(scratch / "main.c", R"(
#include <assert.h>
#include <errno.h>
#include "driver/offramp_uio.h"
int main(int argc, char **argv) {
  struct offramp_uio uio;
  struct offramp_udmabuf memory;
  struct offramp_bus bus;
  uint32_t value = 0;
  assert(argc == 3);
  assert(offramp_uio_open(&uio, argv[2], 4096, &bus) == -1 && errno == ENOENT);
  assert(offramp_uio_open(&uio, argv[1], 4096, &bus) == 0);
  assert(bus.write(bus.context, 0x20, 0x12345678) == OFFRAMP_OK);
  assert(bus.read(bus.context, 0x20, &value) == OFFRAMP_OK && value == 0x12345678);
  assert(offramp_uio_wait(&uio, 10) == 1);
  offramp_uio_pause(&uio);
  offramp_uio_close(&uio);
  assert(offramp_udmabuf_open(&memory, "udmabuf-that-is-none") == -1 && errno == ENOENT);
  return 0;
}
)");
  const std::string binary = (scratch / "main").string();
  const ProcessResult built = run_process(
      {"cc", "-std=gnu99", "-Wall", "-Wextra", "-Werror", "-o", binary, (scratch / "main.c").string(),
       (scratch / "driver/offramp_uio.c").string(), (scratch / "driver/offramp.c").string()});
  ASSERT_EQ(built.exit_code, 0) << built.output;
  const ProcessResult run =
      run_process({binary, (scratch / "registers").string(), (scratch / "none").string()});
  EXPECT_EQ(run.exit_code, 0) << run.output;
  EXPECT_EQ(testing::slurp(scratch / "registers").substr(0x20, 4), "\x78\x56\x34\x12");
}

/// The code blocks of a language in docs/drivers.md.
std::vector<std::string> documented(const std::string& language) {
  const std::string page = testing::slurp(std::string(OFFRAMP_SOURCE_DIR) + "/docs/drivers.md");
  const std::string begin = "```" + language + "\n";
  std::vector<std::string> blocks;
  for (std::size_t at = page.find(begin); at != std::string::npos; at = page.find(begin, at)) {
    at += begin.size();
    blocks.push_back(page.substr(at, page.find("```", at) - at));
  }
  return blocks;
}

TEST(DriverFiles, AreUsedInTheDocumentationAsTheyAre) {
  const Scratch scratch;
  for (const auto& [name, text] : driver_files(accelerator(), "lenet5_parallel")) spill(scratch / name, text);
  const std::vector<std::string> blocks = documented("c");
  ASSERT_EQ(blocks.size(), 2U);
  for (const std::string& block : blocks) {
    spill(scratch / "driver/example.c", block);
    const ProcessResult built = run_process({"cc", "-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror",
                                             "-fsyntax-only", (scratch / "driver/example.c").string()});
    EXPECT_EQ(built.exit_code, 0) << built.output;
  }
}

TEST(DriverFiles, TheTableForPeopleHasEveryRegisterAndField) {
  const std::vector<accel::Register> map = accel::register_map(accelerator());
  const std::string table = register_table("net_pipeline", map);
  for (const accel::Register& r : map) {
    EXPECT_THAT(table, HasSubstr("`" + r.name + "` | " + std::to_string(r.bits)));
    for (const blocks::RegisterField& f : r.fields)
      EXPECT_THAT(table, HasSubstr("`" + r.name + "." + f.name));
  }
}

/// What a Python program prints that has the driver's folder on its path.
ProcessResult python(const Scratch& scratch, const std::string& program) {
  spill(scratch / "test.py", program);
  return run_process({"python3", "-B", (scratch / "test.py").string()},
                     {.environment = {{"PYTHONPATH", (scratch / "driver").string()}}});
}

/// Registers that remember what is written, and memory as pynq.allocate gives it, in plain Python.
constexpr const char* kFakes = R"(
class Registers:
    def __init__(self, values):
        self.values, self.writes = dict(values), []
    def read(self, offset):
        return self.values.get(offset, 0)
    def write(self, offset, value):
        assert 0 <= value < 1 << 32
        self.writes.append((offset, value))
        self.values[offset] = value

def raises(call, text):
    try:
        call()
    except OfframpError as error:
        assert text in str(error), error
    else:
        raise AssertionError("nothing was raised: " + text)
)";

TEST(PythonDriver, SpeaksToItsOwnDesignAndToNoOther) {
  if (!find_tool("python3")) GTEST_SKIP() << "skipped: python3 not found";
  const Scratch scratch;
  write_driver(scratch, accelerator());
  const ProcessResult run =
      python(scratch, std::string("from offramp import *\nfrom net_pipeline import *\n") + kFakes + R"(
NetPipeline  # PYNQ takes it for the design
assert NetPipeline.bindto[0].endswith(":net_pipeline:1.0")
map = NetPipeline.REGISTERS
fake = Registers({map[n].offset: map[n].reset for n in ("version", "configuration")})
device = NetPipeline(mmio=fake)
device.check()
fake.values[map["configuration"].offset] ^= 1
raises(device.check, "configuration")

device.set_threshold(0, 0x3_12345678)
assert fake.writes[-2:] == [(map["threshold_0"].offset, 0x12345678), (map["threshold_0"].offset + 4, 3)]
assert device.threshold(0) == 0x3_12345678
raises(lambda: device.set_threshold(0, 1 << 34), "34 bits")
raises(lambda: device.set("cycles", 0), "cannot be written")
device.set_criterion(0, ENTROPY)
assert device.criterion(0) == ENTROPY
raises(lambda: device.set_criterion(0, 16), "4 bits")
raises(lambda: device.set_weights(0), "no register weights_address")

device.patience = 0.01
raises(device.stop, "nothing happened")
assert fake.values[0] == 0x80
fake.values[map["status"].offset] = 1
raises(device.check_status, "TLAST")

fake.values[0] = 4
device.stop = lambda: fake.writes.append("stop")
device.load("# comment\n00 00000080\n20 0000000a\n00 00000081\n")
assert fake.writes[-3:] == ["stop", (0x20, 10), (0, 0x81)]
raises(lambda: device.load("00 00000080\n20 0000000a\n"), "no load script")

assert decode_result(0x85020007) == Result(top_class=7, exit=2, number=5, error=True)
print("done")
)");
  EXPECT_EQ(run.exit_code, 0) << run.output;
  EXPECT_THAT(run.output, HasSubstr("done"));
}

TEST(PythonDriver, RunsImagesThroughTheRingsOfADmaEngine) {
  if (!find_tool("python3")) GTEST_SKIP() << "skipped: python3 not found";
  if (run_process({"python3", "-c", "import numpy"}).exit_code != 0) {
    GTEST_SKIP() << "skipped: Python's numpy not found";
  }
  const Scratch scratch;
  write_driver(scratch, accelerator());
  const ProcessResult run = python(scratch, std::string("import numpy\nfrom offramp import *\n"
                                                        "from net_pipeline import *\n") +
                                                kFakes + R"(
BASE = 0x10000000

class Memory(numpy.ndarray):
    """One after the other from BASE on."""
    at = BASE
    parts = []
    def flush(self): pass
    def invalidate(self): Engine.work()

def allocate(shape, dtype):
    memory = numpy.zeros(shape, dtype).view(Memory)
    memory.physical_address = Memory.at
    Memory.at += (memory.nbytes + 4095) // 4096 * 4096
    Memory.parts.append(memory)
    return memory

def find(address, count):
    for part in Memory.parts:
        start = address - part.physical_address
        if 0 <= start and start + count <= part.nbytes:
            return part.view(numpy.ndarray).reshape(-1).view("u1")[start : start + count]
    raise AssertionError(f"nothing lies at {address:#x}")

class Engine(Registers):
    """Follows both rings when memory is looked at; the answer to an image is the sum of its bytes. Results
    come in pairs, the later of two first."""
    def __init__(self):
        super().__init__({})
        self.next, self.pairs, self.number = {}, [], 0
        Engine.one = self
    def read(self, offset):
        return super().read(offset) & ~4  # a reset is over at once
    @staticmethod
    def work():
        self = Engine.one
        images = self.ring(0x00)
        for d in images:
            length = int(d[6]) & 0x3FFFFFF
            assert int(d[6]) >> 26 == 3 and int(d[7]) == 0
            pixels = find(int(d[2]), length)
            self.pairs.append((self.number % 128, int(pixels.sum()) % 65536))
            self.number += 1
            d[7] = 0x80000000 | length
        for i in range(0, len(self.pairs) - 1, 2):
            self.pairs[i], self.pairs[i + 1] = self.pairs[i + 1], self.pairs[i]
        for d in self.ring(0x30):
            number, answer = self.pairs.pop(0)
            find(int(d[2]), 4).view("u4")[0] = number << 24 | answer
            assert int(d[6]) == 8 and int(d[7]) == 0
            d[7] = 0x8C000004
    def ring(self, channel):
        """Descriptors from the present one to the tail."""
        if channel + 0x10 not in self.values:
            return []
        at, tail, found = self.next.get(channel, self.values[channel + 8]), self.values.pop(channel + 0x10), []
        while True:
            found.append(find(at, 64).view("u4"))
            following = int(found[-1][0])
            if at == tail:
                break
            at = following
        self.next[channel] = following
        return found

device = NetPipeline(mmio=Registers({}))
dma = Dma(device, Engine(), allocate, images=8)
random = numpy.random.default_rng(1)
for count in (1, 8, 200, 3):
    images = random.integers(0, 256, (count,) + NetPipeline.SHAPE, dtype="u1")
    results = dma.run(images)
    assert [r.top_class for r in results] == [int(i.sum()) % 65536 for i in images]
raises(dma.receive, "no image is under way")
print("done")
)");
  EXPECT_EQ(run.exit_code, 0) << run.output;
  EXPECT_THAT(run.output, HasSubstr("done"));
}

}  // namespace
}  // namespace offramp::design

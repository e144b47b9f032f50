#include "verif/driver_host.h"

#include <utility>

#include "verif/random.h"

namespace offramp::verif {
namespace {

constexpr int kPauseCycles = 32;  // of a driver's look at something that it waits for
constexpr int kEngineCycles = 8;  // of an access of the DMA engine's registers

AxiMemory::Options weight_memory(const accel::Accelerator& accelerator, const DriverHost::Options& o) {
  AxiMemory::Options options;
  options.beats_per_256 = accelerator.options.weights.beats_per_256;
  options.seed = mix_seed(o.seed, 1);
  if (o.stalls) options.address_stalls = options.data_stalls = StallProfile::light;
  return options;
}

}  // namespace

DriverHost::DriverHost(VerilatedModel& model, const accel::Accelerator& accelerator, Options options)
    : options_(std::move(options)),
      memory_(kMemoryAddress, options_.memory_bytes),
      engine_(model, log_, memory_,
              {.wide = options_.wide,
               .stalls = options_.stalls ? StallProfile::mixed : StallProfile::none,
               .seed = mix_seed(options_.seed, 2)}),
      master_(model, log_, {.gaps = options_.stalls, .seed = mix_seed(options_.seed, 3)}),
      monitor_(model, "m_axis", log_, 1),
      irq_(model.port("irq")),
      bench_(model, {}) {
  for (Agent* agent : std::initializer_list<Agent*>{&engine_, &master_, &monitor_}) bench_.attach(*agent);
  if (accelerator.engines.front().beat_bits > 0) {
    weights_.emplace(model, log_, options_.weights, weight_memory(accelerator, options_));
    bench_.attach(*weights_);
  }
  bench_.reset();
}

template <typename Work>
bool DriverHost::guarded(Work work) {
  if (thrown_) return false;
  try {
    work();
    return true;
  } catch (...) {
    thrown_ = std::current_exception();
    return false;
  }
}

void DriverHost::rethrow() {
  if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
}

void DriverHost::run(int cycles) {
  for (int i = 0; i < cycles; ++i) bench_.cycle();
}

const AxiLiteMaster::Access& DriverHost::transfer() {
  bench_.run_until([&] { return master_.idle(); });
  return master_.done().back();
}

int DriverHost::read_register(void* host, std::uint32_t offset, std::uint32_t* value) {
  auto& self = *static_cast<DriverHost*>(host);
  int answer = OFFRAMP_ERROR_BUS;
  self.guarded([&] {
    self.master_.read(offset);
    ++self.made_.reads;
    const AxiLiteMaster::Access& access = self.transfer();
    *value = access.data;
    if (access.response == 0) answer = OFFRAMP_OK;
  });
  return answer;
}

int DriverHost::write_register(void* host, std::uint32_t offset, std::uint32_t value) {
  auto& self = *static_cast<DriverHost*>(host);
  int answer = OFFRAMP_ERROR_BUS;
  self.guarded([&] {
    self.master_.write(offset, value);
    ++self.made_.writes;
    if (self.transfer().response == 0) answer = OFFRAMP_OK;
  });
  return answer;
}

int DriverHost::read_engine(void* host, std::uint32_t offset, std::uint32_t* value) {
  auto& self = *static_cast<DriverHost*>(host);
  bool known = false;
  ++self.made_.dma_reads;
  self.guarded([&] {
    self.run(kEngineCycles);
    known = self.engine_.read(offset, *value);
  });
  return known ? OFFRAMP_OK : OFFRAMP_ERROR_BUS;
}

int DriverHost::write_engine(void* host, std::uint32_t offset, std::uint32_t value) {
  auto& self = *static_cast<DriverHost*>(host);
  bool known = false;
  ++self.made_.dma_writes;
  self.guarded([&] {
    self.run(kEngineCycles);
    known = self.engine_.write(offset, value);
  });
  return known ? OFFRAMP_OK : OFFRAMP_ERROR_BUS;
}

void DriverHost::pause(void* host) {
  auto& self = *static_cast<DriverHost*>(host);
  self.guarded([&] { self.run(kPauseCycles); });
}

int DriverHost::reset(void* host) {
  auto& self = *static_cast<DriverHost*>(host);
  return self.guarded([&] { self.bench_.reset(); }) ? OFFRAMP_OK : OFFRAMP_ERROR_BUS;
}

offramp_bus DriverHost::bus() {
  return {.context = this, .read = read_register, .write = write_register};
}

offramp_platform DriverHost::platform() {
  return {.context = this,
          .pause = pause,
          .reset = reset,
          .flush = nullptr,
          .invalidate = nullptr,
          .patience = options_.patience};
}

offramp_dma_config DriverHost::dma(std::size_t bytes) {
  return {.bus = {.context = this, .read = read_engine, .write = write_engine},
          .memory = memory_.find(kMemoryAddress, bytes),
          .address = kMemoryAddress,
          .bytes = bytes,
          .image_alignment = 1,
          .wide = options_.wide ? 1U : 0U};
}

DriverHost::Counts DriverHost::total() const {
  Counts all = made_;
  all.descriptors = engine_.descriptors();
  all.cycles = bench_.cycles();
  return all;
}

DriverHost::Counts DriverHost::counts() const {
  const Counts now = total();
  return {.reads = now.reads - begun_.reads,
          .writes = now.writes - begun_.writes,
          .dma_reads = now.dma_reads - begun_.dma_reads,
          .dma_writes = now.dma_writes - begun_.dma_writes,
          .descriptors = now.descriptors - begun_.descriptors,
          .cycles = now.cycles - begun_.cycles};
}

}  // namespace offramp::verif

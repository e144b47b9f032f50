#include "offramp.h"

#include "offramp_registers.h"

#define WEIGHTS_DECODE_ERROR 3u /* AXI's DECERR */

const char* offramp_error_text(int error) {
  switch (error) {
    case OFFRAMP_OK:
      return "no error";
    case OFFRAMP_ERROR_BUS:
      return "a register access was answered with an error; is the base address right?";
    case OFFRAMP_ERROR_VERSION:
      return "no design of this version of Offramp answers; is the bitstream loaded, the base address right?";
    case OFFRAMP_ERROR_CONFIGURATION:
      return "another design answers; take the driver of the design that is loaded";
    case OFFRAMP_ERROR_ARGUMENT:
      return "a number is out of range or an address is not aligned";
    case OFFRAMP_ERROR_ABSENT:
      return "the design has no such register";
    case OFFRAMP_ERROR_TIMEOUT:
      return "nothing happened for as long as the platform's patience lasts";
    case OFFRAMP_ERROR_TLAST:
      return "TLAST and the size of an image disagreed; reset the accelerator and send whole images";
    case OFFRAMP_ERROR_WEIGHTS_REFUSED:
      return "the weight image is damaged or another design's; load mem/weights.bin of this design";
    case OFFRAMP_ERROR_WEIGHTS_SLAVE:
      return "memory answered a read of weights with SLVERR";
    case OFFRAMP_ERROR_WEIGHTS_DECODE:
      return "nothing lies where the weights were read (DECERR); is their address right?";
    case OFFRAMP_ERROR_SCRIPT:
      return "the text is no load script; take networks/NAME.load or what 'offramp load' wrote";
    case OFFRAMP_ERROR_NO_RESET:
      return "the platform has no reset of the accelerator";
    case OFFRAMP_ERROR_DMA_INTERNAL:
      return "DMA: a length of 0, or a packet that is longer than its buffer";
    case OFFRAMP_ERROR_DMA_SLAVE:
      return "DMA: memory answered with SLVERR";
    case OFFRAMP_ERROR_DMA_DECODE:
      return "DMA: nothing lies at a buffer's address (DECERR)";
    case OFFRAMP_ERROR_DMA_DESCRIPTOR:
      return "DMA: a descriptor could not be read or had been used before";
    case OFFRAMP_ERROR_FULL:
      return "all descriptors are in use; receive results first";
    case OFFRAMP_ERROR_EMPTY:
      return "no image is under way";
    case OFFRAMP_ERROR_RESULT:
      return "a result does not answer an image that is under way; reset the accelerator";
    default:
      return "unknown error";
  }
}

static int memory_read(void* context, uint32_t offset, uint32_t* value) {
  *value = ((volatile uint32_t*)context)[offset / 4u];
  return OFFRAMP_OK;
}

static int memory_write(void* context, uint32_t offset, uint32_t value) {
  ((volatile uint32_t*)context)[offset / 4u] = value;
  return OFFRAMP_OK;
}

void offramp_memory_bus(struct offramp_bus* bus, volatile void* base) {
  bus->context = (void*)base;
  bus->read = memory_read;
  bus->write = memory_write;
}

int offramp_read(const struct offramp_device* device, uint32_t offset, uint32_t* value) {
  return device->bus.read(device->bus.context, offset, value);
}

int offramp_write(const struct offramp_device* device, uint32_t offset, uint32_t value) {
  return device->bus.write(device->bus.context, offset, value);
}

int offramp_read64(const struct offramp_device* device, uint32_t offset, uint64_t* value) {
  uint32_t low = 0, high = 0;
  int error = offramp_read(device, offset, &low);
  if (error == OFFRAMP_OK) error = offramp_read(device, offset + 4u, &high);
  if (error == OFFRAMP_OK) *value = (uint64_t)high << 32 | low;
  return error;
}

int offramp_write64(const struct offramp_device* device, uint32_t offset, uint64_t value) {
  const int error = offramp_write(device, offset, (uint32_t)value);
  return error != OFFRAMP_OK ? error : offramp_write(device, offset + 4u, (uint32_t)(value >> 32));
}

/* Registers that not every design has. */
static int read_optional(const struct offramp_device* device, uint32_t offset, uint32_t* value) {
  return offset == 0u ? OFFRAMP_ERROR_ABSENT : offramp_read(device, offset, value);
}

static int write_optional(const struct offramp_device* device, uint32_t offset, uint32_t value) {
  return offset == 0u ? OFFRAMP_ERROR_ABSENT : offramp_write(device, offset, value);
}

/* The offset of an exit's register in a bank. */
static int find(const struct offramp_bank* bank, uint32_t exit, uint32_t* offset) {
  if (bank->first == 0u) return OFFRAMP_ERROR_ABSENT;
  if (exit >= bank->count) return OFFRAMP_ERROR_ARGUMENT;
  *offset = bank->first + exit * bank->step;
  return OFFRAMP_OK;
}

static int read_bank64(const struct offramp_device* device, const struct offramp_bank* bank, uint32_t exit,
                       uint64_t* value) {
  uint32_t offset = 0;
  const int error = find(bank, exit, &offset);
  return error != OFFRAMP_OK ? error : offramp_read64(device, offset, value);
}

static int write_bank64(const struct offramp_device* device, const struct offramp_bank* bank, uint32_t exit,
                        uint64_t value) {
  uint32_t offset = 0;
  const int error = find(bank, exit, &offset);
  return error != OFFRAMP_OK ? error : offramp_write64(device, offset, value);
}

static int read_bank(const struct offramp_device* device, const struct offramp_bank* bank, uint32_t exit,
                     uint32_t* value) {
  uint32_t offset = 0;
  const int error = find(bank, exit, &offset);
  return error != OFFRAMP_OK ? error : offramp_read(device, offset, value);
}

static int write_bank(const struct offramp_device* device, const struct offramp_bank* bank, uint32_t exit,
                      uint32_t value) {
  uint32_t offset = 0;
  const int error = find(bank, exit, &offset);
  return error != OFFRAMP_OK ? error : offramp_write(device, offset, value);
}

/* Looks at a register until all bits of `all` or one of `any` is set. */
static int wait_for(const struct offramp_device* device, uint32_t offset, uint32_t all, uint32_t any,
                    uint32_t* value) {
  const struct offramp_platform* platform = &device->platform;
  uint32_t looks;
  for (looks = 0;; ++looks) {
    const int error = offramp_read(device, offset, value);
    if (error != OFFRAMP_OK) return error;
    if ((*value & all) == all || (*value & any) != 0u) return OFFRAMP_OK;
    if (platform->patience != 0u && looks >= platform->patience) return OFFRAMP_ERROR_TIMEOUT;
    if (platform->pause != NULL) platform->pause(platform->context);
  }
}

static int check_identity(const struct offramp_device* device) {
  uint32_t value = 0;
  int error = offramp_read(device, OFFRAMP_VERSION, &value);
  if (error != OFFRAMP_OK) return error;
  if (value != device->design->version) return OFFRAMP_ERROR_VERSION;
  error = offramp_read(device, OFFRAMP_CONFIGURATION, &value);
  if (error != OFFRAMP_OK) return error;
  return value == device->design->configuration ? OFFRAMP_OK : OFFRAMP_ERROR_CONFIGURATION;
}

int offramp_open(struct offramp_device* device, const struct offramp_design* design,
                 const struct offramp_bus* bus, const struct offramp_platform* platform) {
  device->design = design;
  device->bus = *bus;
  device->platform = *platform;
  device->image_bytes = design->rows * design->columns * design->channels;
  return check_identity(device);
}

int offramp_reset(struct offramp_device* device) {
  const struct offramp_platform* platform = &device->platform;
  int error;
  if (platform->reset == NULL) return OFFRAMP_ERROR_NO_RESET;
  error = platform->reset(platform->context);
  return error != OFFRAMP_OK ? error : check_identity(device);
}

int offramp_start(const struct offramp_device* device) {
  return offramp_write(device, OFFRAMP_CONTROL, OFFRAMP_CONTROL_AUTO_RESTART | OFFRAMP_CONTROL_START);
}

int offramp_stop(const struct offramp_device* device) {
  uint32_t control = 0;
  const int error = offramp_write(device, OFFRAMP_CONTROL, OFFRAMP_CONTROL_AUTO_RESTART);
  return error != OFFRAMP_OK
             ? error
             : wait_for(device, OFFRAMP_CONTROL, OFFRAMP_CONTROL_IDLE, OFFRAMP_CONTROL_IDLE, &control);
}

static int weights_error(uint32_t status) {
  const uint32_t response =
      (status & OFFRAMP_STATUS_WEIGHTS_RESPONSE) >> OFFRAMP_STATUS_WEIGHTS_RESPONSE_SHIFT;
  if (response == WEIGHTS_DECODE_ERROR) return OFFRAMP_ERROR_WEIGHTS_DECODE;
  return response != 0u ? OFFRAMP_ERROR_WEIGHTS_SLAVE : OFFRAMP_ERROR_WEIGHTS_REFUSED;
}

int offramp_set_weights(const struct offramp_device* device, uint64_t address) {
  const struct offramp_design* design = device->design;
  uint32_t status = 0;
  int error;
  if (design->weights_address == 0u) return OFFRAMP_ERROR_ABSENT;
  if (address % design->weights_alignment != 0u || address >> 32 != 0u) return OFFRAMP_ERROR_ARGUMENT;
  error = offramp_write(device, design->weights_address, (uint32_t)address);
  if (error != OFFRAMP_OK) return error;
  error =
      wait_for(device, design->status, OFFRAMP_STATUS_WEIGHTS_READY, OFFRAMP_STATUS_WEIGHTS_REFUSED, &status);
  if (error != OFFRAMP_OK) return error;
  return (status & OFFRAMP_STATUS_WEIGHTS_REFUSED) != 0u ? weights_error(status) : OFFRAMP_OK;
}

/* The digits at `at`, which it moves behind them; up to 8 of them. */
static int hexadecimal(const char* text, size_t length, size_t* at, uint32_t* value) {
  size_t digits = 0;
  *value = 0;
  for (; *at < length; ++*at, ++digits) {
    const char c = text[*at];
    uint32_t digit;
    if (c >= '0' && c <= '9') {
      digit = (uint32_t)(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = (uint32_t)(c - 'a') + 10u;
    } else {
      break;
    }
    *value = *value << 4 | digit;
  }
  return digits >= 1u && digits <= 8u ? OFFRAMP_OK : OFFRAMP_ERROR_SCRIPT;
}

/* The next write of a load script, or OFFRAMP_ERROR_EMPTY at its end. */
static int next_write(const char* text, size_t length, size_t* at, uint32_t* offset, uint32_t* value) {
  int error;
  for (;;) {
    if (*at >= length) return OFFRAMP_ERROR_EMPTY;
    if (text[*at] == '#') {
      while (*at < length && text[*at] != '\n') ++*at;
    } else if (text[*at] == '\n' || text[*at] == '\r' || text[*at] == ' ') {
      ++*at;
    } else {
      break;
    }
  }
  error = hexadecimal(text, length, at, offset);
  if (error != OFFRAMP_OK) return error;
  if (*at >= length || text[*at] != ' ') return OFFRAMP_ERROR_SCRIPT;
  ++*at;
  return hexadecimal(text, length, at, value);
}

int offramp_load(const struct offramp_device* device, const char* script, size_t length) {
  size_t at = 0;
  uint32_t offset = 0, value = 0;
  int error;
  /* All of it is read before anything is written: half a network is worse than none. The last write
     starts it. */
  while ((error = next_write(script, length, &at, &offset, &value)) == OFFRAMP_OK) {
  }
  if (error != OFFRAMP_ERROR_EMPTY) return error;
  if (offset != OFFRAMP_CONTROL || (value & OFFRAMP_CONTROL_START) == 0u) return OFFRAMP_ERROR_SCRIPT;
  at = 0;
  error = next_write(script, length, &at, &offset, &value);
  if (error != OFFRAMP_OK || offset != OFFRAMP_CONTROL || (value & OFFRAMP_CONTROL_START) != 0u)
    return OFFRAMP_ERROR_SCRIPT;
  error = offramp_stop(device);
  while (error == OFFRAMP_OK && (error = next_write(script, length, &at, &offset, &value)) == OFFRAMP_OK)
    error = offramp_write(device, offset, value);
  return error == OFFRAMP_ERROR_EMPTY ? OFFRAMP_OK : error;
}

int offramp_load_word(const struct offramp_device* device, uint32_t engine, uint32_t table, uint32_t address,
                      const uint32_t* parts, size_t words) {
  size_t i;
  if (engine > 15u || table > 15u || address >> OFFRAMP_LOAD_ADDRESS_TABLE_SHIFT != 0u)
    return OFFRAMP_ERROR_ARGUMENT;
  for (i = 0; i < words; ++i) {
    const int error = offramp_write(device, device->design->load_data, parts[i]);
    if (error != OFFRAMP_OK) return error;
  }
  return offramp_write(
      device, device->design->load_address,
      engine << OFFRAMP_LOAD_ADDRESS_ENGINE_SHIFT | table << OFFRAMP_LOAD_ADDRESS_TABLE_SHIFT | address);
}

int offramp_set_criterion(const struct offramp_device* device, uint32_t exit, uint32_t criterion) {
  const struct offramp_design* design = device->design;
  const uint32_t shift = 4u * (exit % 8u);
  uint32_t all = 0;
  int error;
  if (design->criterion == 0u) return OFFRAMP_ERROR_ABSENT;
  if (exit >= design->threshold.count || criterion > 15u) return OFFRAMP_ERROR_ARGUMENT;
  error = offramp_read(device, design->criterion + exit / 8u * 4u, &all);
  if (error != OFFRAMP_OK) return error;
  all = (all & ~(15u << shift)) | criterion << shift;
  return offramp_write(device, design->criterion + exit / 8u * 4u, all);
}

int offramp_get_criterion(const struct offramp_device* device, uint32_t exit, uint32_t* criterion) {
  const struct offramp_design* design = device->design;
  uint32_t all = 0;
  int error;
  if (design->criterion == 0u) return OFFRAMP_ERROR_ABSENT;
  if (exit >= design->threshold.count) return OFFRAMP_ERROR_ARGUMENT;
  error = offramp_read(device, design->criterion + exit / 8u * 4u, &all);
  *criterion = all >> 4u * (exit % 8u) & 15u;
  return error;
}

int offramp_set_threshold(const struct offramp_device* device, uint32_t exit, uint64_t threshold) {
  return write_bank64(device, &device->design->threshold, exit, threshold);
}

int offramp_get_threshold(const struct offramp_device* device, uint32_t exit, uint64_t* threshold) {
  return read_bank64(device, &device->design->threshold, exit, threshold);
}

int offramp_set_skip(const struct offramp_device* device, uint32_t exit, uint32_t level, int above) {
  if ((level & OFFRAMP_SKIP_ABOVE) != 0u) return OFFRAMP_ERROR_ARGUMENT;
  return write_bank(device, &device->design->skip, exit, level | (above != 0 ? OFFRAMP_SKIP_ABOVE : 0u));
}

int offramp_get_skip(const struct offramp_device* device, uint32_t exit, uint32_t* level, int* above) {
  uint32_t value = 0;
  const int error = read_bank(device, &device->design->skip, exit, &value);
  *level = value & OFFRAMP_SKIP_LEVEL;
  *above = (value & OFFRAMP_SKIP_ABOVE) != 0u;
  return error;
}

int offramp_exit_count(const struct offramp_device* device, uint32_t exit, uint32_t* samples) {
  /* A design without early exits counts its last one alone. */
  const uint32_t first = device->design->exits - device->design->exit_count.count;
  if (exit >= device->design->exits) return OFFRAMP_ERROR_ARGUMENT;
  if (exit < first) return OFFRAMP_ERROR_ABSENT;
  return read_bank(device, &device->design->exit_count, exit - first, samples);
}

int offramp_samples(const struct offramp_device* device, uint32_t* samples) {
  return offramp_read(device, device->design->samples, samples);
}

int offramp_cycles(const struct offramp_device* device, uint64_t* cycles) {
  return offramp_read64(device, device->design->cycles, cycles);
}

int offramp_status(const struct offramp_device* device, uint32_t* status) {
  return offramp_read(device, device->design->status, status);
}

int offramp_errors(const struct offramp_device* device) {
  uint32_t status = 0;
  const int error = offramp_status(device, &status);
  if (error != OFFRAMP_OK) return error;
  if ((status & OFFRAMP_STATUS_TLAST_ERROR) != 0u) return OFFRAMP_ERROR_TLAST;
  if ((status & OFFRAMP_STATUS_WEIGHTS_REFUSED) != 0u) return weights_error(status);
  if ((status & OFFRAMP_STATUS_WEIGHTS_READ_FAILED) != 0u) {
    const int why = weights_error(status);
    return why == OFFRAMP_ERROR_WEIGHTS_REFUSED ? OFFRAMP_ERROR_WEIGHTS_SLAVE : why;
  }
  return OFFRAMP_OK;
}

int offramp_enable_interrupts(const struct offramp_device* device, uint32_t events) {
  const int error = offramp_write(device, OFFRAMP_INTERRUPT_ENABLE, events);
  return error != OFFRAMP_OK ? error
                             : offramp_write(device, OFFRAMP_GLOBAL_INTERRUPT_ENABLE,
                                             events != 0u ? OFFRAMP_GLOBAL_INTERRUPT_ENABLE_ON : 0u);
}

int offramp_take_interrupts(const struct offramp_device* device, uint32_t* events) {
  int error = offramp_read(device, OFFRAMP_INTERRUPT_STATUS, events);
  /* Bits toggle: only those that were seen are written, what comes meanwhile stays. */
  if (error == OFFRAMP_OK && *events != 0u) error = offramp_write(device, OFFRAMP_INTERRUPT_STATUS, *events);
  return error;
}

int offramp_watch_clear(const struct offramp_device* device, int histogram, int window) {
  return write_optional(device, device->design->watch_clear,
                        (histogram != 0 ? OFFRAMP_WATCH_CLEAR_HISTOGRAM : 0u) |
                            (window != 0 ? OFFRAMP_WATCH_CLEAR_WINDOW : 0u));
}

int offramp_histogram(const struct offramp_device* device, uint32_t exit, uint32_t bin, uint32_t* count) {
  const struct offramp_design* design = device->design;
  int error;
  if (design->histogram_select == 0u) return OFFRAMP_ERROR_ABSENT;
  if (exit >= design->threshold.count || bin > 15u) return OFFRAMP_ERROR_ARGUMENT;
  error = offramp_write(device, design->histogram_select, 16u * exit + bin);
  return error != OFFRAMP_OK ? error : offramp_read(device, design->histogram_count, count);
}

int offramp_set_window(const struct offramp_device* device, uint32_t log2_results) {
  return log2_results > 15u ? OFFRAMP_ERROR_ARGUMENT
                            : write_optional(device, device->design->watch_window, log2_results);
}

int offramp_windows(const struct offramp_device* device, uint32_t* windows) {
  return read_optional(device, device->design->windows, windows);
}

int offramp_set_band(const struct offramp_device* device, uint32_t exit, uint32_t fewest, uint32_t most) {
  if (fewest > 0xFFFFu || most > 0xFFFFu) return OFFRAMP_ERROR_ARGUMENT;
  return write_bank(device, &device->design->band, exit, most << OFFRAMP_BAND_MOST_SHIFT | fewest);
}

int offramp_drift(const struct offramp_device* device, uint32_t clear, uint32_t* exits) {
  const int error = read_optional(device, device->design->drift, exits);
  return error != OFFRAMP_OK || clear == 0u ? error : offramp_write(device, device->design->drift, clear);
}

int offramp_set_hold(const struct offramp_device* device, uint32_t target, uint32_t slack) {
  const int error = write_optional(device, device->design->latency_slack, slack);
  return error != OFFRAMP_OK ? error : offramp_write(device, device->design->latency_target, target);
}

int offramp_set_steps(const struct offramp_device* device, uint32_t exit, uint32_t step, uint64_t low,
                      uint64_t high) {
  const struct offramp_design* design = device->design;
  int error = write_bank(device, &design->step, exit, step);
  if (error == OFFRAMP_OK) error = write_bank64(device, &design->limit_low, exit, low);
  return error != OFFRAMP_OK ? error : write_bank64(device, &design->limit_high, exit, high);
}

int offramp_window_latency(const struct offramp_device* device, uint32_t* cycles) {
  return read_optional(device, device->design->window_latency, cycles);
}

int offramp_threshold_now(const struct offramp_device* device, uint32_t exit, uint64_t* threshold) {
  return read_bank64(device, &device->design->threshold_now, exit, threshold);
}

void offramp_decode_result(uint32_t word, struct offramp_result* result) {
  result->error = word >> 31;
  result->number = word >> 24 & 0x7Fu;
  result->exit = word >> 16 & 0xFFu;
  result->top_class = word & 0xFFFFu;
}

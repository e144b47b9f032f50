#include "offramp_dma.h"

/* Registers of a channel (PG021, "Register Space"), from its first one on. */
#define IMAGES 0x00u  /* MM2S */
#define RESULTS 0x30u /* S2MM */
#define DMACR 0x00u
#define DMASR 0x04u
#define CURDESC 0x08u
#define CURDESC_MSB 0x0Cu
#define TAILDESC 0x10u
#define TAILDESC_MSB 0x14u

#define DMACR_RUN (1u << 0)
#define DMACR_RESET (1u << 2)
#define DMACR_COMPLETE_IRQ (1u << 12)
#define DMACR_DELAY_IRQ (1u << 13)
#define DMACR_ERROR_IRQ (1u << 14)
#define DMACR_THRESHOLD_SHIFT 16
#define DMACR_DELAY_SHIFT 24
#define DMASR_HALTED (1u << 0)
#define DMASR_INTERNAL_ERROR (1u << 4)
#define DMASR_SLAVE_ERROR (1u << 5)
#define DMASR_DECODE_ERROR (1u << 6)
#define DMASR_DESCRIPTOR_ERRORS (7u << 8)
#define DMASR_IRQS (7u << 12)

/* Words of a descriptor (PG021, "Scatter Gather Descriptor"). */
enum { NEXT = 0, NEXT_MSB = 1, BUFFER = 2, BUFFER_MSB = 3, CONTROL = 6, STATUS = 7, WORDS = 16 };
#define CONTROL_FIRST (1u << 27)
#define CONTROL_LAST (1u << 26)
#define STATUS_BYTES 0x3FFFFFFu
#define STATUS_LAST (1u << 26)
#define STATUS_FIRST (1u << 27)
#define STATUS_INTERNAL_ERROR (1u << 28)
#define STATUS_SLAVE_ERROR (1u << 29)
#define STATUS_DECODE_ERROR (1u << 30)
#define STATUS_COMPLETE (1u << 31)

#define RESULT_BYTES 4u
#define RESULT_ROOM 8u /* for what a bridge in between may add behind it */
#define NUMBERS 128u   /* that results have for images */
/* Looks at memory between two looks at the engine's registers, while a result is waited for. */
#define LOOKS_BETWEEN_ERRORS 256u

static uint32_t ring_of(uint32_t channel) {
  return channel == IMAGES ? 0u : 1u;
}

static volatile uint32_t* descriptor(const struct offramp_dma* dma, uint32_t channel, uint32_t n) {
  volatile uint32_t* memory = (volatile uint32_t*)dma->config.memory;
  return memory + (size_t)(ring_of(channel) * dma->count + n % dma->count) * WORDS;
}

static uint64_t descriptor_address(const struct offramp_dma* dma, uint32_t channel, uint32_t n) {
  return dma->config.address +
         (uint64_t)(ring_of(channel) * dma->count + n % dma->count) * OFFRAMP_DMA_ALIGNMENT;
}

/* Where result n goes: a cache line behind the descriptors. */
static volatile uint32_t* result_word(const struct offramp_dma* dma, uint32_t n) {
  volatile uint32_t* memory = (volatile uint32_t*)dma->config.memory;
  return memory + (size_t)(2u * dma->count + n % dma->count) * WORDS;
}

static uint64_t result_address(const struct offramp_dma* dma, uint32_t n) {
  return dma->config.address + (uint64_t)(2u * dma->count + n % dma->count) * OFFRAMP_DMA_ALIGNMENT;
}

static void flush(const struct offramp_dma* dma, const volatile void* memory) {
  const struct offramp_platform* platform = &dma->device->platform;
  if (platform->flush != NULL) platform->flush(platform->context, memory, OFFRAMP_DMA_ALIGNMENT);
}

static void invalidate(const struct offramp_dma* dma, const volatile void* memory) {
  const struct offramp_platform* platform = &dma->device->platform;
  if (platform->invalidate != NULL) platform->invalidate(platform->context, memory, OFFRAMP_DMA_ALIGNMENT);
}

static int read_engine(const struct offramp_dma* dma, uint32_t offset, uint32_t* value) {
  return dma->config.bus.read(dma->config.bus.context, offset, value);
}

static int write_engine(const struct offramp_dma* dma, uint32_t offset, uint32_t value) {
  return dma->config.bus.write(dma->config.bus.context, offset, value);
}

/* An address register of one or two words; the engine acts when the last one is written. */
static int write_address(const struct offramp_dma* dma, uint32_t offset, uint64_t address) {
  int error = write_engine(dma, offset, (uint32_t)address);
  if (error == OFFRAMP_OK && dma->config.wide != 0u)
    error = write_engine(dma, offset + 4u, (uint32_t)(address >> 32));
  return error;
}

/* One look more at something that is waited for. */
static int look_again(const struct offramp_dma* dma, uint32_t looks) {
  const struct offramp_platform* platform = &dma->device->platform;
  if (platform->patience != 0u && looks >= platform->patience) return OFFRAMP_ERROR_TIMEOUT;
  if (platform->pause != NULL) platform->pause(platform->context);
  return OFFRAMP_OK;
}

/* Resets the engine: one channel's bit resets both. */
static int reset_engine(const struct offramp_dma* dma) {
  uint32_t control = 0, looks;
  int error = write_engine(dma, IMAGES + DMACR, DMACR_RESET);
  for (looks = 0; error == OFFRAMP_OK; ++looks) {
    error = read_engine(dma, IMAGES + DMACR, &control);
    if (error != OFFRAMP_OK || (control & DMACR_RESET) == 0u) break;
    error = look_again(dma, looks);
  }
  return error;
}

static void make_ring(const struct offramp_dma* dma, uint32_t channel) {
  uint32_t n;
  for (n = 0; n < dma->count; ++n) {
    volatile uint32_t* d = descriptor(dma, channel, n);
    const uint64_t next = descriptor_address(dma, channel, n + 1u);
    int i;
    for (i = 0; i < WORDS; ++i) d[i] = 0;
    d[NEXT] = (uint32_t)next;
    d[NEXT_MSB] = (uint32_t)(next >> 32);
    flush(dma, d);
  }
}

/* A tail counts from when the channel is no longer halted. */
static int start_channel(const struct offramp_dma* dma, uint32_t channel) {
  uint32_t status = 0, looks;
  int error = write_address(dma, channel + CURDESC, descriptor_address(dma, channel, 0));
  if (error == OFFRAMP_OK) error = write_engine(dma, channel + DMACR, dma->control[ring_of(channel)]);
  for (looks = 0; error == OFFRAMP_OK; ++looks) {
    error = read_engine(dma, channel + DMASR, &status);
    if (error != OFFRAMP_OK || (status & DMASR_HALTED) == 0u) break;
    error = look_again(dma, looks);
  }
  return error;
}

/* Both are reset and idle. */
static int begin(struct offramp_dma* dma) {
  uint32_t samples = 0, i;
  int error = offramp_samples(dma->device, &samples);
  if (error != OFFRAMP_OK) return error;
  dma->sent = dma->received = dma->oldest = 0;
  dma->first_lap = 1;
  dma->first_number = samples % NUMBERS; /* every image that came in has its result */
  for (i = 0; i < NUMBERS / 32u; ++i) dma->answered[i] = 0;
  dma->control[0] = dma->control[1] = DMACR_RUN | 1u << DMACR_THRESHOLD_SHIFT;
  make_ring(dma, IMAGES);
  make_ring(dma, RESULTS);
  error = start_channel(dma, RESULTS);
  return error != OFFRAMP_OK ? error : start_channel(dma, IMAGES);
}

int offramp_dma_open(struct offramp_dma* dma, struct offramp_device* device,
                     const struct offramp_dma_config* config) {
  const size_t images = config->bytes / OFFRAMP_DMA_BYTES_PER_IMAGE;
  int error;
  dma->device = device;
  dma->config = *config;
  /* A power of two: then images can be counted in 32 bits for ever. */
  for (dma->count = 1; dma->count < 1u << 30 && 2u * (size_t)dma->count <= images; dma->count *= 2u) {
  }
  if (images < 2u || config->address % OFFRAMP_DMA_ALIGNMENT != 0u || config->image_alignment == 0u)
    return OFFRAMP_ERROR_ARGUMENT;
  if (config->wide == 0u && (config->address + config->bytes - 1u) >> 32 != 0u) return OFFRAMP_ERROR_ARGUMENT;
  error = reset_engine(dma);
  return error != OFFRAMP_OK ? error : begin(dma);
}

int offramp_dma_recover(struct offramp_dma* dma) {
  /* The engine first: it must not feed an accelerator that has just begun anew. */
  int error = reset_engine(dma);
  if (error == OFFRAMP_OK) error = offramp_reset(dma->device);
  return error != OFFRAMP_OK ? error : begin(dma);
}

uint32_t offramp_dma_free(const struct offramp_dma* dma) {
  return dma->count - (dma->sent - dma->received);
}

/* The image that had this descriptor has its result, but the engine may yet have to say so. */
static int wait_until_free(const struct offramp_dma* dma, uint32_t n) {
  volatile uint32_t* d = descriptor(dma, IMAGES, n);
  uint32_t looks;
  for (looks = 0;; ++looks) {
    int error;
    invalidate(dma, d);
    if ((d[STATUS] & STATUS_COMPLETE) != 0u) return OFFRAMP_OK;
    error = look_again(dma, looks);
    if (error != OFFRAMP_OK) return error;
  }
}

static void fill(const struct offramp_dma* dma, uint32_t channel, uint32_t n, uint64_t buffer,
                 uint32_t control) {
  volatile uint32_t* d = descriptor(dma, channel, n);
  d[BUFFER] = (uint32_t)buffer;
  d[BUFFER_MSB] = (uint32_t)(buffer >> 32);
  d[CONTROL] = control;
  d[STATUS] = 0;
  flush(dma, d);
}

int offramp_dma_send(struct offramp_dma* dma, uint64_t address, uint32_t stride, uint32_t count) {
  const uint32_t bytes = dma->device->image_bytes;
  uint32_t i;
  int error;
  if (count == 0u) return OFFRAMP_OK;
  if (address % dma->config.image_alignment != 0u || stride % dma->config.image_alignment != 0u ||
      bytes > STATUS_BYTES)
    return OFFRAMP_ERROR_ARGUMENT;
  if (dma->config.wide == 0u && (address + (uint64_t)stride * (count - 1u) + bytes - 1u) >> 32 != 0u)
    return OFFRAMP_ERROR_ARGUMENT;
  if (count > offramp_dma_free(dma)) return OFFRAMP_ERROR_FULL;
  for (i = 0; i < count; ++i) {
    const uint32_t n = dma->sent + i;
    if (dma->first_lap == 0u) {
      error = wait_until_free(dma, n);
      if (error != OFFRAMP_OK) return error;
    }
    if (n == dma->count - 1u) dma->first_lap = 0;
    fill(dma, RESULTS, n, result_address(dma, n), RESULT_ROOM);
    fill(dma, IMAGES, n, address + (uint64_t)stride * i, CONTROL_FIRST | CONTROL_LAST | bytes);
  }
  dma->sent += count;
  error = write_address(dma, RESULTS + TAILDESC, descriptor_address(dma, RESULTS, dma->sent - 1u));
  return error != OFFRAMP_OK
             ? error
             : write_address(dma, IMAGES + TAILDESC, descriptor_address(dma, IMAGES, dma->sent - 1u));
}

static int error_of(uint32_t internal, uint32_t slave, uint32_t decode, uint32_t descriptors) {
  if (descriptors != 0u) return OFFRAMP_ERROR_DMA_DESCRIPTOR;
  if (decode != 0u) return OFFRAMP_ERROR_DMA_DECODE;
  if (slave != 0u) return OFFRAMP_ERROR_DMA_SLAVE;
  return internal != 0u ? OFFRAMP_ERROR_DMA_INTERNAL : OFFRAMP_OK;
}

int offramp_dma_errors(const struct offramp_dma* dma) {
  uint32_t images = 0, results = 0;
  int error = read_engine(dma, IMAGES + DMASR, &images);
  if (error == OFFRAMP_OK) error = read_engine(dma, RESULTS + DMASR, &results);
  if (error != OFFRAMP_OK) return error;
  images |= results;
  return error_of(images & DMASR_INTERNAL_ERROR, images & DMASR_SLAVE_ERROR, images & DMASR_DECODE_ERROR,
                  images & DMASR_DESCRIPTOR_ERRORS);
}

/* Errors of the engine, or else of the accelerator. */
static int find_error(const struct offramp_dma* dma) {
  const int error = offramp_dma_errors(dma);
  return error != OFFRAMP_OK ? error : offramp_errors(dma->device);
}

/* Which image under way has this number. */
static int take_number(struct offramp_dma* dma, uint32_t number, uint32_t* image) {
  const uint32_t ahead = (number - dma->first_number - dma->oldest) % NUMBERS;
  const uint32_t n = dma->oldest + ahead;
  if (ahead >= dma->sent - dma->oldest || (dma->device->design->in_order != 0u && ahead != 0u))
    return OFFRAMP_ERROR_RESULT;
  if ((dma->answered[n % NUMBERS / 32u] >> n % 32u & 1u) != 0u) return OFFRAMP_ERROR_RESULT;
  dma->answered[n % NUMBERS / 32u] |= 1u << n % 32u;
  while ((dma->answered[dma->oldest % NUMBERS / 32u] >> dma->oldest % 32u & 1u) != 0u) {
    dma->answered[dma->oldest % NUMBERS / 32u] &= ~(1u << dma->oldest % 32u);
    ++dma->oldest;
  }
  *image = n;
  return OFFRAMP_OK;
}

int offramp_dma_receive(struct offramp_dma* dma, struct offramp_result* result) {
  volatile uint32_t* d = descriptor(dma, RESULTS, dma->received);
  volatile uint32_t* word = result_word(dma, dma->received);
  uint32_t status, bytes, looks;
  int error;
  if (dma->sent == dma->received) return OFFRAMP_ERROR_EMPTY;
  for (looks = 0;; ++looks) {
    invalidate(dma, d);
    status = d[STATUS];
    if (status != 0u) break;
    error = look_again(dma, looks);
    if (error == OFFRAMP_ERROR_TIMEOUT || (looks + 1u) % LOOKS_BETWEEN_ERRORS == 0u) {
      const int found = find_error(dma);
      if (found != OFFRAMP_OK) return found;
    }
    if (error != OFFRAMP_OK) return error;
  }
  error =
      error_of(status & STATUS_INTERNAL_ERROR, status & STATUS_SLAVE_ERROR, status & STATUS_DECODE_ERROR, 0u);
  if (error != OFFRAMP_OK) return error;
  bytes = status & STATUS_BYTES;
  if ((status & ~STATUS_BYTES) != (STATUS_COMPLETE | STATUS_FIRST | STATUS_LAST) ||
      (bytes != RESULT_BYTES && bytes != RESULT_ROOM))
    return OFFRAMP_ERROR_RESULT;
  invalidate(dma, word);
  offramp_decode_result(*word, result);
  error = take_number(dma, result->number, &result->image);
  if (error == OFFRAMP_OK) ++dma->received;
  return error;
}

int offramp_dma_run(struct offramp_dma* dma, uint64_t address, uint32_t stride, uint32_t count,
                    struct offramp_result* results) {
  const uint32_t first = dma->sent;
  uint32_t sent = 0, received = 0;
  if (dma->sent != dma->received) return OFFRAMP_ERROR_FULL;
  while (received < count) {
    struct offramp_result result;
    const uint32_t room = offramp_dma_free(dma);
    int error;
    /* Half a ring at a time, so that the accelerator never waits and registers are seldom written. */
    if (sent < count && room >= (dma->count + 1u) / 2u) {
      const uint32_t batch = count - sent < room ? count - sent : room;
      error = offramp_dma_send(dma, address + (uint64_t)stride * sent, stride, batch);
      if (error != OFFRAMP_OK) return error;
      sent += batch;
    }
    error = offramp_dma_receive(dma, &result);
    if (error != OFFRAMP_OK) return error;
    results[result.image - first] = result;
    ++received;
  }
  return OFFRAMP_OK;
}

int offramp_dma_enable_interrupts(struct offramp_dma* dma, uint32_t results, uint32_t delay) {
  uint32_t control = DMACR_RUN;
  int error;
  if (results > 255u || delay > 255u) return OFFRAMP_ERROR_ARGUMENT;
  dma->control[0] = DMACR_RUN | 1u << DMACR_THRESHOLD_SHIFT | (results != 0u ? DMACR_ERROR_IRQ : 0u);
  if (results != 0u) {
    control |= DMACR_ERROR_IRQ | DMACR_COMPLETE_IRQ | results << DMACR_THRESHOLD_SHIFT;
    if (delay != 0u) control |= DMACR_DELAY_IRQ | delay << DMACR_DELAY_SHIFT;
  } else {
    control |= 1u << DMACR_THRESHOLD_SHIFT;
  }
  dma->control[1] = control;
  /* What happened while interrupts were off is no news. */
  error = write_engine(dma, RESULTS + DMASR, DMASR_IRQS);
  if (error == OFFRAMP_OK) error = write_engine(dma, RESULTS + DMACR, control);
  return error != OFFRAMP_OK ? error : write_engine(dma, IMAGES + DMACR, dma->control[0]);
}

int offramp_dma_take_interrupt(struct offramp_dma* dma, int* happened) {
  uint32_t status = 0;
  int error = read_engine(dma, RESULTS + DMASR, &status);
  *happened = 0;
  if (error != OFFRAMP_OK) return error;
  if ((status & DMASR_IRQS) != 0u) {
    *happened = 1;
    error = write_engine(dma, RESULTS + DMASR, status & DMASR_IRQS);
    if (error != OFFRAMP_OK) return error;
  }
  /* The images' channel interrupts on errors alone. */
  error = offramp_dma_errors(dma);
  if (error != OFFRAMP_OK) *happened = 1;
  return error;
}

/* Driver for accelerators that Offramp generates: their registers.
 *
 * C99 without a library, so that it runs on bare metal, under Linux and against a simulation of the very same
 * hardware. What a design has is data (struct offramp_design, in <design>.h), so one program can drive
 * several designs. Images and results travel by DMA: offramp_dma.h.
 *
 * Functions give OFFRAMP_OK or one of the errors below. They keep no state but the structures that the caller
 * owns, and may be called for different devices at once.
 */
#ifndef OFFRAMP_H
#define OFFRAMP_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  OFFRAMP_OK = 0,
  OFFRAMP_ERROR_BUS = -1,             /* a register access was answered with an error */
  OFFRAMP_ERROR_VERSION = -2,         /* what is there is no such design, or another version's */
  OFFRAMP_ERROR_CONFIGURATION = -3,   /* it is another design than this driver's */
  OFFRAMP_ERROR_ARGUMENT = -4,        /* a number is out of range or not aligned */
  OFFRAMP_ERROR_ABSENT = -5,          /* the design has no such register */
  OFFRAMP_ERROR_TIMEOUT = -6,         /* nothing happened for `patience` looks */
  OFFRAMP_ERROR_TLAST = -7,           /* TLAST and the size of an image disagreed: reset the accelerator */
  OFFRAMP_ERROR_WEIGHTS_REFUSED = -8, /* the weight image is damaged or another design's */
  OFFRAMP_ERROR_WEIGHTS_SLAVE = -9,   /* memory answered a read of weights with SLVERR */
  OFFRAMP_ERROR_WEIGHTS_DECODE = -10, /* nothing lies where the weights were read: DECERR */
  OFFRAMP_ERROR_SCRIPT = -11,         /* the text is no load script */
  OFFRAMP_ERROR_NO_RESET = -12,       /* the platform has no reset */
  OFFRAMP_ERROR_DMA_INTERNAL = -13,   /* the DMA engine: a length of 0, or a packet longer than its buffer */
  OFFRAMP_ERROR_DMA_SLAVE = -14,      /* the DMA engine: memory answered with SLVERR */
  OFFRAMP_ERROR_DMA_DECODE = -15,     /* the DMA engine: nothing lies at a buffer's address */
  OFFRAMP_ERROR_DMA_DESCRIPTOR = -16, /* the DMA engine: a descriptor could not be read or was used twice */
  OFFRAMP_ERROR_FULL = -17,           /* all descriptors are in use: receive first */
  OFFRAMP_ERROR_EMPTY = -18,          /* no image is under way */
  OFFRAMP_ERROR_RESULT = -19          /* a result does not answer an image that is under way */
};
/* A sentence for an error. */
const char* offramp_error_text(int error);

/* How registers are reached: byte offsets, 0 or an error (OFFRAMP_ERROR_BUS) as the answer. */
struct offramp_bus {
  void* context;
  int (*read)(void* context, uint32_t offset, uint32_t* value);
  int (*write)(void* context, uint32_t offset, uint32_t value);
};
/* Registers in the address space of this program, at `base`. */
void offramp_memory_bus(struct offramp_bus* bus, volatile void* base);

/* What the driver cannot do by itself. Members may be null, patience 0. */
struct offramp_platform {
  void* context;
  void (*pause)(void* context); /* between two looks at something that is waited for */
  int (*reset)(void* context);  /* holds ap_rst_n low for 16 cycles */
  void (*flush)(void* context, const volatile void* memory, size_t bytes); /* before a DMA engine reads: write
                                        the cache back and order it before what follows */
  void (*invalidate)(void* context, const volatile void* memory, size_t bytes); /* before this program reads
                                             what a DMA engine wrote */
  uint32_t patience; /* looks before a wait gives up; 0: never */
};

/* Registers of one kind, one for each exit: the first one's offset, 0 where there is none. */
struct offramp_bank {
  uint16_t first;
  uint16_t step;
  uint16_t count;
};

/* A design: written by the generator. Offsets are 0 where a design has no such register. */
struct offramp_design {
  const char* name;
  uint32_t version;
  uint32_t configuration;
  uint32_t rows, columns, channels; /* of an image: a byte each, in (row, column, channel) order */
  uint32_t beat_bytes;              /* of the input stream */
  uint32_t classes;
  uint32_t exits;             /* of the network; results name them from 0 on */
  uint32_t in_order;          /* 1: results come in the order of the images */
  uint32_t weights_alignment; /* of the weight image in memory, bytes; 0: weights are on the chip */
  struct offramp_bank threshold, skip, exit_count, band, step, limit_low, limit_high, threshold_now;
  uint16_t criterion, cycles, samples, status, weights_address, load_data, load_address;
  uint16_t watch_clear, histogram_select, histogram_count, watch_window, windows, drift;
  uint16_t latency_target, latency_slack, window_latency;
};

struct offramp_device {
  const struct offramp_design* design;
  struct offramp_bus bus;
  struct offramp_platform platform;
  uint32_t image_bytes; /* of the network that is loaded; set it after offramp_load() */
};

/* Takes hold of a design: checks that it is the one that the driver was generated with. */
int offramp_open(struct offramp_device* device, const struct offramp_design* design,
                 const struct offramp_bus* bus, const struct offramp_platform* platform);
/* Resets the accelerator: counters and sticky errors are 0, registers as the network has them, weights that
   stream must be set anew, tables that were loaded stay. */
int offramp_reset(struct offramp_device* device);

/* Any register by its offset (<DESIGN>_... of registers.h). */
int offramp_read(const struct offramp_device* device, uint32_t offset, uint32_t* value);
int offramp_write(const struct offramp_device* device, uint32_t offset, uint32_t value);
/* Two words, the low one first: the hardware holds the high one still meanwhile. */
int offramp_read64(const struct offramp_device* device, uint32_t offset, uint64_t* value);
/* Two writes: while images are computed one of them may meet half of it. */
int offramp_write64(const struct offramp_device* device, uint32_t offset, uint64_t value);

/* Accepts images (the state out of reset). */
int offramp_start(const struct offramp_device* device);
/* Accepts no more images and waits until the one that is computed has its result. */
int offramp_stop(const struct offramp_device* device);

/* Tells where mem/weights.bin lies in the memory that the accelerator reads, and waits until the accelerator
   has read and checked it. */
int offramp_set_weights(const struct offramp_device* device, uint64_t address);
/* Loads another network (the text of networks/NAME.load or of `offramp load`), having received all results
   before. */
int offramp_load(const struct offramp_device* device, const char* script, size_t length);
/* Writes one word of a table, `words` 32-bit parts with the most significant first. Stop before. */
int offramp_load_word(const struct offramp_device* device, uint32_t engine, uint32_t table, uint32_t address,
                      const uint32_t* parts, size_t words);

/* What early exits decide by; units as in registers.md. */
enum {
  OFFRAMP_MAX_SOFTMAX = 0,
  OFFRAMP_ENTROPY = 1,
  OFFRAMP_MARGIN = 2,
  OFFRAMP_BASE2 = 3,
  OFFRAMP_PATIENCE = 4
};
int offramp_set_criterion(const struct offramp_device* device, uint32_t exit, uint32_t criterion);
int offramp_get_criterion(const struct offramp_device* device, uint32_t exit, uint32_t* criterion);
int offramp_set_threshold(const struct offramp_device* device, uint32_t exit, uint64_t threshold);
int offramp_get_threshold(const struct offramp_device* device, uint32_t exit, uint64_t* threshold);
/* Designs with --prune. above: 1 skips where the map's magnitudes add up to more than the level. */
int offramp_set_skip(const struct offramp_device* device, uint32_t exit, uint32_t level, int above);
int offramp_get_skip(const struct offramp_device* device, uint32_t exit, uint32_t* level, int* above);

/* Counters. */
int offramp_exit_count(const struct offramp_device* device, uint32_t exit, uint32_t* samples);
int offramp_samples(const struct offramp_device* device, uint32_t* samples);
int offramp_cycles(const struct offramp_device* device, uint64_t* cycles);

/* The status register (OFFRAMP_STATUS_... of offramp_registers.h), and the worst of what it says as an error.
 */
int offramp_status(const struct offramp_device* device, uint32_t* status);
int offramp_errors(const struct offramp_device* device);

/* Interrupts: events are OFFRAMP_INTERRUPT_STATUS_RESULT and _SAMPLE. No events: interrupts off. */
int offramp_enable_interrupts(const struct offramp_device* device, uint32_t events);
/* Gives the events since the last call and clears them. */
int offramp_take_interrupts(const struct offramp_device* device, uint32_t* events);

/* Designs with --watch. */
int offramp_watch_clear(const struct offramp_device* device, int histogram, int window);
int offramp_histogram(const struct offramp_device* device, uint32_t exit, uint32_t bin, uint32_t* count);
int offramp_set_window(const struct offramp_device* device, uint32_t log2_results);
int offramp_windows(const struct offramp_device* device, uint32_t* windows);
int offramp_set_band(const struct offramp_device* device, uint32_t exit, uint32_t fewest, uint32_t most);
/* Bit e: exit e was outside its band; cleared are the bits in `clear`. */
int offramp_drift(const struct offramp_device* device, uint32_t clear, uint32_t* exits);
/* The loop that holds a mean latency in cycles; 0 lets it rest. */
int offramp_set_hold(const struct offramp_device* device, uint32_t target, uint32_t slack);
int offramp_set_steps(const struct offramp_device* device, uint32_t exit, uint32_t step, uint64_t low,
                      uint64_t high);
int offramp_window_latency(const struct offramp_device* device, uint32_t* cycles);
int offramp_threshold_now(const struct offramp_device* device, uint32_t exit, uint64_t* threshold);

/* One word of m_axis_tdata. */
struct offramp_result {
  uint32_t image;     /* which image it answers, counted from 0 (set by offramp_dma.c) */
  uint32_t number;    /* the image's number since reset, 7 bits */
  uint32_t error;     /* 1: the weights were wrong; exit and class mean nothing */
  uint32_t exit;      /* where it left */
  uint32_t top_class; /* what it is */
};
void offramp_decode_result(uint32_t word, struct offramp_result* result);

#ifdef __cplusplus
}
#endif

#endif

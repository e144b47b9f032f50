/* Images in and results out through a Xilinx AXI DMA (PG021) with scatter-gather: MM2S feeds s_axis, S2MM
 * drains m_axis. Build the engine with both channels, without status and control streams.
 *
 * A descriptor carries an image, another its result. Results name their image by the number that the
 * accelerator gives it, so they are right whatever their order, though the engine carries no TUSER.
 */
#ifndef OFFRAMP_DMA_H
#define OFFRAMP_DMA_H

#include "offramp.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  OFFRAMP_DMA_ALIGNMENT = 64,       /* of descriptors, bytes */
  OFFRAMP_DMA_BYTES_PER_IMAGE = 192 /* of the memory below: two descriptors and a result, a cache line each */
};

/* What the driver is given. */
struct offramp_dma_config {
  struct offramp_bus bus; /* the engine's registers */
  volatile void* memory;  /* for descriptors and results, as this program sees it */
  uint64_t address;       /* the same memory as the engine sees it, a multiple of OFFRAMP_DMA_ALIGNMENT */
  size_t bytes; /* OFFRAMP_DMA_BYTES_PER_IMAGE for each image that may be under way: a power of two of
                   them, at least 2 */
  uint32_t image_alignment; /* of images' addresses; 1 where the engine was built to take unaligned ones, else
                               the bytes of its memory port */
  uint32_t wide;            /* 1: the engine was built for addresses of more than 32 bits */
};

struct offramp_dma {
  struct offramp_device* device;
  struct offramp_dma_config config;
  uint32_t count;          /* descriptors of a ring, a power of two */
  uint32_t first_lap;      /* 1: there are descriptors that were never used */
  uint32_t sent, received; /* images and results so far; images are counted by `sent` */
  uint32_t oldest;         /* image that has no result yet */
  uint32_t first_number;   /* the accelerator's number of image 0, 7 bits */
  uint32_t answered[4];    /* of the images from `oldest` on, by number */
  uint32_t control[2];     /* of the DMACR registers */
};

/* Resets the engine, makes the rings and starts it. The accelerator must be idle. */
int offramp_dma_open(struct offramp_dma* dma, struct offramp_device* device,
                     const struct offramp_dma_config* config);

/* Sends `count` images of device->image_bytes bytes that lie `stride` bytes apart from `address` on, as the
   engine sees them, and have been flushed. OFFRAMP_ERROR_FULL: there are not so many free descriptors, and
   nothing was sent. */
int offramp_dma_send(struct offramp_dma* dma, uint64_t address, uint32_t stride, uint32_t count);
/* Waits for a result. On an error of the engine or the accelerator: offramp_dma_recover(). */
int offramp_dma_receive(struct offramp_dma* dma, struct offramp_result* result);
/* Sends `count` images and receives their results, results[i] that of image i. */
int offramp_dma_run(struct offramp_dma* dma, uint64_t address, uint32_t stride, uint32_t count,
                    struct offramp_result* results);
/* Images that can be sent now. */
uint32_t offramp_dma_free(const struct offramp_dma* dma);

/* What the engine's status registers say: OFFRAMP_OK or OFFRAMP_ERROR_DMA_... */
int offramp_dma_errors(const struct offramp_dma* dma);
/* After an error: resets engine and accelerator (struct offramp_platform must have a reset) and begins anew
   with image 0. What was under way is lost; registers are as the network has them; weights that stream must
   be set anew. */
int offramp_dma_recover(struct offramp_dma* dma);

/* Interrupts of the engine: after `results` results (1 to 255), or when `delay` times 125 cycles have passed
   since the last one (0: never), and on errors. results 0: off. */
int offramp_dma_enable_interrupts(struct offramp_dma* dma, uint32_t results, uint32_t delay);
/* 1 where the engine interrupts, and clears it; on an error of the engine that error. */
int offramp_dma_take_interrupt(struct offramp_dma* dma, int* happened);

#ifdef __cplusplus
}
#endif

#endif

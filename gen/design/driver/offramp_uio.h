/* Linux: registers through /dev/uioN, interrupts by waiting on it, and memory for a DMA engine through
 * u-dma-buf (/dev/udmabufN). POSIX.
 */
#ifndef OFFRAMP_UIO_H
#define OFFRAMP_UIO_H

#include "offramp_dma.h"

#ifdef __cplusplus
extern "C" {
#endif

struct offramp_uio {
  int file;
  void* base;
  size_t bytes;
};
/* Maps the first `bytes` of map 0 of a device file such as "/dev/uio0" and gives a bus to its registers.
   Answers 0, or -1 with errno set. */
int offramp_uio_open(struct offramp_uio* uio, const char* file, size_t bytes, struct offramp_bus* bus);
void offramp_uio_close(struct offramp_uio* uio);
/* Allows the interrupt once and waits for it: 1 it came, 0 `milliseconds` have passed, -1 with errno set. */
int offramp_uio_wait(struct offramp_uio* uio, int milliseconds);
/* For struct offramp_platform: a pause that waits for the interrupt of the DMA engine (context: its struct
   offramp_uio) for a millisecond at most, so that a missed one costs no more. */
void offramp_uio_pause(void* context);

/* Memory that a DMA engine reaches, mapped without a cache. */
struct offramp_udmabuf {
  int file;
  void* memory;
  uint64_t address; /* as the engine sees it */
  size_t bytes;
};
/* `name`: "udmabuf0". Answers 0, or -1 with errno set. */
int offramp_udmabuf_open(struct offramp_udmabuf* buffer, const char* name);
void offramp_udmabuf_close(struct offramp_udmabuf* buffer);

#ifdef __cplusplus
}
#endif

#endif

#define _POSIX_C_SOURCE 200809L
#include "offramp_uio.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/* Keeps errno over a close. */
static void close_quietly(int file) {
  const int saved = errno;
  close(file);
  errno = saved;
}

int offramp_uio_open(struct offramp_uio* uio, const char* file, size_t bytes, struct offramp_bus* bus) {
  uio->file = open(file, O_RDWR | O_SYNC);
  if (uio->file < 0) return -1;
  uio->bytes = bytes;
  uio->base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, uio->file, 0);
  if (uio->base == MAP_FAILED) {
    close_quietly(uio->file);
    return -1;
  }
  offramp_memory_bus(bus, uio->base);
  return 0;
}

void offramp_uio_close(struct offramp_uio* uio) {
  munmap(uio->base, uio->bytes);
  close(uio->file);
}

int offramp_uio_wait(struct offramp_uio* uio, int milliseconds) {
  const uint32_t allow = 1;
  uint32_t count;
  struct pollfd wait;
  int ready;
  if (write(uio->file, &allow, sizeof allow) != (ssize_t)sizeof allow) return -1;
  wait.fd = uio->file;
  wait.events = POLLIN;
  wait.revents = 0;
  ready = poll(&wait, 1, milliseconds);
  if (ready <= 0) return ready;
  return read(uio->file, &count, sizeof count) == (ssize_t)sizeof count ? 1 : -1;
}

void offramp_uio_pause(void* context) {
  (void)offramp_uio_wait((struct offramp_uio*)context, 1);
}

/* A number in a file of /sys/class/u-dma-buf. */
static int read_number(const char* name, const char* what, const char* format, unsigned long long* value) {
  char path[128];
  FILE* file;
  int found;
  const int length = snprintf(path, sizeof path, "/sys/class/u-dma-buf/%s/%s", name, what);
  if (length < 0 || (size_t)length >= sizeof path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  file = fopen(path, "r");
  if (file == NULL) return -1;
  found = fscanf(file, format, value);
  fclose(file);
  if (found == 1) return 0;
  errno = EINVAL;
  return -1;
}

int offramp_udmabuf_open(struct offramp_udmabuf* buffer, const char* name) {
  char path[128];
  unsigned long long address = 0, bytes = 0;
  const int length = snprintf(path, sizeof path, "/dev/%s", name);
  if (length < 0 || (size_t)length >= sizeof path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  if (read_number(name, "phys_addr", "%llx", &address) != 0 || read_number(name, "size", "%llu", &bytes) != 0)
    return -1;
  buffer->file = open(path, O_RDWR | O_SYNC); /* O_SYNC: u-dma-buf maps it without a cache */
  if (buffer->file < 0) return -1;
  buffer->address = address;
  buffer->bytes = (size_t)bytes;
  buffer->memory = mmap(NULL, buffer->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, buffer->file, 0);
  if (buffer->memory == MAP_FAILED) {
    close_quietly(buffer->file);
    return -1;
  }
  return 0;
}

void offramp_udmabuf_close(struct offramp_udmabuf* buffer) {
  munmap(buffer->memory, buffer->bytes);
  close(buffer->file);
}

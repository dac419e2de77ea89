/*
 * lines FIFO GATE BYTES CHUNK: waits until the file GATE is there, then writes so many bytes of lines of 100 characters to
 * standard output, CHUNK bytes a write. Stamps the FIFO as 0 before the first byte and as 1 behind the last, and waits.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int stamp(const char *fifo, int id) {
  struct timespec now;
  char line[96];
  clock_gettime(CLOCK_MONOTONIC, &now);
  int fd = open(fifo, O_WRONLY | O_CLOEXEC);
  int length = snprintf(line, sizeof line, "%d %d %lld\n", id, (int)getpid(), now.tv_sec * 1000000000LL + now.tv_nsec);
  if (fd < 0 || write(fd, line, length) != length) return -1;
  return close(fd);
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  long long left = atoll(argv[3]);
  size_t chunk = atol(argv[4]);
  char *text = malloc(chunk);
  for (size_t i = 0; i < chunk; i++) text[i] = i % 100 == 99 ? '\n' : 'a' + i % 100 % 26;
  while (access(argv[2], F_OK)) usleep(20000);
  if (stamp(argv[1], 0)) return 1;
  while (left > 0) {
    ssize_t written = write(1, text, left < (long long)chunk ? (size_t)left : chunk);
    if (written > 0) left -= written;
    else if (errno == EAGAIN) usleep(500);
    else if (errno != EINTR) return 1;
  }
  if (stamp(argv[1], 1)) return 1;
  for (;;) pause();
}

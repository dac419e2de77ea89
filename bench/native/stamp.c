/* stamp FIFO ID: writes "ID PID NANOSECONDS" of the monotonic clock to the FIFO as its first deed, and waits. */
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  char line[128];
  int fd = argc == 3 ? open(argv[1], O_WRONLY | O_CLOEXEC) : -1;
  if (fd < 0) return 2;
  int length = snprintf(line, sizeof line, "%s %d %lld\n", argv[2], (int)getpid(),
                        now.tv_sec * 1000000000LL + now.tv_nsec);
  if (write(fd, line, length) != length) return 1;
  close(fd);
  for (;;) pause();
}

/*
 * deaths MILLISECONDS: reads pids up to the end of standard input, prints READY, and when the last of these processes is
 * dead "DONE NANOSECONDS" of the monotonic clock, or after so many milliseconds "LEFT COUNT". Exits with 2 if it cannot watch one.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  int poll = epoll_create1(EPOLL_CLOEXEC), left = 0, pid;
  while (scanf("%d", &pid) == 1) {
    int fd = syscall(SYS_pidfd_open, pid, 0);
    if (fd < 0 && errno == ESRCH) continue; /* it is gone */
    if (fd < 0 || epoll_ctl(poll, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLIN, .data.fd = fd})) {
      perror("deaths");
      return 2;
    }
    left++;
  }
  puts("READY");
  fflush(stdout);
  long long end = now() + atoll(argv[1]) * 1000000, last = now();
  while (left) {
    struct epoll_event events[256];
    long long millis = (end - now()) / 1000000;
    int n = millis > 0 ? epoll_wait(poll, events, 256, millis) : 0;
    if (n <= 0) break;
    last = now();
    for (int i = 0; i < n; i++) close(events[i].data.fd), left--;
  }
  printf(left ? "LEFT %lld\n" : "DONE %lld\n", left ? (long long)left : last);
  return left != 0;
}

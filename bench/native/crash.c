/* crash FILE: appends a byte, so that starts can be counted, and fails. */
#include <fcntl.h>
#include <unistd.h>

int main(int argc, char **argv) {
  int fd = argc == 2 ? open(argv[1], O_WRONLY | O_APPEND) : -1;
  return fd >= 0 && write(fd, "x", 1) == 1 ? 1 : 2;
}

/* copy FILE: appends standard input to the file, at most 64 KiB a read: the least that a logger can do. */
#include <fcntl.h>
#include <unistd.h>

int main(int argc, char **argv) {
  static char text[65536];
  int fd = argc == 2 ? open(argv[1], O_WRONLY | O_CREAT | O_APPEND, 0644) : -1;
  if (fd < 0) return 2;
  for (ssize_t length; (length = read(0, text, sizeof text)) > 0;)
    if (write(fd, text, length) != length) return 1;
  return 0;
}

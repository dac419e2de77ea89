/*
 * floor LIST: the least that a supervisor can do. Each line of LIST is LEVELS and a shell command; those of level 1 are
 * started at once, and again whenever they end. HUP stops all, USR1 and USR2 go to level 1 and 2: what the level lacks is
 * stopped, and when that is gone the rest is started. TERM stops all and ends. No log, no throttle, no memory.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { PIDS = 1 << 22 };

static struct entry { char *levels, *command; pid_t pid; } *entries;
static int count, leaving, live, level = '1', ends;
static int *entry_of; /* by pid, from 1 */
static posix_spawnattr_t attributes;

static int wanted(int i) { return strchr(entries[i].levels, level) != NULL; }

static void start(int i) {
  char *arguments[] = {"sh", "-c", entries[i].command, NULL};
  if (posix_spawn(&entries[i].pid, "/bin/sh", NULL, &attributes, arguments, environ)) entries[i].pid = 0;
  else entry_of[entries[i].pid] = i + 1, live++;
}

static void start_missing(void) {
  for (int i = 0; i < count; i++)
    if (!entries[i].pid && wanted(i)) start(i);
}

static void go_to(int next) {
  level = next;
  leaving = 0;
  for (int i = 0; i < count; i++)
    if (entries[i].pid && !wanted(i)) kill(entries[i].pid, SIGTERM), leaving++;
  if (!leaving) start_missing();
}

static void reap(void) {
  pid_t pid;
  while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
    int i = entry_of[pid] - 1;
    if (i < 0) continue;
    entry_of[pid] = entries[i].pid = 0;
    live--;
    if (wanted(i)) {
      if (!leaving) start(i);
    } else if (leaving && !--leaving) start_missing();
  }
}

int main(int argc, char **argv) {
  FILE *list = argc == 2 ? fopen(argv[1], "r") : NULL;
  if (!list) return 2;
  char *line = NULL;
  size_t capacity = 0;
  for (ssize_t length; (length = getline(&line, &capacity, list)) > 0; count++) {
    line[strcspn(line, "\n")] = 0;
    char *space = strchr(line, ' ');
    if (!space) return 2;
    *space = 0;
    entries = realloc(entries, sizeof *entries * (count + 1));
    entries[count] = (struct entry){strdup(line), strdup(space + 1), 0};
  }
  fclose(list);
  entry_of = calloc(PIDS, sizeof *entry_of);

  sigset_t heard, none;
  sigemptyset(&none);
  sigemptyset(&heard);
  for (const int *s = (int[]){SIGCHLD, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, 0}; *s; s++) sigaddset(&heard, *s);
  sigprocmask(SIG_BLOCK, &heard, NULL);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  start_missing();
  while (!ends || live) {
    int signal = sigwaitinfo(&heard, NULL);
    if (signal == SIGTERM) ends = 1;
    if (signal == SIGTERM || signal == SIGHUP) go_to('0');
    else if (signal == SIGUSR1 || signal == SIGUSR2) go_to(signal == SIGUSR1 ? '1' : '2');
    reap();
  }
  return 0;
}

/* `timer COUNT PROGRAM ARGS...` runs a program COUNT times, one after the other, and prints the nanoseconds that all runs
   took, from outside, and the largest resident size in bytes that one of them had. Built for the host only: it is small, so
   that the kernel's cost of starting a process is no more than it must be, and so that the size it passes on before `execve`
   is below that of any program measured. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char **argv) {
    if (argc < 3) return fprintf(stderr, "usage: %s COUNT PROGRAM ARGS...\n", argv[0]), 2;
    uint64_t count = strtoull(argv[1], 0, 10);
    int64_t largest = 0;
    struct timespec began, ended;
    clock_gettime(CLOCK_MONOTONIC, &began);
    for (uint64_t i = 0; i < count; i++) {
        pid_t child;
        struct rusage usage;
        int status, error = posix_spawnp(&child, argv[2], 0, 0, argv + 2, environ);
        if (error) return fprintf(stderr, "%s: %s\n", argv[2], strerror(error)), 1;
        if (wait4(child, &status, 0, &usage) != child) return perror("wait4"), 1;
        if (status) return fprintf(stderr, "%s: wait status %#x\n", argv[2], status), 1;
        if (usage.ru_maxrss > largest) largest = usage.ru_maxrss;
    }
    clock_gettime(CLOCK_MONOTONIC, &ended);
    fprintf(stderr, "%" PRId64 " %" PRId64 "\n", largest * 1024,
            (int64_t)(ended.tv_sec - began.tv_sec) * 1000000000 + (ended.tv_nsec - began.tv_nsec));
    return 0;
}

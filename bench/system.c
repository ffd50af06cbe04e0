/* Costs of the kernel's side: system calls, signals, processes. Run as `system PROGRAM`, where PROGRAM is a program that
   exits at once. */
#define _GNU_SOURCE
#include "bench.h"
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void handler(int number) { sink += number; }

static void fork_and_wait(int n, char *program) {
    for (int i = 0; i < n; i++) {
        pid_t child = fork();
        if (child == 0) {
            if (program) execl(program, program, (char *)0);
            _exit(program ? 127 : 0);
        }
        int status;
        if (waitpid(child, &status, 0) != child || status) exit(1);
    }
}

int main(int count, char **args) {
    enum { N = 50000 };
    char byte = 0;
    int zero = open("/dev/zero", O_RDONLY), null = open("/dev/null", O_WRONLY);
    struct timespec t;
    signal(SIGUSR1, handler);
    BENCH("getppid", N, for (int i = 0; i < N; i++) syscall(SYS_getppid));
    BENCH("read", N, for (int i = 0; i < N; i++) sink += read(zero, &byte, 1));
    BENCH("write", N, for (int i = 0; i < N; i++) sink += write(null, &byte, 1));
    BENCH("clock_gettime", N, for (int i = 0; i < N; i++) clock_gettime(CLOCK_MONOTONIC, &t));
    BENCH("open and close", N / 5, for (int i = 0; i < N / 5; i++) close(open("/dev/null", O_RDONLY)));
    BENCH("mmap and munmap", N / 5, for (int i = 0; i < N / 5; i++)
          munmap(mmap(0, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 65536));
    BENCH("signal", N / 5, for (int i = 0; i < N / 5; i++) raise(SIGUSR1));
    BENCH("fork and wait", 50, fork_and_wait(50, 0));
    BENCH("fork, exec and wait", 30, fork_and_wait(30, count > 1 ? args[1] : "/bin/true"));
    return 0;
}

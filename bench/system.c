/* Costs of the kernel's side: `system NAME COUNT` does NAME COUNT times and prints, as the kernels do, a checksum and the
   nanoseconds it took. `true` must lie beside it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#define USAGE "NAME COUNT"
#include "kernels/kernel.h"

/* Which benchmark, and the path of `true`. */
static const char *name;
static char program[4096];

static void arguments(char **argv) {
    const char *slash = strrchr(argv[0], '/');
    snprintf(program, sizeof program, "%.*s/true", slash ? (int)(slash - argv[0]) : 1, slash ? argv[0] : ".");
    name = argv[1];
}

static void must(int right, const char *what) {
    if (!right) perror(what), exit(1);
}

static void wait_for(pid_t child) {
    int status;
    must(waitpid(child, &status, 0) == child && status == 0, "child");
}

static uint64_t getppids(uint64_t count) {
    for (uint64_t r = 0; r < count; r++) must(syscall(SYS_getppid) > 0, "getppid");
    return 0;
}

static uint64_t reads(uint64_t count) {
    int zero = open("/dev/zero", O_RDONLY);
    char byte;
    for (uint64_t r = 0; r < count; r++) must(read(zero, &byte, 1) == 1, "read");
    return 0;
}

static uint64_t writes(uint64_t count) {
    int null = open("/dev/null", O_WRONLY);
    for (uint64_t r = 0; r < count; r++) must(write(null, "", 1) == 1, "write");
    return 0;
}

static uint64_t opens(uint64_t count) {
    for (uint64_t r = 0; r < count; r++) must(close(open("/dev/null", O_RDONLY)) == 0, "open");
    return 0;
}

static uint64_t stats(uint64_t count) {
    struct stat status;
    for (uint64_t r = 0; r < count; r++) must(stat("/usr/bin", &status) == 0, "stat");
    return 0;
}

static uint64_t clocks(uint64_t count) {
    struct timespec time;
    for (uint64_t r = 0; r < count; r++) must(clock_gettime(CLOCK_MONOTONIC, &time) == 0, "clock_gettime");
    return 0;
}

static uint64_t mappings(uint64_t count) {
    for (uint64_t r = 0; r < count; r++) {
        char *page = mmap(0, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        must(page != MAP_FAILED, "mmap");
        page[r & 65535] = 1;
        must(munmap(page, 65536) == 0, "munmap");
    }
    return 0;
}

static volatile sig_atomic_t handled;
static void handler(int number) { handled = handled + (number == SIGUSR1); }

static uint64_t signals(uint64_t count) {
    signal(SIGUSR1, handler);
    for (uint64_t r = 0; r < count; r++) raise(SIGUSR1);
    return (uint64_t)handled - count;
}

static uint64_t pipes(uint64_t count) {
    int there[2], back[2];
    char byte = 1;
    must(pipe(there) == 0 && pipe(back) == 0, "pipe");
    pid_t child = fork();
    if (child == 0) {
        close(there[1]);
        while (read(there[0], &byte, 1) == 1) must(write(back[1], &byte, 1) == 1, "write");
        _exit(0);
    }
    for (uint64_t r = 0; r < count; r++) must(write(there[1], &byte, 1) == 1 && read(back[0], &byte, 1) == 1, "pipe");
    close(there[1]);
    wait_for(child);
    return 0;
}

/* Whose turn it is: even the first thread's, odd the second's. */
static _Atomic uint32_t turn;

static void take_turns(uint64_t count, uint32_t mine) {
    for (uint64_t r = 0; r < count; r++) {
        for (uint32_t seen; (seen = atomic_load(&turn)) % 2 != mine;) syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, seen, 0);
        atomic_fetch_add(&turn, 1);
        syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1);
    }
}

static void *second(void *count) {
    take_turns(*(uint64_t *)count, 1);
    return 0;
}

static uint64_t futexes(uint64_t count) {
    pthread_t thread;
    must((errno = pthread_create(&thread, 0, second, &count)) == 0, "pthread_create");
    take_turns(count, 0);
    pthread_join(thread, 0);
    return atomic_load(&turn) - 2 * (uint32_t)count;
}

static void *nothing(void *argument) { return argument; }

static uint64_t threads(uint64_t count) {
    pthread_t thread;
    for (uint64_t r = 0; r < count; r++) {
        must((errno = pthread_create(&thread, 0, nothing, 0)) == 0, "pthread_create");
        pthread_join(thread, 0);
    }
    return 0;
}

static uint64_t forks(uint64_t count) {
    for (uint64_t r = 0; r < count; r++) {
        pid_t child = fork();
        if (child == 0) _exit(0);
        wait_for(child);
    }
    return 0;
}

static uint64_t spawns(uint64_t count) {
    char *const argv[] = {program, 0}, *const environment[] = {0};
    for (uint64_t r = 0; r < count; r++) {
        pid_t child;
        must((errno = posix_spawn(&child, program, 0, 0, argv, environment)) == 0, program);
        wait_for(child);
    }
    return 0;
}

static const struct {
    const char *name;
    uint64_t (*function)(uint64_t);
} benchmarks[] = {
    {"getppid", getppids},   {"read", reads},     {"write", writes},   {"open_close", opens},        {"stat", stats},
    {"clock", clocks},       {"mmap", mappings},  {"signal", signals}, {"pipe_ping_pong", pipes},    {"futex_ping_pong", futexes},
    {"thread", threads},     {"fork", forks},     {"spawn", spawns},
};

static uint64_t work(uint64_t count) {
    for (size_t i = 0; i < sizeof benchmarks / sizeof *benchmarks; i++)
        if (!strcmp(name, benchmarks[i].name)) return benchmarks[i].function(count);
    fprintf(stderr, "no benchmark %s\n", name);
    exit(2);
}

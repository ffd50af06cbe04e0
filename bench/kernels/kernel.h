/* What every kernel shares: `KERNEL COUNT` does its work COUNT times and prints a checksum of all that it computed and
   the nanoseconds that it took. The checksum must be the same on every machine, so kernels use no libm function but
   sqrt, no plain char, no long double, and are built without contraction of floating-point expressions. */
#pragma once
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The kernel: its work, `count` times; returns the checksum. */
static uint64_t work(uint64_t count);

/* xorshift64 (Marsaglia 2003): the same numbers everywhere. */
static inline uint64_t random_number(uint64_t *state) {
    *state ^= *state << 13, *state ^= *state >> 7, *state ^= *state << 17;
    return *state;
}

/* Adds a value to a checksum so that the order counts. */
static inline uint64_t mix(uint64_t sum, uint64_t value) { return (sum ^ value) * 0x9e3779b97f4a7c15u + (sum >> 29); }

static inline uint64_t bits_of(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

#define SEED 88172645463325252u
#define NOINLINE __attribute__((noinline))

/* A program with more than one benchmark defines USAGE and takes its other arguments here. */
#ifdef USAGE
static void arguments(char **argv);
#else
#define USAGE "COUNT"
static void arguments(char **argv) { (void)argv; }
#endif

int main(int argc, char **argv) {
    if (argc != (strchr(USAGE, ' ') ? 3 : 2)) return fprintf(stderr, "usage: %s " USAGE "\n", argv[0]), 2;
    struct timespec began, ended;
    uint64_t count = strtoull(argv[argc - 1], 0, 10);
    arguments(argv);
    clock_gettime(CLOCK_MONOTONIC, &began);
    uint64_t sum = work(count);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    printf("%016" PRIx64 " %" PRId64 "\n", sum,
           (int64_t)(ended.tv_sec - began.tv_sec) * 1000000000 + (ended.tv_nsec - began.tv_nsec));
    return 0;
}

/* What every benchmark shares: run a function once, print its name and the nanoseconds for each unit of work. */
#include <stdint.h>
#include <stdio.h>
#include <time.h>

static inline double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e9 + t.tv_nsec;
}

/* Keeps the compiler from dropping a result. */
static volatile uint64_t sink;

#define BENCH(name, units, body)                                  \
    do {                                                          \
        double began = now();                                     \
        body;                                                     \
        printf("%s %.3f\n", name, (now() - began) / (units));     \
    } while (0)

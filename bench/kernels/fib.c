/* Fibonacci by definition: calls, returns and little else. */
#include "kernel.h"

NOINLINE static uint64_t fib(uint64_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

static uint64_t work(uint64_t count) {
    uint64_t sum = 0;
    for (uint64_t r = 0; r < count; r++) sum = mix(sum, fib(15 + (r & 1)));
    return sum;
}

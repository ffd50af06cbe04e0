/* Calls through a table: one call site, eight targets, in an order that repeats only late. */
#include "kernel.h"

typedef uint64_t operation(uint64_t);
static uint64_t add(uint64_t x) { return x + 1; }
static uint64_t flip(uint64_t x) { return x ^ 0x5555; }
static uint64_t triple(uint64_t x) { return x * 3; }
static uint64_t halve(uint64_t x) { return x >> 1; }
static uint64_t rotate(uint64_t x) { return x << 7 | x >> 57; }
static uint64_t negate(uint64_t x) { return -x; }
static uint64_t swap(uint64_t x) { return __builtin_bswap64(x); }
static uint64_t fold(uint64_t x) { return x ^ x >> 32; }

static operation *volatile table[8] = {add, flip, triple, halve, rotate, negate, swap, fold};

static uint64_t work(uint64_t count) {
    static uint8_t order[1024];
    uint64_t x = 7, state = SEED;
    for (int i = 0; i < 1024; i++) order[i] = random_number(&state) >> 30 & 7;
    for (uint64_t r = 0; r < count; r++)
        for (int i = 0; i < 1024; i++) x = table[order[i]](x) + r;
    return x;
}

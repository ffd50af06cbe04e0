/* Lengths of Collatz sequences: a tight loop of shifts, adds and one branch that is hard to predict. */
#include "kernel.h"

static uint64_t work(uint64_t count) {
    uint64_t sum = 0;
    for (uint64_t start = 1; start <= count * 16; start++) {
        uint64_t steps = 0;
        for (uint64_t n = start; n != 1; steps++) n = n & 1 ? 3 * n + 1 : n >> 1;
        sum = mix(sum, steps);
    }
    return sum;
}

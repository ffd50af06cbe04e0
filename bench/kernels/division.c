/* Greatest common divisors by Euclid's algorithm: UDIV and MSUB in a chain. */
#include "kernel.h"

static uint64_t work(uint64_t count) {
    uint64_t sum = 0, state = SEED;
    for (uint64_t r = 0; r < count * 16; r++) {
        uint64_t a = random_number(&state) >> 20, b = random_number(&state) >> 24 | 1;
        while (b) {
            uint64_t rest = a % b;
            a = b, b = rest;
        }
        sum = mix(sum, a);
    }
    return sum;
}

/* Eight queens by bit masks: recursion with work in each frame. */
#include "kernel.h"

NOINLINE static unsigned place(unsigned columns, unsigned left, unsigned right, unsigned all) {
    if (columns == all) return 1;
    unsigned found = 0;
    for (unsigned free = all & ~(columns | left | right); free;) {
        unsigned bit = free & -free;
        free ^= bit;
        found += place(columns | bit, (left | bit) << 1, (right | bit) >> 1, all);
    }
    return found;
}

static uint64_t work(uint64_t count) {
    uint64_t sum = 0;
    for (uint64_t r = 0; r < count; r++) sum = mix(sum, place(0, 0, 0, (1u << (7 + (r & 1))) - 1));
    return sum;
}

/* Ackermann's function and Takeuchi's: deep recursion, arguments of other calls. */
#include "kernel.h"

NOINLINE static unsigned ackermann(unsigned m, unsigned n) {
    if (m == 0) return n + 1;
    if (n == 0) return ackermann(m - 1, 1);
    return ackermann(m - 1, ackermann(m, n - 1));
}

NOINLINE static int takeuchi(int x, int y, int z) {
    if (y >= x) return z;
    return takeuchi(takeuchi(x - 1, y, z), takeuchi(y - 1, z, x), takeuchi(z - 1, x, y));
}

static uint64_t work(uint64_t count) {
    uint64_t sum = 0;
    for (uint64_t r = 0; r < count; r++) sum = mix(sum, ackermann(2, 20 + (r & 3)) + (unsigned)takeuchi(9, 6, (int)(r & 1)));
    return sum;
}

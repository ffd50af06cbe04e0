/* Polynomials by Horner's rule with fused multiply-add, which compilers for arm64 use wherever the source allows it. */
#include "kernel.h"
#include <math.h>
#ifdef __x86_64__
#pragma GCC target("fma")
#endif

NOINLINE static double polynomial(double x) {
    double y = 0.0009765625;
    for (int i = 1; i < 12; i++) y = fma(y, x, 1.0 / i);
    return fma(y, x, -0.5);
}

static uint64_t work(uint64_t count) {
    double x = 0.1;
    uint64_t sum = 0;
    for (uint64_t r = 0; r < count; r++) {
        double total = 0;
        for (int i = 0; i < 64; i++) total = fma(polynomial(x + i * 0.001), 0.25, total);
        x = total - (double)(int64_t)total;
        sum = mix(sum, bits_of(total));
    }
    return sum;
}

/* y = a x + y, absolute values, square roots and limits over arrays of float. */
#include "kernel.h"
#include <math.h>

enum { N = 1024 };

NOINLINE static void step(float *restrict y, const float *restrict x, float a) {
    for (int i = 0; i < N; i++) y[i] = a * x[i] + y[i];
    for (int i = 0; i < N; i++) y[i] = sqrtf(fabsf(y[i]));
    for (int i = 0; i < N; i++) y[i] = y[i] > 3 ? 3 : y[i];
}

static uint64_t work(uint64_t count) {
    static float x[N], y[N];
    uint64_t sum = 0;
    for (int i = 0; i < N; i++) x[i] = (float)i * 0.01f;
    for (uint64_t r = 0; r < count; r++) {
        step(y, x, (float)(r % 17) * 0.1f);
        sum = mix(sum, bits_of(y[r % N]));
    }
    return sum;
}

/* Arrays of bytes: sums, exclusive or, averages, maxima, saturation: what pictures are made with. */
#include "kernel.h"

enum { N = 4096 };

NOINLINE static void step(uint8_t *restrict a, const uint8_t *restrict b, uint8_t key) {
    for (int i = 0; i < N; i++) a[i] = (uint8_t)(a[i] + b[i]) ^ key;
    for (int i = 0; i < N; i++) a[i] = (uint8_t)((a[i] + b[i] + 1) >> 1);
    for (int i = 0; i < N; i++) a[i] = a[i] > b[i] ? a[i] : b[i];
    for (int i = 0; i < N; i++) {
        unsigned t = a[i] + 9u;
        a[i] = (uint8_t)(t > 255 ? 255 : t);
    }
}

static uint64_t work(uint64_t count) {
    static uint8_t a[N], b[N];
    uint64_t sum = 0, state = SEED;
    for (int i = 0; i < N; i++) b[i] = (uint8_t)random_number(&state);
    for (uint64_t r = 0; r < count; r++) {
        step(a, b, (uint8_t)r);
        sum = mix(sum, a[r % N]);
    }
    return sum;
}

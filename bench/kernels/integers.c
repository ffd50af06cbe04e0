/* Vectors of 16- and 32-bit integers: widening products summed, shifts, minima, comparisons as masks. */
#include "kernel.h"

enum { N = 1024 };

NOINLINE static int32_t dot(const int16_t *a, const int16_t *b) {
    int32_t sum = 0;
    for (int i = 0; i < N; i++) sum += a[i] * b[i];
    return sum;
}

NOINLINE static uint32_t words(uint32_t *restrict a, const uint32_t *restrict b, uint32_t key) {
    uint32_t above = 0;
    for (int i = 0; i < N; i++) a[i] = (a[i] << 5 ^ b[i] * key) + (a[i] >> 3);
    for (int i = 0; i < N; i++) a[i] = a[i] < b[i] ? a[i] + key : b[i];
    for (int i = 0; i < N; i++) above += a[i] > 0x40000000u;
    return above;
}

static uint64_t work(uint64_t count) {
    static int16_t a[N], b[N];
    static uint32_t c[N], d[N];
    uint64_t sum = 0, state = SEED;
    for (int i = 0; i < N; i++) {
        uint64_t n = random_number(&state);
        a[i] = (int16_t)(n & 2047) - 1024, b[i] = (int16_t)(n >> 20 & 2047) - 1024, d[i] = (uint32_t)(n >> 30);
    }
    for (uint64_t r = 0; r < count; r++) {
        a[r % N] = (int16_t)(a[r % N] ^ 1);
        sum = mix(sum, (uint32_t)dot(a, b) + words(c, d, (uint32_t)r | 1));
    }
    return sum;
}

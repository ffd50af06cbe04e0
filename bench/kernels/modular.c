/* Powers modulo a 256-bit prime in Montgomery's form: what public-key cryptography does. */
#include "kernel.h"

typedef unsigned __int128 wide;
enum { N = 4 };

/* 2^255 - 19, and minus its inverse modulo 2^64. */
static const uint64_t prime[N] = {0xffffffffffffffed, 0xffffffffffffffff, 0xffffffffffffffff, 0x7fffffffffffffff};
static const uint64_t inverse = 0x86bca1af286bca1b;

NOINLINE static void multiply(uint64_t *out, const uint64_t *a, const uint64_t *b) {
    uint64_t t[N + 2] = {0};
    for (int i = 0; i < N; i++) {
        wide carry = 0;
        for (int j = 0; j < N; j++) carry += (wide)a[i] * b[j] + t[j], t[j] = (uint64_t)carry, carry >>= 64;
        carry += t[N], t[N] = (uint64_t)carry, t[N + 1] = (uint64_t)(carry >> 64);
        uint64_t m = t[0] * inverse;
        carry = ((wide)m * prime[0] + t[0]) >> 64;
        for (int j = 1; j < N; j++) carry += (wide)m * prime[j] + t[j], t[j - 1] = (uint64_t)carry, carry >>= 64;
        carry += t[N], t[N - 1] = (uint64_t)carry, t[N] = t[N + 1] + (uint64_t)(carry >> 64);
    }
    uint64_t less[N], borrow = 0;
    for (int i = 0; i < N; i++) {
        wide d = (wide)t[i] - prime[i] - borrow;
        less[i] = (uint64_t)d, borrow = (uint64_t)(d >> 64) & 1;
    }
    for (int i = 0; i < N; i++) out[i] = borrow > t[N] ? t[i] : less[i];
}

static uint64_t work(uint64_t count) {
    uint64_t base[N] = {3, 1, 4, 1}, power[N] = {38}, sum = 0, state = SEED;
    for (uint64_t r = 0; r < count; r++) {
        uint64_t exponent = random_number(&state);
        for (int bit = 0; bit < 64; bit++) {
            multiply(power, power, power);
            if (exponent >> bit & 1) multiply(power, power, base);
        }
        sum = mix(sum, power[r % N]);
    }
    return sum;
}

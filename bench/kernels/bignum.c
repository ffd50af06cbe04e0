/* Products of 1024-bit numbers: MUL, UMULH and chains of carries. */
#include "kernel.h"

enum { N = 16 };

NOINLINE static void multiply(uint64_t *restrict out, const uint64_t *a, const uint64_t *b) {
    memset(out, 0, 2 * N * sizeof *out);
    for (int i = 0; i < N; i++) {
        unsigned __int128 carry = 0;
        for (int j = 0; j < N; j++) {
            carry += (unsigned __int128)a[i] * b[j] + out[i + j];
            out[i + j] = (uint64_t)carry, carry >>= 64;
        }
        out[i + N] = (uint64_t)carry;
    }
}

static uint64_t work(uint64_t count) {
    uint64_t a[N], b[N], c[2 * N], sum = 0, state = SEED;
    for (int i = 0; i < N; i++) a[i] = random_number(&state), b[i] = random_number(&state);
    for (uint64_t r = 0; r < count; r++) {
        multiply(c, a, b);
        sum = mix(sum, c[r % (2 * N)]);
        memcpy(a, c + N / 2, sizeof a);
        a[0] |= 1, a[N - 1] |= 1;
    }
    return sum;
}

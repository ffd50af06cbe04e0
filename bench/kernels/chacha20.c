/* ChaCha20 (RFC 8439, section 2.3) in plain C: sixteen live words, rotations. */
#include "kernel.h"

static uint32_t rotate(uint32_t x, int by) { return x << by | x >> (32 - by); }

#define QUARTER(a, b, c, d)                 \
    a += b, d = rotate(d ^ a, 16), c += d, b = rotate(b ^ c, 12), \
    a += b, d = rotate(d ^ a, 8), c += d, b = rotate(b ^ c, 7)

NOINLINE static void block(uint32_t out[16], const uint32_t in[16]) {
    uint32_t x[16];
    memcpy(x, in, sizeof x);
    for (int i = 0; i < 10; i++) {
        QUARTER(x[0], x[4], x[8], x[12]), QUARTER(x[1], x[5], x[9], x[13]);
        QUARTER(x[2], x[6], x[10], x[14]), QUARTER(x[3], x[7], x[11], x[15]);
        QUARTER(x[0], x[5], x[10], x[15]), QUARTER(x[1], x[6], x[11], x[12]);
        QUARTER(x[2], x[7], x[8], x[13]), QUARTER(x[3], x[4], x[9], x[14]);
    }
    for (int i = 0; i < 16; i++) out[i] = x[i] + in[i];
}

static uint64_t work(uint64_t count) {
    uint32_t state[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, 1, 2, 3, 4, 5, 6, 7, 8}, out[16];
    uint64_t sum = 0;
    for (uint64_t r = 0; r < count; r++)
        for (int i = 0; i < 8; i++) {
            state[12]++;
            block(out, state);
            sum = mix(sum, (uint64_t)out[i] << 32 | out[15 - i]);
        }
    return sum;
}

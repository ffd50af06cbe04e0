/* Adler-32 and a rolling sum over bytes: loads of bytes, adds, one remainder by a constant. */
#include "kernel.h"

static uint64_t work(uint64_t count) {
    static uint8_t data[4096];
    uint64_t state = SEED, sum = 0;
    for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)random_number(&state);
    for (uint64_t r = 0; r < count; r++) {
        uint32_t a = 1, b = (uint32_t)r & 0xffff;
        for (size_t i = 0; i < sizeof data; i++) {
            a += data[i];
            b += a;
            if ((i & 1023) == 1023) a %= 65521, b %= 65521;
        }
        sum = mix(sum, b << 16 | a);
    }
    return sum;
}

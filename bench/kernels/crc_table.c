/* CRC-32 by a table of 256 words: a load whose address depends on the load before. */
#include "kernel.h"

static uint64_t work(uint64_t count) {
    static uint32_t table[256];
    static uint8_t data[2048];
    uint64_t sum = 0, state = SEED;
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int k = 0; k < 8; k++) c = c >> 1 ^ (c & 1 ? 0xedb88320u : 0);
        table[i] = c;
    }
    for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)random_number(&state);
    for (uint64_t r = 0; r < count; r++) {
        uint32_t c = ~(uint32_t)r;
        for (size_t i = 0; i < sizeof data; i++) c = c >> 8 ^ table[(c ^ data[i]) & 255];
        sum = mix(sum, c);
    }
    return sum;
}

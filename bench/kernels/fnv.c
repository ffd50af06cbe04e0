/* FNV-1a and a hash that multiplies and rotates, over keys of many lengths. */
#include "kernel.h"

NOINLINE static uint64_t fnv(const uint8_t *data, size_t length) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < length; i++) hash = (hash ^ data[i]) * 0x100000001b3u;
    return hash;
}

NOINLINE static uint64_t words(const uint8_t *data, size_t length) {
    uint64_t hash = length, word;
    for (; length >= 8; data += 8, length -= 8) {
        memcpy(&word, data, 8);
        word *= 0x87c37b91114253d5u;
        hash ^= (word << 31 | word >> 33) * 0x4cf5ad432745937fu;
        hash = (hash << 27 | hash >> 37) * 5 + 0x52dce729;
    }
    while (length--) hash = (hash ^ *data++) * 0xff51afd7ed558ccdu;
    return hash ^ hash >> 33;
}

static uint64_t work(uint64_t count) {
    static uint8_t data[256];
    uint64_t sum = 0, state = SEED;
    for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)random_number(&state);
    for (uint64_t r = 0; r < count; r++)
        for (size_t length = 1; length < 128; length += 7)
            sum = mix(sum, fnv(data + (r & 63), length) ^ words(data + (r & 127), length));
    return sum;
}

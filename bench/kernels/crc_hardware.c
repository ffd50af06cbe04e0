/* CRC-32C by the processor's instruction, on both kinds of machine. */
#include "kernel.h"
#ifdef __aarch64__
#pragma GCC target("arch=armv8-a+crc")
#include <arm_acle.h>
#define CRC(c, word) __crc32cd(c, word)
#else
#pragma GCC target("sse4.2")
#include <immintrin.h>
#define CRC(c, word) ((uint32_t)_mm_crc32_u64(c, word))
#endif

static uint64_t work(uint64_t count) {
    static uint64_t data[256];
    uint64_t sum = 0, state = SEED;
    for (int i = 0; i < 256; i++) data[i] = random_number(&state);
    for (uint64_t r = 0; r < count; r++) {
        uint32_t c = (uint32_t)r;
        for (int i = 0; i < 256; i++) c = CRC(c, data[i]);
        sum = mix(sum, c);
    }
    return sum;
}

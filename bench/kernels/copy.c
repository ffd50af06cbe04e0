/* libc's memcpy, memmove and memset at sizes from a few bytes to a page, aligned and not. */
#include "kernel.h"

static uint64_t work(uint64_t count) {
    static const uint16_t sizes[] = {3, 8, 16, 31, 64, 100, 256, 1000, 4096};
    static uint8_t from[8192], to[8192];
    uint64_t sum = 0, state = SEED;
    for (size_t i = 0; i < sizeof from; i++) from[i] = (uint8_t)random_number(&state);
    for (uint64_t r = 0; r < count; r++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            size_t size = sizes[i], shift = (r * 7 + i) & 63;
            memcpy(to + shift, from + (r & 127), size);
            memmove(to + shift + 5, to + shift, size);
            memset(to + shift + size / 2, (int)r, size / 4);
            sum = mix(sum, to[shift + size - 1]);
        }
    return sum;
}

/* printf and strtol: the library's big functions, full of branches and calls. Integers only: their text is exact. */
#include "kernel.h"

static uint64_t work(uint64_t count) {
    char text[128];
    uint64_t sum = 0, state = SEED;
    for (uint64_t r = 0; r < count; r++) {
        uint64_t n = random_number(&state);
        int length = snprintf(text, sizeof text, "%d:%#x:%s:%-8u:%05d", (int)(n >> 40), (unsigned)n, "text", (unsigned)(n >> 50), (int)(r % 1000));
        char *end;
        long first = strtol(text, &end, 10);
        unsigned long second = strtoul(end + 1, &end, 16);
        sum = mix(sum, (uint64_t)first + second + (uint64_t)length);
    }
    return sum;
}

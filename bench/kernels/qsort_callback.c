/* libc's qsort: a call-back per comparison, memcpy between. */
#include "kernel.h"

static int compare(const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

static uint64_t work(uint64_t count) {
    enum { N = 1024 };
    static int32_t numbers[N];
    uint64_t sum = 0, state = SEED;
    for (uint64_t r = 0; r < count; r++) {
        for (int i = 0; i < N; i++) numbers[i] = (int32_t)(random_number(&state) >> 20);
        qsort(numbers, N, sizeof *numbers, compare);
        for (int i = 0; i < N; i += 64) sum = mix(sum, (uint32_t)numbers[i]);
    }
    return sum;
}

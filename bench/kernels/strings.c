/* libc's string functions, hand-written assembly in glibc: lengths, searches, comparisons, copies of short strings. */
#define _GNU_SOURCE
#include "kernel.h"

static uint64_t work(uint64_t count) {
    enum { N = 64 };
    static char strings[N][128], copy[256];
    uint64_t sum = 0, state = SEED;
    for (int i = 0; i < N; i++) {
        size_t length = 3 + (random_number(&state) >> 20) % 100;
        memset(strings[i], 'a' + i % 3, length);
        strings[i][length / 2] = 'x';
    }
    for (uint64_t r = 0; r < count; r++)
        for (int i = 0; i < N; i++) {
            const char *s = strings[i], *t = strings[(i + r) % N];
            strcpy(copy, s);
            strcat(copy, t);
            sum = mix(sum, strlen(copy));
            sum += (uint64_t)(strchr(copy, 'x') - copy) + (strrchr(copy, 'y') != 0);
            sum += (uint64_t)((strcmp(s, t) > 0) - (strncmp(s, t, 5) < 0)) + (memchr(copy, 'x', sizeof copy) != 0);
            sum += (memcmp(s, t, 64) > 0) + strspn(t, "abc") + (strstr(copy, "xc") != 0);
        }
    return sum;
}

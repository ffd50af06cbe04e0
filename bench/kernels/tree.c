/* A binary search tree: allocate, insert, look up; branches that follow the data. */
#include "kernel.h"

struct node {
    struct node *child[2];
    uint64_t key;
};

static uint64_t work(uint64_t count) {
    enum { N = 512 };
    uint64_t sum = 0, state = SEED;
    struct node **path = malloc(N * sizeof *path);
    for (uint64_t r = 0; r < count; r++) {
        struct node *root = 0;
        int size = 0;
        for (int i = 0; i < 2 * N; i++) {
            uint64_t key = (random_number(&state) >> 22) % (2 * N), depth = 0;
            struct node **at = &root;
            while (*at && (*at)->key != key) at = &(*at)->child[key > (*at)->key], depth++;
            if (!*at && size < N) {
                *at = calloc(1, sizeof **at);
                (*at)->key = key;
                path[size++] = *at;
            }
            sum += depth;
        }
        sum = mix(sum, (uint64_t)size);
        while (size) free(path[--size]);
    }
    free(path);
    return sum;
}

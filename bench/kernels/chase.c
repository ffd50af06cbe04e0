/* A linked list in random order over 256 KiB: each load waits for the one before, in the second-level cache. */
#include "kernel.h"

struct node {
    struct node *next;
    uint64_t value[3];
};

static uint64_t work(uint64_t count) {
    enum { N = 8192 };
    static struct node nodes[N];
    static uint32_t order[N];
    uint64_t sum = 0, state = SEED;
    for (uint32_t i = 0; i < N; i++) order[i] = i;
    for (uint32_t i = N - 1; i; i--) {
        uint32_t j = (random_number(&state) >> 20) % (i + 1), t = order[i];
        order[i] = order[j], order[j] = t;
    }
    for (uint32_t i = 0; i < N; i++) {
        nodes[order[i]].next = &nodes[order[(i + 1) % N]];
        nodes[order[i]].value[0] = i;
    }
    const struct node *at = nodes;
    for (uint64_t r = 0; r < count; r++) {
        for (int i = 0; i < 1024; i++) at = at->next;
        sum = mix(sum, at->value[0]);
    }
    return sum;
}

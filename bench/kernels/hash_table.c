/* A hash table with open addressing: insert, find, delete, in a quarter of a megabyte. */
#include "kernel.h"

enum { SLOTS = 16384 };
static struct {
    uint64_t key, value;
} slots[SLOTS];

NOINLINE static unsigned find(uint64_t key) {
    unsigned at = (unsigned)(key * 0x9e3779b97f4a7c15u >> 50);
    while (slots[at].key && slots[at].key != key) at = (at + 1) % SLOTS;
    return at;
}

static uint64_t work(uint64_t count) {
    uint64_t sum = 0, state = SEED;
    for (uint64_t r = 0; r < count; r++)
        for (int i = 0; i < 256; i++) {
            uint64_t key = 1 + (random_number(&state) >> 13) % (SLOTS / 2);
            unsigned at = find(key);
            if (slots[at].key) {
                sum = mix(sum, slots[at].value++);
            } else {
                slots[at].key = key, slots[at].value = r;
            }
        }
    return sum;
}

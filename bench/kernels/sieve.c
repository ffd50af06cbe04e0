/* Eratosthenes' sieve: inner loops of one store with a stride. */
#include "kernel.h"

enum { N = 16384 };

static uint64_t work(uint64_t count) {
    static uint8_t composite[N];
    uint64_t sum = 0;
    for (uint64_t r = 0; r < count; r++) {
        memset(composite, 0, sizeof composite);
        composite[r % N] = 1;
        for (unsigned i = 2; i * i < N; i++)
            if (!composite[i])
                for (unsigned j = i * i; j < N; j += i) composite[j] = 1;
        unsigned primes = 0;
        for (unsigned i = 2; i < N; i++) primes += !composite[i];
        sum = mix(sum, primes);
    }
    return sum;
}

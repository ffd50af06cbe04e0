/* Atomic operations of one thread, uncontended: what reference counts and locks cost. */
#pragma once
#include "kernel.h"
#include <stdatomic.h>

static uint64_t work(uint64_t count) {
    static _Atomic uint64_t counter, word;
    static _Atomic uint32_t lock;
    uint64_t sum = 0;
    for (uint64_t r = 0; r < count; r++) {
        for (int i = 0; i < 64; i++) {
            uint32_t free = 0;
            while (!atomic_compare_exchange_weak_explicit(&lock, &free, 1, memory_order_acquire, memory_order_relaxed)) free = 0;
            atomic_fetch_add_explicit(&counter, 3, memory_order_relaxed);
            sum += atomic_exchange_explicit(&word, r + (uint64_t)i, memory_order_acq_rel);
            atomic_fetch_or(&word, 0x100);
            atomic_store_explicit(&lock, 0, memory_order_release);
        }
        sum = mix(sum, atomic_load_explicit(&counter, memory_order_acquire));
    }
    return sum;
}

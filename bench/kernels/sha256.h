/* Feeds blocks of words to a SHA-256 compression function, plain or by instructions: both give the same checksum. */
#pragma once
#include "kernel.h"
#include "sha256_constants.h"

static void compress(uint32_t state[8], const uint32_t block[16]);

static uint64_t work(uint64_t count) {
    uint32_t state[8], block[16];
    uint64_t sum = 0, random = SEED;
    memcpy(state, sha256_start, sizeof state);
    for (int i = 0; i < 16; i++) block[i] = (uint32_t)(random_number(&random) >> 16);
    for (uint64_t r = 0; r < count; r++) {
        for (int i = 0; i < 16; i++) {
            block[i] ^= (uint32_t)r;
            compress(state, block);
        }
        sum = mix(sum, (uint64_t)state[0] << 32 | state[7]);
    }
    return sum;
}

/* Encrypts blocks with AES-128 under given round keys, plain or by instructions: both give the same checksum. */
#pragma once
#include "kernel.h"

static uint8_t keys[11][16] __attribute__((aligned(16)));

static void encrypt(uint8_t block[16]);

static uint64_t work(uint64_t count) {
    uint8_t block[16] = {0};
    uint64_t sum = 0, state = SEED;
    for (int i = 0; i < 11; i++)
        for (int j = 0; j < 16; j++) keys[i][j] = (uint8_t)(random_number(&state) >> 30);
    for (uint64_t r = 0; r < count; r++) {
        for (int i = 0; i < 16; i++) encrypt(block);
        uint64_t half;
        memcpy(&half, block + 4, 8);
        sum = mix(sum, half);
    }
    return sum;
}

/* AES in plain C with one table per column operation: loads by bytes of words, exclusive or. */
#include "aes.h"

static uint8_t substitute[256];
static uint32_t table[256];

static uint8_t twice(uint8_t x) { return (uint8_t)(x << 1 ^ (x & 0x80 ? 0x1b : 0)); }

/* The S-box (FIPS 197, section 5.1.1), computed by walking the field's powers of 3 and of its inverse. */
__attribute__((constructor)) static void make_tables(void) {
    uint8_t p = 1, q = 1;
    do {
        p = (uint8_t)(p ^ twice(p));
        q ^= (uint8_t)(q << 1), q ^= (uint8_t)(q << 2), q ^= (uint8_t)(q << 4);
        if (q & 0x80) q ^= 0x09;
        uint8_t around = 0;
        for (int i = 0; i < 5; i++) around ^= (uint8_t)(q << i | q >> (8 - i));
        substitute[p] = around ^ 0x63;
    } while (p != 1);
    substitute[0] = 0x63;
    for (int i = 0; i < 256; i++) {
        uint32_t s = substitute[i], d = twice(substitute[i]);
        table[i] = d | s << 8 | s << 16 | (s ^ d) << 24;
    }
}

static uint32_t rotate(uint32_t x, int by) { return x << by | x >> (32 - by); }

NOINLINE static void encrypt(uint8_t block[16]) {
    uint32_t s[4], t[4], key[4];
    memcpy(s, block, 16);
    for (int round = 0; round < 9; round++) {
        memcpy(key, keys[round], 16);
        for (int i = 0; i < 4; i++) s[i] ^= key[i];
        for (int i = 0; i < 4; i++)
            t[i] = table[s[i] & 255] ^ rotate(table[s[(i + 1) % 4] >> 8 & 255], 8) ^ rotate(table[s[(i + 2) % 4] >> 16 & 255], 16) ^
                   rotate(table[s[(i + 3) % 4] >> 24], 24);
        memcpy(s, t, 16);
    }
    memcpy(key, keys[9], 16);
    for (int i = 0; i < 4; i++) s[i] ^= key[i];
    memcpy(key, keys[10], 16);
    for (int i = 0; i < 4; i++)
        t[i] = key[i] ^ (substitute[s[i] & 255] | (uint32_t)substitute[s[(i + 1) % 4] >> 8 & 255] << 8 |
                         (uint32_t)substitute[s[(i + 2) % 4] >> 16 & 255] << 16 | (uint32_t)substitute[s[(i + 3) % 4] >> 24] << 24);
    memcpy(block, t, 16);
}

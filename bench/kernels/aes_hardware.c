/* AES by the processor's instructions: AESE and AESMC on arm64, AES-NI on x86-64. */
#include "aes.h"
#ifdef __aarch64__
#pragma GCC target("arch=armv8-a+crypto")
#include <arm_neon.h>

NOINLINE static void encrypt(uint8_t block[16]) {
    uint8x16_t x = vld1q_u8(block);
#pragma GCC unroll 9
    for (int i = 0; i < 9; i++) x = vaesmcq_u8(vaeseq_u8(x, vld1q_u8(keys[i])));
    vst1q_u8(block, veorq_u8(vaeseq_u8(x, vld1q_u8(keys[9])), vld1q_u8(keys[10])));
}
#else
#pragma GCC target("aes")
#include <immintrin.h>

NOINLINE static void encrypt(uint8_t block[16]) {
    const __m128i *key = (const __m128i *)keys;
    __m128i x = _mm_xor_si128(_mm_loadu_si128((const __m128i *)block), key[0]);
#pragma GCC unroll 9
    for (int i = 1; i < 10; i++) x = _mm_aesenc_si128(x, key[i]);
    _mm_storeu_si128((__m128i *)block, _mm_aesenclast_si128(x, key[10]));
}
#endif

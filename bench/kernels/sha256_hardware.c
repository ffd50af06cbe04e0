/* SHA-256 by the processor's instructions: SHA256H and its kin on arm64, SHA-NI on x86-64. */
#include "sha256.h"
#ifdef __aarch64__
#pragma GCC target("arch=armv8-a+crypto")
#include <arm_neon.h>

NOINLINE static void compress(uint32_t state[8], const uint32_t block[16]) {
    uint32x4_t abcd = vld1q_u32(state), efgh = vld1q_u32(state + 4), m[4], from_abcd = abcd, from_efgh = efgh;
    for (int i = 0; i < 4; i++) m[i] = vld1q_u32(block + 4 * i);
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) {
        if (i >= 4) m[i % 4] = vsha256su1q_u32(vsha256su0q_u32(m[i % 4], m[(i + 1) % 4]), m[(i + 2) % 4], m[(i + 3) % 4]);
        uint32x4_t words = vaddq_u32(m[i % 4], vld1q_u32(sha256_constants + 4 * i)), before = abcd;
        abcd = vsha256hq_u32(abcd, efgh, words);
        efgh = vsha256h2q_u32(efgh, before, words);
    }
    vst1q_u32(state, vaddq_u32(abcd, from_abcd));
    vst1q_u32(state + 4, vaddq_u32(efgh, from_efgh));
}
#else
#pragma GCC target("sha,sse4.1")
#include <immintrin.h>

NOINLINE static void compress(uint32_t state[8], const uint32_t block[16]) {
    __m128i abcd = _mm_loadu_si128((const __m128i *)state), efgh = _mm_loadu_si128((const __m128i *)(state + 4)), m[4];
    /* The instructions want the words as F E B A and H G D C, lowest first. */
    __m128i badc = _mm_shuffle_epi32(abcd, 0xb1), hgfe = _mm_shuffle_epi32(efgh, 0x1b);
    __m128i abef = _mm_alignr_epi8(badc, hgfe, 8), cdgh = _mm_blend_epi16(hgfe, badc, 0xf0), from_abef = abef, from_cdgh = cdgh;
    for (int i = 0; i < 4; i++) m[i] = _mm_loadu_si128((const __m128i *)(block + 4 * i));
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) {
        if (i >= 4) {
            __m128i older = _mm_sha256msg1_epu32(m[i % 4], m[(i + 1) % 4]);
            older = _mm_add_epi32(older, _mm_alignr_epi8(m[(i + 3) % 4], m[(i + 2) % 4], 4));
            m[i % 4] = _mm_sha256msg2_epu32(older, m[(i + 3) % 4]);
        }
        __m128i words = _mm_add_epi32(m[i % 4], _mm_load_si128((const __m128i *)(sha256_constants + 4 * i)));
        cdgh = _mm_sha256rnds2_epu32(cdgh, abef, words);
        abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(words, 0x0e));
    }
    uint32_t fbea[4], hgdc[4];
    _mm_storeu_si128((__m128i *)fbea, _mm_add_epi32(abef, from_abef));
    _mm_storeu_si128((__m128i *)hgdc, _mm_add_epi32(cdgh, from_cdgh));
    state[0] = fbea[3], state[1] = fbea[2], state[4] = fbea[1], state[5] = fbea[0];
    state[2] = hgdc[3], state[3] = hgdc[2], state[6] = hgdc[1], state[7] = hgdc[0];
}
#endif

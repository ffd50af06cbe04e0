/* Carry-less products folded as GHASH and CRC do: PMULL on arm64, PCLMULQDQ on x86-64. */
#include "kernel.h"
#ifdef __aarch64__
#pragma GCC target("arch=armv8-a+crypto")
#include <arm_neon.h>
static void product(uint64_t a, uint64_t b, uint64_t out[2]) {
    vst1q_u64(out, vreinterpretq_u64_p128(vmull_p64(a, b)));
}
#else
#pragma GCC target("pclmul")
#include <immintrin.h>
static void product(uint64_t a, uint64_t b, uint64_t out[2]) {
    _mm_storeu_si128((__m128i *)out, _mm_clmulepi64_si128(_mm_cvtsi64_si128((int64_t)a), _mm_cvtsi64_si128((int64_t)b), 0));
}
#endif

static uint64_t work(uint64_t count) {
    static uint64_t data[64];
    uint64_t state = SEED, low = 1, high = 2, t[2], u[2];
    for (int i = 0; i < 64; i++) data[i] = random_number(&state);
    for (uint64_t r = 0; r < count; r++)
        for (int i = 0; i < 64; i += 2) {
            product(low ^ data[i], 0x1751997d0, t);
            product(high ^ data[i + 1], 0x0ccaa009e, u);
            low = t[0] ^ u[0] ^ r, high = t[1] ^ u[1];
        }
    return mix(low, high);
}

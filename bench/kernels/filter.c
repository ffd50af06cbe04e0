/* A recursive filter and a polynomial oscillator in float: scalar single precision, one chain. */
#include "kernel.h"

static uint64_t work(uint64_t count) {
    float a = 0, b = 0, phase = 0.1f;
    uint64_t sum = 0;
    for (uint64_t r = 0; r < count; r++) {
        for (int i = 0; i < 512; i++) {
            phase += 0.037f;
            if (phase > 1) phase -= 2;
            float in = phase * (1 - phase * phase * 0.1666f);
            float out = 0.2f * in + 1.5f * a - 0.7f * b;
            b = a, a = out;
        }
        sum = mix(sum, bits_of(a));
    }
    return sum;
}

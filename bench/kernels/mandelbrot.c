/* The Mandelbrot set, pixel by pixel: a chain of multiplications and additions, a comparison per step. */
#include "kernel.h"

static uint64_t work(uint64_t count) {
    uint64_t sum = 0;
    for (uint64_t r = 0; r < count; r++) {
        double cy = (double)(r % 97) / 48.5 - 1;
        for (int px = 0; px < 32; px++) {
            double cx = px * 0.09 - 2.1, x = 0, y = 0;
            unsigned i = 0;
            for (; i < 100 && x * x + y * y < 4; i++) {
                double t = x * x - y * y + cx;
                y = 2 * x * y + cy, x = t;
            }
            sum = mix(sum, i);
        }
    }
    return sum;
}

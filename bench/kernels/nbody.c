/* Five bodies under gravity: scalar double with square roots and divisions. */
#include "kernel.h"
#include <math.h>

static uint64_t work(uint64_t count) {
    enum { N = 5 };
    double at[N][3], speed[N][3] = {{0}}, mass[N];
    for (int i = 0; i < N; i++) {
        mass[i] = i + 1;
        for (int k = 0; k < 3; k++) at[i][k] = i * 1.5 - k * k * 0.7 + (i * k % 3);
    }
    for (uint64_t r = 0; r < count * 16; r++) {
        for (int i = 0; i < N; i++)
            for (int j = i + 1; j < N; j++) {
                double dx = at[i][0] - at[j][0], dy = at[i][1] - at[j][1], dz = at[i][2] - at[j][2];
                double square = dx * dx + dy * dy + dz * dz + 0.01, pull = 1e-3 / (square * sqrt(square));
                speed[i][0] -= dx * mass[j] * pull, speed[j][0] += dx * mass[i] * pull;
                speed[i][1] -= dy * mass[j] * pull, speed[j][1] += dy * mass[i] * pull;
                speed[i][2] -= dz * mass[j] * pull, speed[j][2] += dz * mass[i] * pull;
            }
        for (int i = 0; i < N; i++)
            for (int k = 0; k < 3; k++) at[i][k] += 1e-3 * speed[i][k];
    }
    uint64_t sum = 0;
    for (int i = 0; i < N; i++)
        for (int k = 0; k < 3; k++) sum = mix(sum, bits_of(at[i][k]));
    return sum;
}

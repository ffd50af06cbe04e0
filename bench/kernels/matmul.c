/* Matrices of float, multiplied row by row: the inner loop is a vector multiply and add. */
#include "kernel.h"

enum { N = 32 };

static uint64_t work(uint64_t count) {
    static float a[N][N], b[N][N], c[N][N];
    uint64_t sum = 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) a[i][j] = (float)(i - j) * 0.03f, b[i][j] = (float)((i * j) % 7) * 0.1f;
    for (uint64_t r = 0; r < count; r++) {
        memset(c, 0, sizeof c);
        a[r % N][0] += 0.01f;
        for (int i = 0; i < N; i++)
            for (int k = 0; k < N; k++)
                for (int j = 0; j < N; j++) c[i][j] += a[i][k] * b[k][j];
        sum = mix(sum, bits_of(c[r % N][3]) ^ bits_of(c[5][r % N]));
    }
    return sum;
}

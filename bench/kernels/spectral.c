/* The spectral norm of an infinite matrix, cut: divisions, conversions from integers. */
#include "kernel.h"
#include <math.h>

enum { N = 32 };

static double element(int i, int j) { return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1); }

NOINLINE static void multiply(const double *v, double *out, int transposed) {
    for (int i = 0; i < N; i++) {
        out[i] = 0;
        for (int j = 0; j < N; j++) out[i] += (transposed ? element(j, i) : element(i, j)) * v[j];
    }
}

static uint64_t work(uint64_t count) {
    double u[N], v[N], t[N], uv = 0, vv = 0;
    uint64_t sum = 0;
    for (int i = 0; i < N; i++) u[i] = 1 + i * 0.01;
    for (uint64_t r = 0; r < count; r++) {
        multiply(u, t, 0), multiply(t, v, 1);
        multiply(v, t, 0), multiply(t, u, 1);
        uv = vv = 0;
        for (int i = 0; i < N; i++) uv += u[i] * v[i], vv += v[i] * v[i];
        sum = mix(sum, bits_of(sqrt(uv / vv)));
        for (int i = 0; i < N; i++) u[i] /= sqrt(vv);
    }
    return sum;
}

/* A five-point stencil over doubles: vectors of two, unaligned loads, a fifth by multiplication. */
#include "kernel.h"

enum { N = 64 };

NOINLINE static void step(double (*restrict to)[N], double (*restrict from)[N]) {
    for (int y = 1; y < N - 1; y++)
        for (int x = 1; x < N - 1; x++)
            to[y][x] = 0.2 * (from[y][x] + from[y][x - 1] + from[y][x + 1] + from[y - 1][x] + from[y + 1][x]);
}

static uint64_t work(uint64_t count) {
    static double grid[2][N][N];
    uint64_t sum = 0;
    for (int i = 0; i < N; i++) grid[0][0][i] = grid[1][0][i] = i, grid[0][i][0] = grid[1][i][0] = 3 * i;
    for (uint64_t r = 0; r < count; r++) {
        step(grid[~r & 1], grid[r & 1]);
        sum = mix(sum, bits_of(grid[~r & 1][N / 2][r % N]));
    }
    return sum;
}

/* Conway's game of life, cell by cell: nested loops, neighbours, an if per cell. */
#include "kernel.h"

enum { N = 64 };

static uint64_t work(uint64_t count) {
    static uint8_t board[2][N + 2][N + 2];
    uint64_t state = SEED, sum = 0;
    for (int y = 1; y <= N; y++)
        for (int x = 1; x <= N; x++) board[0][y][x] = random_number(&state) >> 40 & 1;
    for (uint64_t r = 0; r < count; r++) {
        uint8_t(*from)[N + 2] = board[r & 1], (*to)[N + 2] = board[~r & 1];
        unsigned alive = 0;
        for (int y = 1; y <= N; y++)
            for (int x = 1; x <= N; x++) {
                int around = 0;
                for (int dy = -1; dy <= 1; dy++)
                    for (int dx = -1; dx <= 1; dx++)
                        if (dy || dx) around += from[y + dy][x + dx];
                if (around == 3 || (around == 2 && from[y][x])) {
                    to[y][x] = 1;
                    alive++;
                } else {
                    to[y][x] = 0;
                }
            }
        /* A dying board would make the kernel easy: a glider's worth of noise keeps it going. */
        to[1 + random_number(&state) % N][1 + random_number(&state) % N] = 1;
        sum = mix(sum, alive);
    }
    return sum;
}

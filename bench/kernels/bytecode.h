/* The program of a small stack machine, which two kernels interpret: the sum of the primes below `limit`, by trial
   division. Variables: 0 the candidate, 1 the divisor, 2 the sum, 3 the limit. A jump's operand is an index. */
#pragma once
#include "kernel.h"

enum operation { PUSH, LOAD, STORE, ADD, MUL, REM, LESS, JUMP, IF, UNLESS, HALT };

struct instruction {
    uint8_t operation, operand;
};

static const struct instruction program[] = {
    /*  0: sum = 0, candidate = 2        */ {PUSH, 0}, {STORE, 2}, {PUSH, 2}, {STORE, 0},
    /*  4: while candidate < limit       */ {LOAD, 0}, {LOAD, 3}, {LESS, 0}, {UNLESS, 34},
    /*  8:   divisor = 2                 */ {PUSH, 2}, {STORE, 1},
    /* 10:   until candidate < divisor^2 */ {LOAD, 0}, {LOAD, 1}, {LOAD, 1}, {MUL, 0}, {LESS, 0}, {IF, 25},
    /* 16:     if it divides, next       */ {LOAD, 0}, {LOAD, 1}, {REM, 0}, {UNLESS, 29},
    /* 20:     divisor += 1              */ {LOAD, 1}, {PUSH, 1}, {ADD, 0}, {STORE, 1}, {JUMP, 10},
    /* 25:   sum += candidate            */ {LOAD, 2}, {LOAD, 0}, {ADD, 0}, {STORE, 2},
    /* 29:   candidate += 1              */ {LOAD, 0}, {PUSH, 1}, {ADD, 0}, {STORE, 0}, {JUMP, 4},
    /* 34:                               */ {HALT, 0},
};

static uint64_t interpret(uint64_t limit);

static uint64_t work(uint64_t count) {
    uint64_t sum = 0;
    for (uint64_t r = 0; r < count; r++) sum = mix(sum, interpret(96 + (r & 31)));
    return sum;
}

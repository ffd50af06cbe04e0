/* A byte-code interpreter with computed goto: each operation ends in an indirect jump of its own. */
#include "bytecode.h"

#define NEXT                       \
    do {                           \
        operand = at->operand;     \
        goto *labels[(at++)->operation]; \
    } while (0)

NOINLINE static uint64_t interpret(uint64_t limit) {
    static const void *const labels[] = {
        [PUSH] = &&push, [LOAD] = &&load, [STORE] = &&store, [ADD] = &&add,       [MUL] = &&mul,   [REM] = &&rem,
        [LESS] = &&less, [JUMP] = &&jump, [IF] = &&if_,      [UNLESS] = &&unless, [HALT] = &&halt,
    };
    uint64_t stack[8], variables[4] = {0, 0, 0, limit}, *top = stack;
    const struct instruction *at = program;
    uint8_t operand;
    NEXT;
push:
    *top++ = operand;
    NEXT;
load:
    *top++ = variables[operand];
    NEXT;
store:
    variables[operand] = *--top;
    NEXT;
add:
    top--, top[-1] += top[0];
    NEXT;
mul:
    top--, top[-1] *= top[0];
    NEXT;
rem:
    top--, top[-1] %= top[0];
    NEXT;
less:
    top--, top[-1] = top[-1] < top[0];
    NEXT;
jump:
    at = program + operand;
    NEXT;
if_:
    if (*--top) at = program + operand;
    NEXT;
unless:
    if (!*--top) at = program + operand;
    NEXT;
halt:
    return variables[2];
}

/* A byte-code interpreter with one `switch`: a bounds check and one indirect jump that all operations share. */
#include "bytecode.h"

NOINLINE static uint64_t interpret(uint64_t limit) {
    uint64_t stack[8], variables[4] = {0, 0, 0, limit}, *top = stack;
    const struct instruction *at = program;
    for (;;) {
        uint8_t operand = at->operand;
        switch ((at++)->operation) {
        case PUSH: *top++ = operand; break;
        case LOAD: *top++ = variables[operand]; break;
        case STORE: variables[operand] = *--top; break;
        case ADD: top--, top[-1] += top[0]; break;
        case MUL: top--, top[-1] *= top[0]; break;
        case REM: top--, top[-1] %= top[0]; break;
        case LESS: top--, top[-1] = top[-1] < top[0]; break;
        case JUMP: at = program + operand; break;
        case IF:
            if (*--top) at = program + operand;
            break;
        case UNLESS:
            if (!*--top) at = program + operand;
            break;
        default: return variables[2];
        }
    }
}

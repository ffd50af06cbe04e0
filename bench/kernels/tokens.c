/* A scanner over program-like text: chains of comparisons, branches that depend on data. */
#include "kernel.h"

enum { N = 8192 };
static uint8_t text[N + 1];

static void write_text(void) {
    static const char *const words[] = {"while ", "x1 ", "== ", "42 ", "\"text\" ", "/* c */ ", "foo(", ") ", "{\n", "}\n", "3.14 ", "+= "};
    uint64_t state = SEED;
    size_t at = 0;
    for (;;) {
        const char *word = words[random_number(&state) % (sizeof words / sizeof *words)];
        size_t length = strlen(word);
        if (at + length > N) break;
        memcpy(text + at, word, length);
        at += length;
    }
}

static int letter(int c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
static int digit(int c) { return c >= '0' && c <= '9'; }

/* Returns what kind of token is at `*at`, and moves it behind. */
NOINLINE static int token(const uint8_t **at) {
    const uint8_t *p = *at;
    int kind;
    if (letter(*p)) {
        for (kind = 1; letter(*p) || digit(*p); p++) {}
    } else if (digit(*p)) {
        for (kind = 2; digit(*p); p++) {}
        if (*p == '.')
            for (p++, kind = 3; digit(*p); p++) {}
    } else if (*p == '"') {
        for (kind = 4, p++; *p && *p != '"'; p++) {}
        p += *p != 0;
    } else if (*p == '/' && p[1] == '*') {
        for (kind = 5, p += 2; *p && !(*p == '*' && p[1] == '/'); p++) {}
        p += *p ? 2 : 0;
    } else if (*p == ' ' || *p == '\n') {
        for (kind = 6; *p == ' ' || *p == '\n'; p++) {}
    } else {
        kind = p[1] == '=' ? 8 : 7;
        p += kind - 6;
    }
    *at = p;
    return kind;
}

static uint64_t work(uint64_t count) {
    uint64_t sum = 0;
    write_text();
    for (uint64_t r = 0; r < count; r++) {
        uint64_t kinds[9] = {0};
        for (const uint8_t *at = text + r % 64; *at;) kinds[token(&at)]++;
        for (int i = 0; i < 9; i++) sum = mix(sum, kinds[i]);
    }
    return sum;
}

/* CPU kernels, one per class of code. */
#include "bench.h"
#include <stdlib.h>
#include <string.h>

static uint64_t seed = 88172645463325252u;
static uint64_t next(void) {
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    return seed;
}

static int compare(const void *a, const void *b) {
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}
static void sort(int n) {
    int *v = malloc(n * sizeof *v);
    for (int i = 0; i < n; i++) v[i] = (int)next();
    qsort(v, n, sizeof *v, compare);
    sink += v[n / 2];
    free(v);
}
static void hash(int n) {
    uint32_t h = 2166136261u;
    for (int i = 0; i < n; i++) h = (h ^ (i & 255)) * 16777619u;
    sink += h;
}
static void sieve(int n) {
    char *composite = calloc(n, 1);
    for (int i = 2; i * i < n; i++)
        if (!composite[i])
            for (int j = i * i; j < n; j += i) composite[j] = 1;
    sink += composite[n - 1];
    free(composite);
}
static void matmul(int n) {
    static float a[64][64], b[64][64], c[64][64];
    for (int r = 0; r < n; r++) {
        for (int i = 0; i < 64; i++)
            for (int j = 0; j < 64; j++) a[i][j] = i + r, b[i][j] = j;
        for (int i = 0; i < 64; i++)
            for (int k = 0; k < 64; k++)
                for (int j = 0; j < 64; j++) c[i][j] += a[i][k] * b[k][j];
    }
    sink += (uint64_t)c[3][5];
}
static void nbody(int n) {
    double x[5], v[5] = {0}, m[5];
    for (int i = 0; i < 5; i++) x[i] = i * 1.5, m[i] = i + 1;
    for (int s = 0; s < n; s++) {
        for (int i = 0; i < 5; i++)
            for (int j = 0; j < 5; j++)
                if (i != j) {
                    double d = x[j] - x[i], r = d * d + 0.01;
                    v[i] += m[j] * d / (r * __builtin_sqrt(r)) * 1e-3;
                }
        for (int i = 0; i < 5; i++) x[i] += v[i] * 1e-3;
    }
    sink += (uint64_t)(x[0] * 1e6);
}
static void mandelbrot(int n) {
    int inside = 0;
    for (int py = 0; py < n; py++)
        for (int px = 0; px < n; px++) {
            double cx = px * 3.0 / n - 2, cy = py * 2.0 / n - 1, x = 0, y = 0;
            int i = 0;
            for (; i < 50 && x * x + y * y < 4; i++) {
                double t = x * x - y * y + cx;
                y = 2 * x * y + cy, x = t;
            }
            inside += i == 50;
        }
    sink += inside;
}
__attribute__((noinline)) static int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

static uint64_t f0(uint64_t x) { return x + 1; }
static uint64_t f1(uint64_t x) { return x ^ 5; }
static uint64_t f2(uint64_t x) { return x * 3; }
static uint64_t f3(uint64_t x) { return x >> 1; }
static void indirect(int n) {
    uint64_t (*volatile table[4])(uint64_t) = {f0, f1, f2, f3};
    uint64_t x = 7;
    for (int i = 0; i < n; i++) x = table[i & 3](x);
    sink += x;
}
static void bytecode(int n) {
    static const uint8_t code[] = {0, 1, 2, 3, 1, 0, 4};
    uint64_t a = 1, b = 2;
    for (int i = 0, pc = 0; i < n; i++) switch (code[pc++]) {
        case 0: a += b; break;
        case 1: b ^= a; break;
        case 2: a -= 3; break;
        case 3: b += 7; break;
        default: pc = 0;
        }
    sink += a + b;
}
static void strings(int n) {
    char text[256];
    memset(text, 'a', 255), text[255] = 0;
    for (int i = 0; i < n; i++) {
        text[i & 127] = 'b';
        sink += strlen(text) + (strchr(text, 'z') != 0) + memcmp(text, text + 64, 64);
    }
}
static void chase(int n) {
    static uint32_t link[4096];
    for (int i = 0; i < 4096; i++) link[i] = (i + 1237) & 4095;
    uint32_t at = 0;
    for (int i = 0; i < n; i++) at = link[at];
    sink += at;
}
static void crc(int n) {
    uint32_t c = ~0u;
    for (int i = 0; i < n; i++) {
        c ^= i & 255;
        for (int k = 0; k < 8; k++) c = c >> 1 ^ (c & 1 ? 0xedb88320u : 0);
    }
    sink += c;
}
static void division(int n) {
    uint64_t x = 0;
    for (int i = 1; i <= n; i++) x += 0xffffffffffffffffu / (i * 7919ull) % 1000;
    sink += x;
}
static void bytes_simd(int n) {
    static uint8_t a[4096], b[4096];
    for (int r = 0; r < n; r++)
        for (int i = 0; i < 4096; i++) a[i] = (uint8_t)(a[i] + b[i]) ^ (uint8_t)r;
    sink += a[17];
}
static void bignum(int n) {
    uint64_t a[16], b[16], c[32];
    for (int i = 0; i < 16; i++) a[i] = next(), b[i] = next();
    for (int r = 0; r < n; r++) {
        memset(c, 0, sizeof c);
        for (int i = 0; i < 16; i++) {
            unsigned __int128 carry = 0;
            for (int j = 0; j < 16; j++) {
                carry += (unsigned __int128)a[i] * b[j] + c[i + j];
                c[i + j] = (uint64_t)carry, carry >>= 64;
            }
            c[i + 16] = (uint64_t)carry;
        }
        a[0] ^= c[5];
    }
    sink += c[20];
}

int main(void) {
    BENCH("sort", 20000, sort(20000));
    BENCH("hash", 1000000, hash(1000000));
    BENCH("sieve", 200000, sieve(200000));
    BENCH("matmul", 2, matmul(2));
    BENCH("n-body", 4000, nbody(4000));
    BENCH("mandelbrot", 80 * 80, mandelbrot(80));
    BENCH("fib", 1, sink += fib(24));
    BENCH("indirect calls", 300000, indirect(300000));
    BENCH("byte code", 600000, bytecode(600000));
    BENCH("strings", 20000, strings(20000));
    BENCH("pointer chase", 1000000, chase(1000000));
    BENCH("crc", 100000, crc(100000));
    BENCH("division", 300000, division(300000));
    BENCH("byte SIMD", 100, bytes_simd(100));
    BENCH("bignum", 2000, bignum(2000));
    return 0;
}

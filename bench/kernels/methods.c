/* Virtual methods as C++ compilers make them: load the table, load the method, call; mostly one type per place. */
#include "kernel.h"

struct shape;
struct methods {
    int64_t (*area)(const struct shape *);
    void (*grow)(struct shape *, int64_t);
};
struct shape {
    const struct methods *methods;
    int64_t a, b;
};

static int64_t square_area(const struct shape *s) { return s->a * s->a; }
static void square_grow(struct shape *s, int64_t by) { s->a = (s->a + by) & 1023; }
static int64_t box_area(const struct shape *s) { return s->a * s->b; }
static void box_grow(struct shape *s, int64_t by) { s->a = (s->a + by) & 511, s->b = (s->b - by) & 511; }
static int64_t triangle_area(const struct shape *s) { return s->a * s->b / 2; }
static void triangle_grow(struct shape *s, int64_t by) { s->b = (s->b + 2 * by) & 1023; }

static const struct methods types[] = {{square_area, square_grow}, {box_area, box_grow}, {triangle_area, triangle_grow}};

static uint64_t work(uint64_t count) {
    enum { N = 512 };
    static struct shape shapes[N];
    uint64_t sum = 0, state = SEED;
    /* Three quarters are of the first type, as in most programs. */
    for (int i = 0; i < N; i++) {
        unsigned pick = random_number(&state) >> 33 & 7;
        shapes[i] = (struct shape){&types[pick < 6 ? 0 : pick - 5], i, i + 3};
    }
    for (uint64_t r = 0; r < count; r++) {
        int64_t total = 0;
        for (int i = 0; i < N; i++) {
            shapes[i].methods->grow(&shapes[i], (int64_t)(r & 7));
            total += shapes[i].methods->area(&shapes[i]);
        }
        sum = mix(sum, (uint64_t)total);
    }
    return sum;
}

/* Rays against spheres in float: dot products, square roots, divisions, branches. */
#include "kernel.h"
#include <math.h>

struct vector {
    float x, y, z;
};
static float dot(struct vector a, struct vector b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
static struct vector minus(struct vector a, struct vector b) { return (struct vector){a.x - b.x, a.y - b.y, a.z - b.z}; }

NOINLINE static float nearest(struct vector from, struct vector along, const struct vector *centres, int n) {
    float best = 1e9f;
    for (int i = 0; i < n; i++) {
        struct vector to = minus(centres[i], from);
        float b = dot(to, along), d = b * b - dot(to, to) + 0.25f;
        if (d > 0) {
            float t = b - sqrtf(d);
            if (t > 0.001f && t < best) best = t;
        }
    }
    return best;
}

static uint64_t work(uint64_t count) {
    enum { N = 12 };
    struct vector centres[N], from = {0, 0, 0};
    uint64_t sum = 0;
    for (int i = 0; i < N; i++) centres[i] = (struct vector){(i % 4) - 1.5f, (i / 4) - 1.f, 3.f + (i * 7 % 5) * 0.3f};
    for (uint64_t r = 0; r < count; r++)
        for (int px = 0; px < 32; px++) {
            struct vector along = {(px - 16) * 0.04f, ((int)(r % 32) - 16) * 0.04f, 1};
            float length = sqrtf(dot(along, along));
            along = (struct vector){along.x / length, along.y / length, along.z / length};
            sum = mix(sum, bits_of(nearest(from, along, centres, N)));
        }
    return sum;
}

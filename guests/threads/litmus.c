// syscalls: futex clone
// Arm's memory model between threads, at its strong end: what barriers and ordered accesses forbid
// is never seen, and exclusive accesses and atomics lose nothing.
#include "../check.h"
#include <pthread.h>
#include <stdatomic.h>

enum { ROUNDS = 20000, BATCH = 100 };

static pthread_barrier_t barrier;
static _Atomic int x[BATCH], y[BATCH];
static int r[4][BATCH];

/* Each test: what thread t does in round i, and what must not be. */
struct test {
    int threads;
    void (*step)(int t, int i);
    int (*forbidden)(int i);
};

#define FENCE() atomic_thread_fence(memory_order_seq_cst)
#define SET(v, n, order) atomic_store_explicit(&(v), n, memory_order_##order)
#define GET(v, order) atomic_load_explicit(&(v), memory_order_##order)

/* SB: each writes one and reads the other. */
static void store_buffering(int t, int i)
{
    SET(*(t ? &y[i] : &x[i]), 1, relaxed);
    FENCE();
    r[t][i] = GET(*(t ? &x[i] : &y[i]), relaxed);
}

static void store_buffering_ordered(int t, int i)
{
    SET(*(t ? &y[i] : &x[i]), 1, seq_cst);
    r[t][i] = GET(*(t ? &x[i] : &y[i]), seq_cst);
}

static int both_old(int i)
{
    return r[0][i] == 0 && r[1][i] == 0;
}

/* MP: data, then a flag. */
static void message_passing(int t, int i)
{
    if (t == 0) {
        SET(x[i], 1, relaxed);
        SET(y[i], 1, release);
    } else {
        r[0][i] = GET(y[i], acquire);
        r[1][i] = GET(x[i], relaxed);
    }
}

static int flag_without_data(int i)
{
    return r[0][i] == 1 && r[1][i] == 0;
}

/* LB: each reads one and writes the other. */
static void load_buffering(int t, int i)
{
    r[t][i] = GET(*(t ? &y[i] : &x[i]), acquire);
    SET(*(t ? &x[i] : &y[i]), 1, release);
}

static int both_new(int i)
{
    return r[0][i] == 1 && r[1][i] == 1;
}

/* IRIW: two readers agree on the order of two writers. */
static void independent_reads(int t, int i)
{
    if (t < 2) {
        SET(*(t ? &y[i] : &x[i]), 1, seq_cst);
    } else {
        _Atomic int *first = t == 2 ? &x[i] : &y[i], *second = t == 2 ? &y[i] : &x[i];
        r[2 * (t - 2)][i] = GET(*first, seq_cst);
        r[2 * (t - 2) + 1][i] = GET(*second, seq_cst);
    }
}

static int disagreement(int i)
{
    return r[0][i] == 1 && r[1][i] == 0 && r[2][i] == 1 && r[3][i] == 0;
}

/* 2+2W: the last write of each is not the first of the other. */
static void two_writes(int t, int i)
{
    SET(*(t ? &y[i] : &x[i]), 1, seq_cst);
    SET(*(t ? &x[i] : &y[i]), 2, seq_cst);
}

static int both_first(int i)
{
    return x[i] == 1 && y[i] == 1;
}

static const struct test tests[] = {
    {2, store_buffering, both_old},   {2, store_buffering_ordered, both_old},
    {2, message_passing, flag_without_data}, {2, load_buffering, both_new},
    {4, independent_reads, disagreement},    {2, two_writes, both_first},
};
static const struct test *present;

static void *run(void *arg)
{
    int t = (intptr_t)arg;
    for (int round = 0; round < ROUNDS / BATCH; round++) {
        pthread_barrier_wait(&barrier);
        for (int i = 0; i < BATCH; i++)
            present->step(t, i);
        pthread_barrier_wait(&barrier);
        if (t != 0)
            continue;
        for (int i = 0; i < BATCH; i++) {
            CHECK(!present->forbidden(i));
            x[i] = y[i] = 0;
        }
    }
    return NULL;
}

static _Atomic long counter;
static _Atomic unsigned char bytes[8];

static void *add(void *arg)
{
    for (int i = 0; i < ROUNDS; i++) {
        atomic_fetch_add(&counter, 3);
        atomic_fetch_add(&bytes[i % 8], 1);
        long seen = atomic_load(&counter);
        while (!atomic_compare_exchange_weak(&counter, &seen, seen - 2))
            ;
    }
    return arg;
}

int main(void)
{
    begin();
    pthread_t threads[4];
    for (unsigned n = 0; n < sizeof tests / sizeof *tests; n++) {
        present = &tests[n];
        pthread_barrier_init(&barrier, NULL, present->threads);
        for (intptr_t t = 0; t < present->threads; t++)
            CHECK_EQ(pthread_create(&threads[t], NULL, run, (void *)t), 0);
        for (int t = 0; t < present->threads; t++)
            CHECK_EQ(pthread_join(threads[t], NULL), 0);
    }
    for (int t = 0; t < 4; t++)
        CHECK_EQ(pthread_create(&threads[t], NULL, add, NULL), 0);
    for (int t = 0; t < 4; t++)
        CHECK_EQ(pthread_join(threads[t], NULL), 0);
    CHECK_EQ(counter, 4 * ROUNDS);
    for (int i = 0; i < 8; i++)
        CHECK_EQ(bytes[i], (4 * ROUNDS / 8) % 256);
    return finish();
}

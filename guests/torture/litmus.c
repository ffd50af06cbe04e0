// syscalls: futex clone
// Arm's memory model between threads, at its strong end: what barriers and ordered accesses forbid
// is never seen, and exclusive accesses and atomics lose nothing.
//
// With a number, so many rounds of each test, and a line for each that says how often a weak memory showed.
#include "../check.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

enum { ROUNDS = 5000, BATCH = 1000, ENOUGH = 1000000 };

static long rounds = ROUNDS;
/* Rounds between two looks at what came of them. */
static int batch = 100;
/* Without a number of rounds on the command line, a test ends after this many milliseconds: where processors are
 * busy, threads that wait for each other take a time slice for a round. */
enum { LIMIT = 300 };
static long until;
static int is_over;

static long now(void)
{
    struct timespec time;
    CHECK_OK(clock_gettime(CLOCK_MONOTONIC, &time));
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}
static pthread_barrier_t barrier;
static int x[BATCH], y[BATCH], r[4][BATCH];

/* ---- Ways to store and to load. All but the first forbid what sequential consistency forbids. ---- */

static void plain_store(int *at, int value) { __atomic_store_n(at, value, __ATOMIC_RELAXED); }
static int plain_load(int *at) { return __atomic_load_n(at, __ATOMIC_RELAXED); }

#ifdef __aarch64__
static void fenced_store(int *at, int value)
{
    asm volatile("dmb ish\n str %w1, %0\n dmb ish" : "=Q"(*at) : "r"(value) : "memory");
}

static int fenced_load(int *at)
{
    int value;
    asm volatile("dmb ish\n ldr %w0, %1\n dmb ish" : "=r"(value) : "Q"(*at) : "memory");
    return value;
}

static void ordered_store(int *at, int value)
{
    asm volatile("stlr %w1, %0" : "=Q"(*at) : "r"(value) : "memory");
}

static int ordered_load(int *at)
{
    int value;
    asm volatile("ldar %w0, %1" : "=r"(value) : "Q"(*at) : "memory");
    return value;
}

static void lse_store(int *at, int value)
{
    asm volatile(".arch_extension lse\n swpal %w1, wzr, %0" : "+Q"(*at) : "r"(value) : "memory");
}

static int lse_load(int *at)
{
    int value;
    asm volatile(".arch_extension lse\n ldaddal wzr, %w0, %1" : "=r"(value), "+Q"(*at) : : "memory");
    return value;
}

static void exclusive_store(int *at, int value)
{
    int old, failed;
    asm volatile("1: ldaxr %w0, %2\n stlxr %w1, %w3, %2\n cbnz %w1, 1b"
                 : "=&r"(old), "=&r"(failed), "+Q"(*at)
                 : "r"(value)
                 : "memory");
}

static int exclusive_load(int *at)
{
    int value, failed;
    asm volatile("1: ldaxr %w0, %2\n stlxr %w1, %w0, %2\n cbnz %w1, 1b"
                 : "=&r"(value), "=&r"(failed), "+Q"(*at)
                 :
                 : "memory");
    return value;
}
#else
static void fenced_store(int *at, int value)
{
    atomic_thread_fence(memory_order_seq_cst);
    plain_store(at, value);
    atomic_thread_fence(memory_order_seq_cst);
}

static int fenced_load(int *at)
{
    atomic_thread_fence(memory_order_seq_cst);
    int value = plain_load(at);
    atomic_thread_fence(memory_order_seq_cst);
    return value;
}

static void ordered_store(int *at, int value) { __atomic_store_n(at, value, __ATOMIC_SEQ_CST); }
static int ordered_load(int *at) { return __atomic_load_n(at, __ATOMIC_SEQ_CST); }
static void lse_store(int *at, int value) { __atomic_exchange_n(at, value, __ATOMIC_SEQ_CST); }
static int lse_load(int *at) { return __atomic_fetch_add(at, 0, __ATOMIC_SEQ_CST); }
#define exclusive_store lse_store
#define exclusive_load lse_load
#endif

static const struct way {
    const char *name;
    void (*store)(int *at, int value);
    int (*load)(int *at);
} ways[] = {
    {"plain", plain_store, plain_load},
    {"DMB ISH", fenced_store, fenced_load},
    {"STLR and LDAR", ordered_store, ordered_load},
    {"SWPAL and LDADDAL", lse_store, lse_load},
    {"STLXR and LDAXR", exclusive_store, exclusive_load},
};
static const struct way *way;

/* ---- What thread t does in round i, and what must not come of it ---- */

/* SB: each writes one and reads the other. */
static void store_buffering(int t, int i)
{
    way->store(t ? &y[i] : &x[i], 1);
    r[t][i] = way->load(t ? &x[i] : &y[i]);
}

static int both_old(int i)
{
    return r[0][i] == 0 && r[1][i] == 0;
}

/* MP: data, then a flag. */
static void message_passing(int t, int i)
{
    if (t == 0) {
        way->store(&x[i], 1);
        way->store(&y[i], 1);
    } else {
        r[0][i] = way->load(&y[i]);
        r[1][i] = way->load(&x[i]);
    }
}

static int flag_without_data(int i)
{
    return r[0][i] == 1 && r[1][i] == 0;
}

/* LB: each reads one and writes the other. */
static void load_buffering(int t, int i)
{
    r[t][i] = way->load(t ? &y[i] : &x[i]);
    way->store(t ? &x[i] : &y[i], 1);
}

static int both_new(int i)
{
    return r[0][i] == 1 && r[1][i] == 1;
}

/* IRIW: two readers agree on the order of two writers. */
static void independent_reads(int t, int i)
{
    if (t < 2) {
        way->store(t ? &y[i] : &x[i], 1);
    } else {
        r[2 * (t - 2)][i] = way->load(t == 2 ? &x[i] : &y[i]);
        r[2 * (t - 2) + 1][i] = way->load(t == 2 ? &y[i] : &x[i]);
    }
}

static int disagreement(int i)
{
    return r[0][i] == 1 && r[1][i] == 0 && r[2][i] == 1 && r[3][i] == 0;
}

/* 2+2W: the last write of each is not the first of the other. */
static void two_writes(int t, int i)
{
    way->store(t ? &y[i] : &x[i], 1);
    way->store(t ? &x[i] : &y[i], 2);
}

static int both_first(int i)
{
    return x[i] == 1 && y[i] == 1;
}

static const struct test {
    const char *name;
    int threads;
    void (*step)(int t, int i);
    int (*weak)(int i);
} tests[] = {
    {"SB", 2, store_buffering, both_old},      {"MP", 2, message_passing, flag_without_data},
    {"LB", 2, load_buffering, both_new},       {"IRIW", 4, independent_reads, disagreement},
    {"2+2W", 2, two_writes, both_first},
};
static const struct test *present;
/* How often what only a weak memory does has been seen. */
static long weak;

/* How far each thread is, on lines of their own. */
static struct {
    _Atomic long rounds;
    char others[120];
} at[4];

/* Waits, without a barrier, until all are as far: who comes later finds everything done. */
static void meet(int t, long rounds)
{
    atomic_store_explicit(&at[t].rounds, rounds, memory_order_relaxed);
    for (int other = 0; other < present->threads; other++)
        for (int n = 0; atomic_load_explicit(&at[other].rounds, memory_order_relaxed) < rounds; n++)
            if (n > 1000)
                sched_yield();
}

static void *run(void *arg)
{
    int t = (intptr_t)arg;
    /* More threads than many a machine has processors would only wait. */
    unsigned random = t + 1;
    int often = present->threads == 2 ? 1 : 100;
    for (long round = 0; round < rounds / batch; round++) {
        pthread_barrier_wait(&barrier);
        if (is_over)
            break;
        for (int i = 0; i < batch; i++) {
            if (i % often == 0)
                meet(t, round * batch + i + 1);
            /* Who came last sees it first, and would always be the first. */
            random = random * 1103515245 + 12345;
            for (volatile unsigned n = (random >> 16) % 128; n > 0; n--) {}
            present->step(t, i);
        }
        pthread_barrier_wait(&barrier);
        if (t != 0)
            continue;
        for (int i = 0; i < batch; i++) {
            weak += present->weak(i);
            x[i] = y[i] = 0;
        }
        is_over = until != 0 && now() > until;
    }
    return NULL;
}

static void litmus(const struct test *test, const struct way *how)
{
    pthread_t threads[4];
    present = test;
    way = how;
    weak = 0;
    is_over = 0;
    until = rounds == ROUNDS ? now() + LIMIT : 0;
    memset((void *)at, 0, sizeof at);
    pthread_barrier_init(&barrier, NULL, test->threads);
    for (intptr_t t = 0; t < test->threads; t++)
        CHECK_EQ(pthread_create(&threads[t], NULL, run, (void *)t), 0);
    for (int t = 0; t < test->threads; t++)
        CHECK_EQ(pthread_join(threads[t], NULL), 0);
    if (rounds != ROUNDS) {
        printf("%-5s %-18s %9ld of %ld\n", test->name, how->name, weak, rounds);
        fflush(stdout);
    }
    if (how != ways && weak > 0)
        check_fail("%s with %s: seen %ld times of %ld", test->name, how->name, weak, rounds);
    /* Every machine buffers stores; if it cannot be seen, the rest shows nothing either. */
    if (how == ways && test == tests && rounds >= ENOUGH)
        CHECK(weak > 0);
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

int main(int argc, char **argv)
{
    begin();
    pthread_t threads[4];
    if (argc > 1) {
        rounds = atol(argv[1]);
        batch = BATCH;
        alarm(3600);
    }
    for (unsigned n = 0; n < sizeof tests / sizeof *tests; n++)
        for (unsigned w = 0; w < sizeof ways / sizeof *ways; w++)
            litmus(&tests[n], &ways[w]);
    for (int t = 0; t < 4; t++)
        CHECK_EQ(pthread_create(&threads[t], NULL, add, NULL), 0);
    for (int t = 0; t < 4; t++)
        CHECK_EQ(pthread_join(threads[t], NULL), 0);
    CHECK_EQ(counter, 4 * ROUNDS);
    for (int i = 0; i < 8; i++)
        CHECK_EQ(bytes[i], (4 * ROUNDS / 8) % 256);
    return finish();
}

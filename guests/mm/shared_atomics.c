// syscalls: mmap
// Atomic operations on memory that processes share, in code that was used alone before.
#include "../check.h"
#include <sched.h>
#include <sys/mman.h>

enum { TIMES = 300000, CHILDREN = 3 };

struct counters {
    long added, swapped;
    int locked, lock;
};

__attribute__((noinline)) static void count(struct counters *at, int times)
{
    for (int i = 0; i < times; i++) {
        __atomic_fetch_add(&at->added, 1, __ATOMIC_RELAXED);
        long old = __atomic_load_n(&at->swapped, __ATOMIC_RELAXED);
        while (!__atomic_compare_exchange_n(&at->swapped, &old, old + 1, 1, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {}
        while (__atomic_exchange_n(&at->lock, 1, __ATOMIC_ACQUIRE)) sched_yield();
        at->locked++;
        __atomic_store_n(&at->lock, 0, __ATOMIC_RELEASE);
    }
}

int main(void)
{
    begin();
    struct counters own = {0, 0, 0, 0};
    count(&own, TIMES);
    CHECK_EQ(own.added, TIMES);
    CHECK_EQ(own.swapped, TIMES);
    CHECK_EQ(own.locked, TIMES);

    struct counters *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(shared != MAP_FAILED);
    pid_t children[CHILDREN];
    for (int i = 0; i < CHILDREN; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            count(shared, TIMES);
            _exit(0);
        }
    }
    count(shared, TIMES);
    for (int i = 0; i < CHILDREN; i++) {
        int status;
        CHECK_EQ(waitpid(children[i], &status, 0), children[i]);
        CHECK_EQ(status, 0);
    }
    CHECK_EQ(shared->added, TIMES * (CHILDREN + 1));
    CHECK_EQ(shared->swapped, TIMES * (CHILDREN + 1));
    CHECK_EQ(shared->locked, TIMES * (CHILDREN + 1));
    return finish();
}

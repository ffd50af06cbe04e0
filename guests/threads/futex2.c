// syscalls: futex_wake futex_wait futex_requeue
// The futex calls of Linux 6.7, one for each operation: sizes, bit sets, clocks, and what they refuse.
#include "../check.h"
#include <pthread.h>
#include <sys/mman.h>
#include <time.h>

/* linux/futex.h since 6.7; each of these numbers is that of every architecture. */
enum { WAKE = 454, WAIT = 455, REQUEUE = 456, U8 = 0, U16 = 1, U32 = 2, U64 = 3, PRIVATE = 128 };

struct waitv {
    uint64_t value, word;
    uint32_t flags, reserved;
};

static long wake(void *word, unsigned long mask, int count, unsigned flags)
{
    return syscall(WAKE, word, mask, count, flags);
}

static long wait_on(void *word, unsigned long value, unsigned long mask, unsigned flags,
                    struct timespec *time, int clock)
{
    return syscall(WAIT, word, value, mask, flags, time, clock);
}

static uint32_t word, second, count;

static void *waiter(void *mask)
{
    CHECK_OK(wait_on(&word, 0, (uintptr_t)mask, U32 | PRIVATE, NULL, CLOCK_MONOTONIC));
    __atomic_add_fetch(&count, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

static void errors(void)
{
    struct timespec past = {0, 0}, bad = {0, 1000000000}, negative = {-1, 0};
    CHECK_ERR(wait_on(&word, 1, ~0u, U32, NULL, 0), EAGAIN);
    CHECK_ERR(wait_on(&word, 0, 0, U32, NULL, 0), EINVAL);
    CHECK_ERR(wait_on(&word, 0, 1ul << 32, U32, NULL, 0), EINVAL);
    CHECK_ERR(wait_on(&word, 1ul << 32, ~0u, U32, NULL, 0), EINVAL);
    CHECK_ERR(wait_on(&word, 0, ~0u, U8, NULL, 0), EINVAL);
    CHECK_ERR(wait_on(&word, 0, ~0u, U16, NULL, 0), EINVAL);
    CHECK_ERR(wait_on(&word, 0, ~0u, U64, NULL, 0), EINVAL);
    CHECK_ERR(wait_on(&word, 0, ~0u, U32 | 0x40, NULL, 0), EINVAL);
    CHECK_ERR(wait_on(&word, 0, ~0u, U32 | 0x100, NULL, 0), EINVAL);
    CHECK_ERR(wait_on((char *)&word + 2, 0, ~0u, U32, NULL, 0), EINVAL);
    CHECK_ERR(wait_on(BAD, 0, ~0u, U32, NULL, 0), EFAULT);
    CHECK_ERR(wait_on((void *)-8ul, 0, ~0u, U32, NULL, 0), EFAULT);
    CHECK_ERR(wait_on(&word, 0, ~0u, U32, BAD, CLOCK_MONOTONIC), EFAULT);
    CHECK_ERR(wait_on(&word, 0, ~0u, U32, &bad, CLOCK_MONOTONIC), EINVAL);
    CHECK_ERR(wait_on(&word, 0, ~0u, U32, &negative, CLOCK_MONOTONIC), EINVAL);
    CHECK_ERR(wait_on(&word, 0, ~0u, U32, &past, CLOCK_BOOTTIME), EINVAL);
    CHECK_ERR(wait_on(&word, 0, ~0u, U32, &past, CLOCK_MONOTONIC), ETIMEDOUT);
    CHECK_ERR(wait_on(&word, 0, ~0u, U32, &past, CLOCK_REALTIME), ETIMEDOUT);
    CHECK_ERR(wait_on(&word, 1, ~0u, U32, &past, CLOCK_REALTIME), EAGAIN);

    CHECK_EQ(wake(&word, ~0u, 1, U32), 0);
    CHECK_EQ(wake(&word, ~0u, 0, U32), 0);
    CHECK_ERR(wake(&word, 0, 1, U32), EINVAL);
    CHECK_ERR(wake(&word, 1ul << 32, 1, U32), EINVAL);
    CHECK_ERR(wake(&word, ~0u, 1, U16), EINVAL);
    CHECK_ERR(wake(&word, ~0u, 1, U32 | 0x100), EINVAL);
    CHECK_ERR(wake((char *)&word + 1, ~0u, 1, U32), EINVAL);
    CHECK_ERR(wake((void *)-8ul, ~0u, 1, U32), EFAULT);
    CHECK_ERR(wake(BAD, ~0u, 1, U32), EFAULT);

    struct waitv pair[2] = {{0, (uintptr_t)&word, U32, 0}, {0, (uintptr_t)&second, U32, 0}};
    CHECK_EQ(syscall(REQUEUE, pair, 0, 1, 1), 0);
    CHECK_ERR(syscall(REQUEUE, pair, 1, 1, 1), EINVAL);
    CHECK_ERR(syscall(REQUEUE, NULL, 0, 1, 1), EINVAL);
    CHECK_ERR(syscall(REQUEUE, BAD, 0, 1, 1), EFAULT);
    CHECK_ERR(syscall(REQUEUE, pair, 0, -1, 1), EINVAL);
    CHECK_ERR(syscall(REQUEUE, pair, 0, 1, -1), EINVAL);
    pair[0].value = 1;
    CHECK_ERR(syscall(REQUEUE, pair, 0, 1, 1), EAGAIN);
    pair[0].value = 0;
    pair[1].flags = U16;
    CHECK_ERR(syscall(REQUEUE, pair, 0, 1, 1), EINVAL);
    pair[1] = (struct waitv){0, (uintptr_t)&second, U32, 1};
    CHECK_ERR(syscall(REQUEUE, pair, 0, 1, 1), EINVAL);
    pair[1] = (struct waitv){0, 8, U32, 0};
    CHECK_ERR(syscall(REQUEUE, pair, 0, 1, 1), EFAULT);
}

/* Calls until it has woken as many: nobody can tell when a waiter is asleep. */
#define UNTIL(wanted, call) \
    do { \
        for (long left_ = (wanted); left_ > 0; usleep(500)) \
            left_ -= CHECK_OK(call); \
    } while (0)

static void masks(void)
{
    pthread_t one, other;
    CHECK_EQ(pthread_create(&one, NULL, waiter, (void *)1), 0);
    CHECK_EQ(pthread_create(&other, NULL, waiter, (void *)6), 0);
    UNTIL(1, wake(&word, 4, INT_MAX, U32 | PRIVATE));
    CHECK_EQ(pthread_join(other, NULL), 0);
    CHECK_EQ(count, 1);
    /* A private word and a shared one are not the same. */
    CHECK_EQ(wake(&word, ~0u, INT_MAX, U32), 0);
    CHECK_EQ(wake(&word, 6, INT_MAX, U32 | PRIVATE), 0);
    UNTIL(1, wake(&word, 3, INT_MAX, U32 | PRIVATE));
    CHECK_EQ(pthread_join(one, NULL), 0);
    CHECK_EQ(count, 2);
}

static void requeue(void)
{
    pthread_t threads[4];
    count = 0;
    for (int i = 0; i < 4; i++)
        CHECK_EQ(pthread_create(&threads[i], NULL, waiter, (void *)(uintptr_t)~0u), 0);
    struct waitv pair[2] = {{0, (uintptr_t)&word, U32 | PRIVATE, 0},
                            {0, (uintptr_t)&second, U32 | PRIVATE, 0}};
    UNTIL(4, syscall(REQUEUE, pair, 0, 0, INT_MAX));
    CHECK_EQ(wake(&word, ~0u, INT_MAX, U32 | PRIVATE), 0);
    /* Back: woken and moved ones count. */
    struct waitv back[2] = {pair[1], pair[0]};
    CHECK_EQ(syscall(REQUEUE, back, 0, 1, 1), 2);
    CHECK_EQ(wake(&second, ~0u, INT_MAX, U32 | PRIVATE), 2);
    CHECK_EQ(wake(&word, ~0u, INT_MAX, U32 | PRIVATE), 1);
    for (int i = 0; i < 4; i++)
        CHECK_EQ(pthread_join(threads[i], NULL), 0);
    CHECK_EQ(count, 4);
}

static void on_alarm(int signal)
{
    (void)signal;
}

static void *interrupt(void *thread)
{
    for (int i = 0; i < 20; i++) {
        usleep(2000);
        pthread_kill(*(pthread_t *)thread, SIGUSR1);
    }
    UNTIL(1, wake(&word, ~0u, 1, U32));
    return NULL;
}

/* SA_RESTART lets a wait go on, and without it the wait ends; with a time, too, which is a point. */
static void signals(void)
{
    struct timespec until;
    struct sigaction restart = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    CHECK_OK(sigaction(SIGUSR1, &restart, NULL));
    CHECK_OK(clock_gettime(CLOCK_REALTIME, &until));
    until.tv_sec += 20;
    pthread_t self = pthread_self(), thread;
    CHECK_EQ(pthread_create(&thread, NULL, interrupt, &self), 0);
    CHECK_OK(wait_on(&word, 0, ~0u, U32, &until, CLOCK_REALTIME));
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK_OK(sigaction(SIGALRM, &(struct sigaction){.sa_handler = on_alarm}, NULL));
    ualarm(5000, 0);
    CHECK_ERR(wait_on(&word, 0, ~0u, U32, NULL, 0), EINTR);
    alarm(30);
}

static void between_processes(void)
{
    uint32_t *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(shared != MAP_FAILED);
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        CHECK_OK(wait_on(shared, 0, ~0u, U32, NULL, 0));
        _exit(5);
    }
    UNTIL(1, wake(shared, ~0u, 1, U32));
    CHECK_EXIT(pid, 5);
}

int main(void)
{
    begin();
    if (wake(&word, ~0u, 1, U32) == -1 && errno == ENOSYS) {
        /* A kernel before 6.7. */
        CHECK_ERR(wait_on(&word, 0, ~0u, U32, NULL, 0), ENOSYS);
        CHECK_ERR(syscall(REQUEUE, NULL, 0, 1, 1), ENOSYS);
        return finish();
    }
    errors();
    masks();
    requeue();
    signals();
    between_processes();
    return finish();
}

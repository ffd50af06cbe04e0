// syscalls: futex set_robust_list get_robust_list
// Futexes between processes that share memory: waiting, waking, time-outs, moving waiters.
#include "../check.h"
#include <linux/futex.h>
#include <sys/mman.h>
#include <time.h>

static long futex(void *word, int operation, unsigned value, void *time, void *second, unsigned v3)
{
    return syscall(SYS_futex, word, operation, value, time, second, v3);
}

/* Starts a process that waits on the word while it is 0, and exits with 7 when woken. */
static pid_t waiter(uint32_t *word)
{
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        while (futex(word, FUTEX_WAIT, 0, NULL, NULL, 0) == -1)
            CHECK_EQ(errno, EINTR);
        _exit(7);
    }
    return pid;
}

/* Calls until it has done as much as wanted: nobody can tell when a waiter is asleep. */
#define UNTIL(wanted, call) \
    do { \
        for (long left_ = (wanted); left_ > 0;) { \
            left_ -= CHECK_OK(call); \
            usleep(500); \
        } \
    } while (0)

static void errors(uint32_t *word)
{
    struct timespec bad = {0, 1000000000};
    CHECK_ERR(futex(word, FUTEX_WAIT, 1, NULL, NULL, 0), EAGAIN);
    CHECK_ERR(futex((char *)word + 1, FUTEX_WAIT, 0, NULL, NULL, 0), EINVAL);
    CHECK_ERR(futex(BAD, FUTEX_WAIT, 0, NULL, NULL, 0), EFAULT);
    CHECK_ERR(futex(word, FUTEX_WAIT, 0, BAD, NULL, 0), EFAULT);
    CHECK_ERR(futex(word, FUTEX_WAIT, 0, &bad, NULL, 0), EINVAL);
    CHECK_ERR(futex(word, FUTEX_WAIT_BITSET, 0, NULL, NULL, 0), EINVAL);
    CHECK_ERR(futex(word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0), EINVAL);
    CHECK_ERR(futex(word, 100, 0, NULL, NULL, 0), ENOSYS);
    CHECK_ERR(futex(word, FUTEX_CMP_REQUEUE, 1, (void *)1, word + 1, 5), EAGAIN);
    CHECK_EQ(futex(word, FUTEX_WAKE, 1, NULL, NULL, 0), 0);
    CHECK_EQ(futex(word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, INT_MAX, NULL, NULL, 0), 0);
}

static void time_outs(uint32_t *word)
{
    struct timespec before, after, wait = {0, 30000000};
    CHECK_OK(clock_gettime(CLOCK_MONOTONIC, &before));
    CHECK_ERR(futex(word, FUTEX_WAIT, 0, &wait, NULL, 0), ETIMEDOUT);
    CHECK_OK(clock_gettime(CLOCK_MONOTONIC, &after));
    long passed = (after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec;
    CHECK(passed >= 30000000);
    /* FUTEX_WAIT_BITSET has a point in time, FUTEX_WAIT a duration. */
    CHECK_ERR(futex(word, FUTEX_WAIT_BITSET, 0, &before, NULL, ~0u), ETIMEDOUT);
    CHECK_OK(clock_gettime(CLOCK_REALTIME, &wait));
    wait.tv_sec -= 1;
    CHECK_ERR(futex(word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &wait, NULL, ~0u), ETIMEDOUT);
}

static void on_alarm(int signal) { (void)signal; }

static void signals(uint32_t *word)
{
    struct sigaction action = {.sa_handler = on_alarm};
    struct timespec long_wait = {20, 0};
    IN_CHILD({
        CHECK_OK(sigaction(SIGALRM, &action, NULL));
        ualarm(20000, 0);
        CHECK_ERR(futex(word, FUTEX_WAIT, 0, &long_wait, NULL, 0), EINTR);
    });
}

static void between_processes(uint32_t *word)
{
    uint32_t *second = word + 1;
    pid_t one = waiter(word), two = waiter(word), three = waiter(word);
    UNTIL(1, futex(word, FUTEX_WAKE, 1, NULL, NULL, 0));
    /* The two that are left go over to the second word without waking ... */
    UNTIL(2, futex(word, FUTEX_CMP_REQUEUE, 0, (void *)2, second, 0));
    CHECK_EQ(futex(word, FUTEX_WAKE, 10, NULL, NULL, 0), 0);
    /* ... which is changed and tested by an operation of its own: 0 + 3, and 0 was there before. */
    CHECK_EQ(futex(word, FUTEX_WAKE_OP, 1, (void *)1, second,
                   FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 0)), 1);
    CHECK_EQ(*second, 3);
    CHECK_EQ(futex(second, FUTEX_WAKE, 10, NULL, NULL, 0), 1);
    CHECK_EXIT(one, 7);
    CHECK_EXIT(two, 7);
    CHECK_EXIT(three, 7);

    /* A waiter is woken by bits that it waits for, and by no others. */
    pid_t pid = CHECK_OK(fork());
    if (pid == 0)
        _exit(futex(word, FUTEX_WAIT_BITSET, 0, NULL, NULL, 6) == 0 ? 0 : 1);
    for (int i = 0; i < 20; i++, usleep(500))
        CHECK_EQ(futex(word, FUTEX_WAKE_BITSET, 10, NULL, NULL, 1), 0);
    UNTIL(1, futex(word, FUTEX_WAKE_BITSET, 10, NULL, NULL, 4));
    CHECK_EXIT(pid, 0);
}

static void robust_lists(void)
{
    static struct robust_list_head mine = {.list = {&mine.list}};
    void *head = NULL;
    size_t size = 0;
    CHECK_OK(syscall(SYS_set_robust_list, &mine, sizeof mine));
    CHECK_OK(syscall(SYS_get_robust_list, 0, &head, &size));
    CHECK(head == &mine);
    CHECK_EQ(size, sizeof mine);
    CHECK_OK(syscall(SYS_get_robust_list, getpid(), &head, &size));
    CHECK(head == &mine);
    CHECK_ERR(syscall(SYS_set_robust_list, &mine, sizeof mine - 1), EINVAL);
    CHECK_ERR(syscall(SYS_get_robust_list, 0x3fffffff, &head, &size), ESRCH);
    CHECK_ERR(syscall(SYS_get_robust_list, 0, BAD, &size), EFAULT);
    CHECK_ERR(syscall(SYS_get_robust_list, 0, &head, BAD), EFAULT);
    CHECK_OK(syscall(SYS_set_robust_list, NULL, sizeof mine));
}

int main(void)
{
    begin();
    uint32_t *words = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(words != MAP_FAILED);
    errors(words);
    time_outs(words);
    signals(words);
    between_processes(words);
    robust_lists();
    return finish();
}

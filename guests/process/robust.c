// syscalls: futex set_robust_list
// Locks in shared memory whose owner is killed by somebody else.
#include "../check.h"
#include <linux/futex.h>
#include <pthread.h>
#include <sys/mman.h>
#include <time.h>

static int inherits;

static void make(pthread_mutex_t *mutex)
{
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    CHECK_EQ(pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST), 0);
    CHECK_EQ(pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED), 0);
    if (inherits)
        CHECK_EQ(pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT), 0);
    CHECK_EQ(pthread_mutex_init(mutex, &attr), 0);
}

static int ready[2];

static void *lock_and_stay(void *mutex)
{
    CHECK_EQ(pthread_mutex_lock(mutex), 0);
    CHECK_EQ(write(ready[1], "", 1), 1);
    for (;;)
        pause();
}

/* A process that holds the lock, by one of its threads, and waits to be killed. */
static pid_t holder(pthread_mutex_t *mutex, int in_thread)
{
    char byte;
    CHECK_OK(pipe(ready));
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        pthread_t thread;
        if (in_thread)
            CHECK_EQ(pthread_create(&thread, NULL, lock_and_stay, mutex), 0);
        else
            lock_and_stay(mutex);
        for (;;)
            pause();
    }
    CHECK_EQ(read(ready[0], &byte, 1), 1);
    CHECK_OK(close(ready[0]));
    CHECK_OK(close(ready[1]));
    return pid;
}

static void recover(pthread_mutex_t *mutex)
{
    CHECK_EQ(pthread_mutex_lock(mutex), EOWNERDEAD);
    CHECK_EQ(pthread_mutex_consistent(mutex), 0);
    CHECK_EQ(pthread_mutex_unlock(mutex), 0);
    CHECK_EQ(pthread_mutex_lock(mutex), 0);
    CHECK_EQ(pthread_mutex_unlock(mutex), 0);
}

static void killed_before(pthread_mutex_t *mutex, int in_thread, int signal)
{
    pid_t pid = holder(mutex, in_thread);
    CHECK_OK(kill(pid, signal));
    CHECK_KILLED(pid, signal);
    recover(mutex);
}

/* Dead, but nobody has waited for it. */
static void zombie(pthread_mutex_t *mutex)
{
    siginfo_t info;
    pid_t pid = holder(mutex, 0);
    CHECK_OK(kill(pid, SIGKILL));
    CHECK_OK(waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
    recover(mutex);
    CHECK_KILLED(pid, SIGKILL);
}

/* While others wait: one of them gets to know, the next one gets the lock from it. */
static void killed_meanwhile(pthread_mutex_t *mutex)
{
    enum { WAITERS = 3 };
    pid_t waiters[WAITERS], pid = holder(mutex, 1);
    for (int i = 0; i < WAITERS; i++) {
        waiters[i] = CHECK_OK(fork());
        if (waiters[i] == 0) {
            int result = pthread_mutex_lock(mutex);
            CHECK(result == 0 || result == EOWNERDEAD);
            if (result == EOWNERDEAD)
                CHECK_EQ(pthread_mutex_consistent(mutex), 0);
            CHECK_EQ(pthread_mutex_unlock(mutex), 0);
            _exit(result == EOWNERDEAD ? 1 : 0);
        }
    }
    usleep(100000);
    CHECK_OK(kill(pid, SIGKILL));
    CHECK_KILLED(pid, SIGKILL);
    int told = 0, status;
    for (int i = 0; i < WAITERS; i++) {
        CHECK_EQ(waitpid(waiters[i], &status, 0), waiters[i]);
        CHECK(WIFEXITED(status));
        told += WEXITSTATUS(status);
    }
    CHECK_EQ(told, 1);
}

/* As long as its owner lives a lock is its own. */
static void alive(pthread_mutex_t *mutex)
{
    pid_t pid = holder(mutex, 1);
    for (int ms = 1; ms < 200; ms *= 6) {
        struct timespec start, end, until;
        CHECK_OK(clock_gettime(CLOCK_REALTIME, &start));
        until = start;
        until.tv_nsec += ms * 1000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        CHECK_EQ(pthread_mutex_timedlock(mutex, &until), ETIMEDOUT);
        CHECK_OK(clock_gettime(CLOCK_REALTIME, &end));
        CHECK((end.tv_sec - start.tv_sec) * 1000000000LL + end.tv_nsec - start.tv_nsec >= ms * 1000000);
    }
    CHECK_EQ(pthread_mutex_trylock(mutex), EBUSY);
    CHECK_OK(kill(pid, SIGKILL));
    CHECK_KILLED(pid, SIGKILL);
    struct timespec until;
    CHECK_OK(clock_gettime(CLOCK_REALTIME, &until));
    until.tv_sec += 5;
    CHECK_EQ(pthread_mutex_timedlock(mutex, &until), EOWNERDEAD);
    CHECK_EQ(pthread_mutex_consistent(mutex), 0);
    CHECK_EQ(pthread_mutex_unlock(mutex), 0);
}

/* A word that holds the number of somebody who is dead, and is no lock that anybody has told the kernel of. */
static void another_word(uint32_t *word)
{
    pid_t pid = CHECK_OK(fork());
    if (pid == 0)
        _exit(0);
    CHECK_EXIT(pid, 0);
    *word = FUTEX_WAITERS | pid;
    struct timespec time = {0, 150000000};
    CHECK_ERR(syscall(SYS_futex, word, FUTEX_WAIT, *word, &time, NULL, 0), ETIMEDOUT);
    CHECK_EQ(*word, FUTEX_WAITERS | pid);
}

int main(void)
{
    begin();
    int file = CHECK_OK(open("lock", O_RDWR | O_CREAT, 0600));
    CHECK_OK(ftruncate(file, 4096));
    for (int i = 0; i < 4; i++) {
        int by_name = i / 2;
        inherits = i % 2;
        pthread_mutex_t *mutex = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                                      by_name ? MAP_SHARED : MAP_SHARED | MAP_ANONYMOUS, by_name ? file : -1, 0);
        CHECK(mutex != MAP_FAILED);
        make(mutex);
        killed_before(mutex, 0, SIGKILL);
        killed_before(mutex, 1, SIGTERM);
        zombie(mutex);
        killed_meanwhile(mutex);
        alive(mutex);
        another_word((uint32_t *)mutex + 256);
        CHECK_OK(munmap(mutex, 4096));
    }
    return finish();
}

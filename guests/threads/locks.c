// syscalls: futex futex_waitv set_robust_list get_robust_list
// What threads and processes wait with: mutexes of all kinds, conditions, semaphores; owners that die.
#include "../check.h"
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <time.h>

enum { THREADS = 8, ROUNDS = 2000 };

static long futex(void *word, int op, unsigned value, const struct timespec *time, void *second,
                  unsigned value3)
{
    return syscall(SYS_futex, word, op, value, time, second, value3);
}

/* ---- Contention ---- */

struct contended {
    pthread_mutex_t *mutex;
    int count;
};

static void *count_up(void *arg)
{
    struct contended *c = arg;
    for (int i = 0; i < ROUNDS; i++) {
        CHECK_EQ(pthread_mutex_lock(c->mutex), 0);
        c->count++;
        CHECK_EQ(pthread_mutex_unlock(c->mutex), 0);
    }
    return NULL;
}

static void contend(pthread_mutex_t *mutex)
{
    struct contended c = {mutex, 0};
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_create(&threads[i], NULL, count_up, &c), 0);
    for (int i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_join(threads[i], NULL), 0);
    CHECK_EQ(c.count, THREADS * ROUNDS);
}

static void make(pthread_mutex_t *mutex, int protocol, int robust, int shared)
{
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    CHECK_EQ(pthread_mutexattr_setprotocol(&attr, protocol), 0);
    CHECK_EQ(pthread_mutexattr_setrobust(&attr, robust), 0);
    CHECK_EQ(pthread_mutexattr_setpshared(&attr, shared), 0);
    CHECK_EQ(pthread_mutex_init(mutex, &attr), 0);
}

static void mutexes(void)
{
    pthread_mutex_t mutex;
    int protocols[] = {PTHREAD_PRIO_NONE, PTHREAD_PRIO_INHERIT};
    for (int i = 0; i < 4; i++) {
        make(&mutex, protocols[i % 2], i / 2 ? PTHREAD_MUTEX_ROBUST : PTHREAD_MUTEX_STALLED, 0);
        contend(&mutex);
        struct timespec past = {1, 0};
        CHECK_EQ(pthread_mutex_lock(&mutex), 0);
        CHECK_EQ(pthread_mutex_unlock(&mutex), 0);
        CHECK_EQ(pthread_mutex_timedlock(&mutex, &past), 0);
        CHECK_EQ(pthread_mutex_unlock(&mutex), 0);
    }
}

/* ---- Conditions, semaphores, barriers, read-write locks ---- */

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t filled, emptied;
    int full;
    long sum;
} box = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0};

static void *produce(void *arg)
{
    for (int i = 1; i <= ROUNDS; i++) {
        pthread_mutex_lock(&box.mutex);
        while (box.full)
            pthread_cond_wait(&box.emptied, &box.mutex);
        box.full = i;
        pthread_cond_signal(&box.filled);
        pthread_mutex_unlock(&box.mutex);
    }
    return arg;
}

static void *consume(void *arg)
{
    for (int i = 1; i <= ROUNDS; i++) {
        pthread_mutex_lock(&box.mutex);
        while (!box.full)
            pthread_cond_wait(&box.filled, &box.mutex);
        box.sum += box.full;
        box.full = 0;
        pthread_cond_signal(&box.emptied);
        pthread_mutex_unlock(&box.mutex);
    }
    return arg;
}

static sem_t semaphore;
static pthread_barrier_t barrier;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static long pair[2];

static void *mixed(void *arg)
{
    for (int i = 0; i < 200; i++) {
        sem_wait(&semaphore);
        sem_post(&semaphore);
        if (i % 4 == (intptr_t)arg % 4) {
            pthread_rwlock_wrlock(&rwlock);
            pair[0]++, pair[1]++;
            pthread_rwlock_unlock(&rwlock);
        } else {
            pthread_rwlock_rdlock(&rwlock);
            CHECK_EQ(pair[0], pair[1]);
            pthread_rwlock_unlock(&rwlock);
        }
        pthread_barrier_wait(&barrier);
    }
    return NULL;
}

static void others(void)
{
    pthread_t threads[THREADS];
    CHECK_EQ(pthread_create(&threads[0], NULL, produce, NULL), 0);
    CHECK_EQ(pthread_create(&threads[1], NULL, consume, NULL), 0);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    CHECK_EQ(box.sum, (long)ROUNDS * (ROUNDS + 1) / 2);
    sem_init(&semaphore, 0, 2);
    pthread_barrier_init(&barrier, NULL, THREADS);
    for (intptr_t i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_create(&threads[i], NULL, mixed, (void *)i), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    CHECK_EQ(pair[0], THREADS * 50);
}

/* ---- Owners that die ---- */

static void *lock_and_die(void *mutex)
{
    CHECK_EQ(pthread_mutex_lock(mutex), 0);
    return NULL;
}

static void lock_and_exec(void *mutex)
{
    CHECK_EQ(pthread_mutex_lock(mutex), 0);
    execl("/proc/self/exe", "locks", "exit", NULL);
    _exit(127);
}

static void *lock_and_stay(void *mutex)
{
    CHECK_EQ(pthread_mutex_lock(mutex), 0);
    kill(getpid(), SIGUSR1);
    for (;;)
        pause();
    return NULL;
}

static void recover(pthread_mutex_t *mutex)
{
    CHECK_EQ(pthread_mutex_lock(mutex), EOWNERDEAD);
    CHECK_EQ(pthread_mutex_consistent(mutex), 0);
    CHECK_EQ(pthread_mutex_unlock(mutex), 0);
    CHECK_EQ(pthread_mutex_lock(mutex), 0);
    CHECK_EQ(pthread_mutex_unlock(mutex), 0);
}

static void owners_die(void)
{
    pthread_mutex_t *mutex = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    for (int protocol = 0; protocol < 2; protocol++) {
        pthread_t thread;
        make(mutex, protocol ? PTHREAD_PRIO_INHERIT : PTHREAD_PRIO_NONE, PTHREAD_MUTEX_ROBUST, 1);
        CHECK_EQ(pthread_create(&thread, NULL, lock_and_die, mutex), 0);
        CHECK_EQ(pthread_join(thread, NULL), 0);
        recover(mutex);
        /* In another process: its only thread, one of several, and by exec. */
        pid_t pid = CHECK_OK(fork());
        if (pid == 0) {
            lock_and_die(mutex);
            _exit(0);
        }
        CHECK_EXIT(pid, 0);
        recover(mutex);
        pid = CHECK_OK(fork());
        if (pid == 0) {
            int signal;
            CHECK_EQ(pthread_create(&thread, NULL, lock_and_stay, mutex), 0);
            CHECK_EQ(sigwait(&set, &signal), 0);
            exit(3);
        }
        CHECK_EXIT(pid, 3);
        recover(mutex);
        pid = CHECK_OK(fork());
        if (pid == 0)
            lock_and_exec(mutex);
        CHECK_EXIT(pid, 7);
        recover(mutex);
        /* By a signal of its own, which another thread's locks do not outlive either. */
        pid = CHECK_OK(fork());
        if (pid == 0) {
            CHECK_EQ(pthread_mutex_lock(mutex), 0);
            kill(getpid(), SIGTERM);
            _exit(1);
        }
        CHECK_KILLED(pid, SIGTERM);
        recover(mutex);
        pid = CHECK_OK(fork());
        if (pid == 0) {
            int signal;
            CHECK_EQ(pthread_create(&thread, NULL, lock_and_stay, mutex), 0);
            CHECK_EQ(sigwait(&set, &signal), 0);
            abort();
        }
        CHECK_KILLED(pid, SIGABRT);
        recover(mutex);
    }
    void *head = BAD;
    size_t size = 0;
    CHECK_OK(syscall(SYS_get_robust_list, 0, &head, &size));
    CHECK(head != NULL && head != BAD);
    CHECK_EQ(size, 24);
    CHECK_ERR(syscall(SYS_get_robust_list, 0x7ffffff, &head, &size), ESRCH);
    CHECK_ERR(syscall(SYS_set_robust_list, head, 23), EINVAL);
}

/* ---- The calls ---- */

static unsigned words[3];

static void *wake_later(void *arg)
{
    usleep(20000);
    __atomic_store_n((unsigned *)arg, 1, __ATOMIC_SEQ_CST);
    while (futex(arg, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0) == 0)
        usleep(1000);
    return NULL;
}

struct waiter {
    uint64_t value, word;
    uint32_t flags, reserved;
};

static void calls(void)
{
    /* Owners of inheriting locks. */
    unsigned tid = syscall(SYS_gettid), word = 0;
    CHECK_OK(futex(&word, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0));
    CHECK_EQ(word, tid);
    CHECK_ERR(futex(&word, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0), EDEADLK);
    CHECK_ERR(futex(&word, FUTEX_TRYLOCK_PI_PRIVATE, 0, NULL, NULL, 0), EDEADLK);
    CHECK_OK(futex(&word, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0));
    CHECK_EQ(word, 0);
    CHECK_ERR(futex(&word, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0), EPERM);
    CHECK_OK(futex(&word, FUTEX_TRYLOCK_PI_PRIVATE, 0, NULL, NULL, 0));
    CHECK_EQ(word, tid);
    word = 0x7ffffff;
    CHECK_ERR(futex(&word, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0), ESRCH);

    /* Any of several. */
    struct waiter waiters[3];
    for (int i = 0; i < 3; i++)
        waiters[i] = (struct waiter){0, (uintptr_t)&words[i], 2 | FUTEX_PRIVATE_FLAG, 0};
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    CHECK_ERR(syscall(449, waiters, 3, 0, &time, CLOCK_MONOTONIC), ETIMEDOUT);
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, wake_later, &words[1]), 0);
    CHECK_EQ(syscall(449, waiters, 3, 0, NULL, 0), 1);
    pthread_join(thread, NULL);
    CHECK_ERR(syscall(449, waiters, 3, 0, NULL, 0), EAGAIN);
    CHECK_ERR(syscall(449, waiters, 0, 0, NULL, 0), EINVAL);
    CHECK_ERR(syscall(449, waiters, 129, 0, NULL, 0), EINVAL);
    CHECK_ERR(syscall(449, waiters, 3, 1, NULL, 0), EINVAL);
    CHECK_ERR(syscall(449, BAD, 3, 0, NULL, 0), EFAULT);
    waiters[0].reserved = 1;
    CHECK_ERR(syscall(449, waiters, 3, 0, NULL, 0), EINVAL);
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc == 2)
        return 7;
    begin();
    mutexes();
    others();
    owners_die();
    calls();
    return finish();
}

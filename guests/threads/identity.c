// syscalls: setuid setresgid tgkill rt_sigaction
// setuid(3) and the like are a process's in POSIX, a thread's in Linux: libc has every thread make the call, by a signal
// of its own. What libc has arranged for that must outlast the first thread's start, here and in a child.
#include "../check.h"
#include <pthread.h>

enum { THREADS = 4, OTHER = 4711 };

static pthread_barrier_t changed, seen;

static void *look(void *id)
{
    pthread_barrier_wait(&changed);
    *(gid_t *)id = syscall(SYS_getegid);
    pthread_barrier_wait(&seen);
    return NULL;
}

static void with_threads(void)
{
    pthread_t threads[THREADS];
    gid_t ids[THREADS];
    // Who may not become another can still become who he is.
    gid_t id = geteuid() == 0 && setegid(OTHER) == 0 && setegid(getgid()) == 0 ? OTHER : getgid();

    CHECK_EQ(pthread_barrier_init(&changed, NULL, THREADS + 1), 0);
    CHECK_EQ(pthread_barrier_init(&seen, NULL, THREADS + 1), 0);
    for (int i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_create(&threads[i], NULL, look, &ids[i]), 0);
    CHECK_EQ(setegid(id), 0);
    CHECK_EQ(setuid(getuid()), 0);
    pthread_barrier_wait(&changed);
    pthread_barrier_wait(&seen);
    for (int i = 0; i < THREADS; i++) {
        CHECK_EQ(pthread_join(threads[i], NULL), 0);
        CHECK_EQ(ids[i], id);
    }
    CHECK_EQ(setegid(getgid()), 0);
}

static void in_a_child(void)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        with_threads();
        _exit(0);
    }
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK_EQ(status, 0);
}

int main(void)
{
    begin();
    in_a_child();
    with_threads();
    in_a_child();
    return finish();
}

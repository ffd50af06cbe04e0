// syscalls: clone clone3 exit set_tid_address futex gettid set_robust_list
// Threads: they start and end, are joined or detached, share memory and have some of their own.
#include "../check.h"
#include <pthread.h>
#include <sys/prctl.h>

enum { MANY = 300 };

static __thread int own = 7;
static int shared;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t barrier;

static pid_t gettid_(void)
{
    return syscall(SYS_gettid);
}

static void *add(void *arg)
{
    CHECK_EQ(own, 7);
    own = (int)(intptr_t)arg;
    for (int i = 0; i < 100; i++) {
        pthread_mutex_lock(&lock);
        shared++;
        pthread_mutex_unlock(&lock);
    }
    CHECK_EQ(own, (intptr_t)arg);
    CHECK(gettid_() != getpid());
    return (void *)(intptr_t)(own + 1);
}

static void create_and_join(void)
{
    pthread_t threads[MANY];
    for (intptr_t i = 0; i < MANY; i++)
        CHECK_EQ(pthread_create(&threads[i], NULL, add, (void *)i), 0);
    for (intptr_t i = 0; i < MANY; i++) {
        void *result;
        CHECK_EQ(pthread_join(threads[i], &result), 0);
        CHECK_EQ((intptr_t)result, i + 1);
    }
    CHECK_EQ(shared, MANY * 100);
    CHECK_EQ(own, 7);
}

static void *wait_here(void *arg)
{
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    return arg;
}

static int tasks(void)
{
    char path[64];
    int found = 0;
    for (int i = 0; i < 1000; i++) {
        /* A joined thread may still be on its way out of the kernel. */
        struct stat st;
        snprintf(path, sizeof path, "/proc/self/task");
        CHECK_OK(stat(path, &st));
        found = st.st_nlink - 2;
        if (found <= 1)
            break;
        usleep(1000);
    }
    return found;
}

/* All of them wait at once, and each is a task of the process. */
static void many_wait(void)
{
    pthread_t threads[MANY];
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 64 << 10);
    pthread_barrier_init(&barrier, NULL, MANY + 1);
    for (int i = 0; i < MANY; i++)
        CHECK_EQ(pthread_create(&threads[i], &attr, wait_here, NULL), 0);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < MANY; i++)
        CHECK_EQ(pthread_join(threads[i], NULL), 0);
    CHECK_EQ(tasks(), 1);
}

static int detached;

static void *detach(void *arg)
{
    (void)arg;
    /* Not by its creator: glibc's pthread_detach() looks at a thread that may be gone by then (its bug 19951). */
    CHECK_EQ(pthread_detach(pthread_self()), 0);
    __atomic_add_fetch(&detached, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

static void detached_threads(void)
{
    for (int i = 0; i < 200; i++) {
        pthread_t thread;
        CHECK_EQ(pthread_create(&thread, NULL, detach, NULL), 0);
    }
    while (__atomic_load_n(&detached, __ATOMIC_SEQ_CST) < 200)
        usleep(1000);
}

static void *name_it(void *arg)
{
    char name[16];
    CHECK_OK(prctl(PR_GET_NAME, name));
    CHECK_STR(name, "creator");
    CHECK_OK(prctl(PR_SET_NAME, "created"));
    return arg;
}

/* A thread starts with its creator's name and mask, and an alternate stack of its own: none. */
static void *inherit(void *arg)
{
    sigset_t mask;
    stack_t stack;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    CHECK(sigismember(&mask, SIGUSR1) && !sigismember(&mask, SIGUSR2));
    CHECK_OK(sigaltstack(NULL, &stack));
    CHECK_EQ(stack.ss_flags, SS_DISABLE);
    sigset_t pending;
    CHECK_OK(sigpending(&pending));
    CHECK(sigismember(&pending, SIGUSR1) == (arg != NULL));
    return arg;
}

static void inheritance(void)
{
    char name[16];
    pthread_t thread;
    CHECK_OK(prctl(PR_SET_NAME, "creator"));
    CHECK_EQ(pthread_create(&thread, NULL, name_it, NULL), 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK_OK(prctl(PR_GET_NAME, name));
    CHECK_STR(name, "creator");

    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    stack_t stack = {.ss_sp = malloc(SIGSTKSZ), .ss_size = SIGSTKSZ};
    CHECK_OK(sigaltstack(&stack, NULL));
    /* What is pending for the creator alone is not for the new one; what is for the process is. */
    pthread_kill(pthread_self(), SIGUSR1);
    CHECK_EQ(pthread_create(&thread, NULL, inherit, NULL), 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK_OK(kill(getpid(), SIGUSR1));
    CHECK_EQ(pthread_create(&thread, NULL, inherit, &set), 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    int signal;
    CHECK_EQ(sigwait(&set, &signal), 0);
    CHECK_EQ(sigwait(&set, &signal), 0);
}

/* Flags that cannot be together. */
static void refused(void)
{
    CHECK_ERR(syscall(SYS_clone, 0x10000 | SIGCHLD, 0, 0, 0, 0), EINVAL);
    CHECK_ERR(syscall(SYS_clone, 0x800 | SIGCHLD, 0, 0, 0, 0), EINVAL);
    uint64_t args[16] = {0};
    CHECK_ERR(syscall(SYS_clone3, args, 56), EINVAL);
    CHECK_ERR(syscall(SYS_clone3, args, 5000), E2BIG);
    CHECK_ERR(syscall(SYS_clone3, BAD, 88), EFAULT);
    args[12] = 1;
    CHECK_ERR(syscall(SYS_clone3, args, sizeof args), E2BIG);
    args[12] = 0;
    args[4] = 65;
    CHECK_ERR(syscall(SYS_clone3, args, 88), EINVAL);
    args[4] = SIGCHLD;
    args[5] = 4096;
    CHECK_ERR(syscall(SYS_clone3, args, 88), EINVAL);
    args[5] = 0;
    pid_t parent = 0, child = 0, pid;
    args[0] = 0x100000 | 0x1000000;
    args[2] = (uintptr_t)&child;
    args[3] = (uintptr_t)&parent;
    pid = CHECK_OK(syscall(SYS_clone3, args, 88));
    if (pid == 0)
        _exit(child == getpid() && gettid_() == child ? 3 : 4);
    CHECK_EQ(parent, pid);
    CHECK_EQ(child, 0);
    CHECK_EXIT(pid, 3);
    /* A descriptor of the child: readable, as poll(2) sees it, when that ends. */
    int fd = -1;
    args[0] = 0x1000;
    args[1] = (uintptr_t)&fd;
    pid = CHECK_OK(syscall(SYS_clone3, args, 88));
    if (pid == 0)
        _exit(fcntl(fd, F_GETFD) == -1 ? 3 : 4);
    CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    siginfo_t info;
    CHECK_OK(waitid(3 /* P_PIDFD */, fd, &info, WEXITED));
    CHECK_EQ(info.si_pid, pid);
    CHECK_EQ(info.si_status, 3);
    args[1] = 8;
    CHECK_ERR(syscall(SYS_clone3, args, 88), EFAULT);
    CHECK_ERR(waitpid(-1, NULL, 0), ECHILD);
    CHECK_OK(close(fd));
}

int main(void)
{
    begin();
    create_and_join();
    many_wait();
    detached_threads();
    inheritance();
    refused();
    return finish();
}

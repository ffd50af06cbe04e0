// syscalls: exit exit_group execve
// How threads and processes end: one thread, the first thread, all of them, by exec, by a signal.
#include "../check.h"
#include <pthread.h>

/* /proc/self/exe is the first thread's, and gone with it. */
static char program[PATH_MAX];
static pthread_barrier_t barrier;
static int pipe_of_blocked[2];

static void *spin(void *arg)
{
    pthread_barrier_wait(&barrier);
    for (volatile unsigned long i = 0;; i++)
        ;
    return arg;
}

static void *block_in_read(void *arg)
{
    char byte;
    pthread_barrier_wait(&barrier);
    read(pipe_of_blocked[0], &byte, 1);
    return arg;
}

static void *block_in_futex(void *arg)
{
    pthread_mutex_t *mutex = arg;
    pthread_barrier_wait(&barrier);
    pthread_mutex_lock(mutex);
    return arg;
}

static void *block_in_sleep(void *arg)
{
    pthread_barrier_wait(&barrier);
    sleep(1000);
    return arg;
}

static void *make_calls(void *arg)
{
    pthread_barrier_wait(&barrier);
    for (;;)
        getppid();
    return arg;
}

/* Threads in all kinds of states. */
static void crowd(void)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_t thread;
    pthread_mutex_lock(&mutex);
    CHECK_OK(pipe(pipe_of_blocked));
    pthread_barrier_init(&barrier, NULL, 11);
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(pthread_create(&thread, NULL, spin, NULL), 0);
        CHECK_EQ(pthread_create(&thread, NULL, block_in_read, NULL), 0);
        CHECK_EQ(pthread_create(&thread, NULL, block_in_futex, &mutex), 0);
        CHECK_EQ(pthread_create(&thread, NULL, block_in_sleep, NULL), 0);
        CHECK_EQ(pthread_create(&thread, NULL, make_calls, NULL), 0);
    }
    pthread_barrier_wait(&barrier);
}

static void *exit_with(void *arg)
{
    usleep(1000);
    exit((int)(intptr_t)arg);
}

static void *thread_exit_with(void *arg)
{
    usleep(20000);
    syscall(SYS_exit, (intptr_t)arg);
    return NULL;
}

static void *kill_process(void *arg)
{
    usleep(1000);
    kill(getpid(), (int)(intptr_t)arg);
    pause();
    return arg;
}

static void *fault(void *arg)
{
    *(volatile char *)BAD = 0;
    return arg;
}

static void *execute(void *arg)
{
    char mode[] = "executed";
    char leader[16];
    snprintf(leader, sizeof leader, "%d", getpid());
    CHECK(syscall(SYS_gettid) != getpid());
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    execl(program, "ends", mode, leader, NULL);
    return arg;
}

static void *sleep_on(void *arg)
{
    pause();
    return arg;
}

static void *fail_to_execute(void *arg)
{
    CHECK_ERR(execl("/no/such/file", "x", NULL), ENOENT);
    return arg;
}

/* In a child: start a crowd and one thread that does something final. */
static pid_t with_crowd(void *(*last)(void *), intptr_t arg)
{
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        pthread_t thread;
        alarm(20);
        crowd();
        CHECK_EQ(pthread_create(&thread, NULL, last, (void *)arg), 0);
        for (;;)
            pause();
    }
    return pid;
}

/* The program that a thread executes runs as the process, alone, with the thread's mask. */
static int executed(const char *leader)
{
    CHECK_EQ(getpid(), atoi(leader));
    CHECK_EQ(syscall(SYS_gettid), getpid());
    struct stat st;
    for (int i = 0; i < 1000; i++) {
        CHECK_OK(stat("/proc/self/task", &st));
        if (st.st_nlink == 3)
            break;
        usleep(1000);
    }
    CHECK_EQ(st.st_nlink, 3);
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    CHECK(sigismember(&mask, SIGUSR2) && !sigismember(&mask, SIGUSR1));
    return 41;
}

static void first_thread_ends(void)
{
    /* The others go on, and the process ends with the status of the last (since Linux 5.19). */
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        pthread_t thread;
        CHECK_EQ(pthread_create(&thread, NULL, thread_exit_with, (void *)9), 0);
        syscall(SYS_exit, 5);
    }
    CHECK_EXIT(pid, 9);
    /* pthread_exit of the first, and of the last. */
    pid = CHECK_OK(fork());
    if (pid == 0) {
        pthread_t thread;
        CHECK_EQ(pthread_create(&thread, NULL, sleep_on, NULL), 0);
        CHECK_EQ(pthread_create(&thread, NULL, exit_with, (void *)6), 0);
        pthread_exit(NULL);
    }
    CHECK_EXIT(pid, 6);
    /* A thread that executes a program takes the first one's place. */
    pid = CHECK_OK(fork());
    if (pid == 0) {
        pthread_t thread;
        CHECK_EQ(pthread_create(&thread, NULL, execute, NULL), 0);
        pthread_exit(NULL);
    }
    CHECK_EXIT(pid, 41);
    /* One alone. */
    pid = CHECK_OK(fork());
    if (pid == 0)
        syscall(SYS_exit, 0x107);
    CHECK_EXIT(pid, 7);
}

static void *fork_here(void *arg)
{
    pid_t *pid = arg;
    *pid = fork();
    if (*pid == 0) {
        CHECK_EQ(syscall(SYS_gettid), getpid());
        return NULL; /* the last thread: exit(0) */
    }
    return NULL;
}

static void fork_in_thread(void)
{
    pthread_t thread;
    pid_t pid;
    CHECK_EQ(pthread_create(&thread, NULL, fork_here, &pid), 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK_EXIT(pid, 0);
}

int main(int argc, char **argv)
{
    if (argc == 3)
        return executed(argv[2]);
    CHECK_OK(readlink("/proc/self/exe", program, sizeof program - 1));
    begin();
    for (int i = 0; i < 5; i++) {
        CHECK_EXIT(with_crowd(exit_with, 3), 3);
        CHECK_KILLED(with_crowd(kill_process, SIGTERM), SIGTERM);
        CHECK_KILLED(with_crowd(kill_process, SIGKILL), SIGKILL);
        CHECK_KILLED(with_crowd(kill_process, SIGRTMIN + 1), SIGRTMIN + 1);
        CHECK_KILLED(with_crowd(fault, 0), SIGSEGV);
        CHECK_EXIT(with_crowd(execute, 0), 41);
    }
    pid_t pid = with_crowd(fail_to_execute, 0);
    usleep(20000);
    CHECK_EQ(waitpid(pid, NULL, WNOHANG), 0);
    CHECK_OK(kill(pid, SIGKILL));
    CHECK_KILLED(pid, SIGKILL);
    /* The first thread executes a program, too. */
    pid = CHECK_OK(fork());
    if (pid == 0) {
        char leader[16];
        sigset_t set;
        crowd();
        sigemptyset(&set);
        sigaddset(&set, SIGUSR2);
        pthread_sigmask(SIG_BLOCK, &set, NULL);
        snprintf(leader, sizeof leader, "%d", getpid());
        execl(program, "ends", "executed", leader, NULL);
        _exit(127);
    }
    CHECK_EXIT(pid, 41);
    first_thread_ends();
    fork_in_thread();
    return finish();
}

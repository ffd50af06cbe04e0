// syscalls: timer_create timer_settime timer_gettime timer_getoverrun timer_delete
// POSIX timers: signals with values, for the process or a thread, overruns, clocks, exec and fork.
#include "../check.h"
#include <pthread.h>
#include <time.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static const struct itimerspec soon = {{0, 0}, {0, 5000000}};
static const struct itimerspec often = {{0, 2000000}, {0, 2000000}};

/* The kernel's own numbers: glibc's are addresses for some kinds. */
static int create(int clock, struct sigevent *event)
{
    int id = -1;
    CHECK_OK(syscall(SYS_timer_create, clock, event, &id));
    return id;
}

static int set(int id, int flags, const struct itimerspec *new, struct itimerspec *old)
{
    return syscall(SYS_timer_settime, id, flags, new, old);
}

static siginfo_t take(int signal)
{
    sigset_t set;
    siginfo_t info;
    struct timespec limit = {10, 0};
    sigemptyset(&set);
    sigaddset(&set, signal);
    CHECK_EQ(sigtimedwait(&set, &info, &limit), signal);
    return info;
}

static void *for_this_thread(void *arg)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMIN + 2};
    event.sigev_value.sival_int = 77;
    event.sigev_notify_thread_id = syscall(SYS_gettid);
    int id = create(CLOCK_MONOTONIC, &event);
    CHECK_OK(set(id, 0, &soon, NULL));
    siginfo_t info = take(SIGRTMIN + 2);
    CHECK_EQ(info.si_code, SI_TIMER);
    CHECK_EQ(info.si_value.sival_int, 77);
    CHECK_OK(syscall(SYS_timer_delete, id));
    return arg;
}

static volatile int handled;

static void on_expiry(union sigval value)
{
    handled = value.sival_int;
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc == 2) {
        struct itimerspec value;
        CHECK_ERR(syscall(SYS_timer_gettime, atoi(argv[1]), &value), EINVAL);
        return 5;
    }
    begin();
    sigset_t block;
    sigemptyset(&block);
    for (int i = 0; i < 4; i++)
        sigaddset(&block, SIGRTMIN + i);
    sigaddset(&block, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &block, NULL);

    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 1};
    event.sigev_value.sival_ptr = &event;
    int id = create(CLOCK_REALTIME, &event);
    struct itimerspec value;
    CHECK_OK(syscall(SYS_timer_gettime, id, &value));
    CHECK_EQ(value.it_value.tv_sec + value.it_value.tv_nsec, 0);
    CHECK_OK(set(id, 0, &soon, &value));
    siginfo_t info = take(SIGRTMIN + 1);
    CHECK_EQ(info.si_code, SI_TIMER);
    CHECK(info.si_value.sival_ptr == &event);
    CHECK_EQ(info.si_overrun, 0);

    /* Without an event: SIGALRM, with the timer's number. */
    int plain = create(CLOCK_MONOTONIC, NULL);
    CHECK_OK(set(plain, 0, &soon, NULL));
    info = take(SIGALRM);
    CHECK_EQ(info.si_value.sival_int, plain);

    /* One signal is pending at most; the others are counted. */
    CHECK_OK(set(plain, 0, &often, NULL));
    usleep(50000);
    info = take(SIGALRM);
    CHECK(info.si_overrun > 5);
    CHECK(syscall(SYS_timer_getoverrun, plain) >= info.si_overrun);
    struct itimerspec stop = {{0, 0}, {0, 0}};
    CHECK_OK(set(plain, 0, &stop, &value));
    CHECK_EQ(value.it_interval.tv_nsec, 2000000);
    CHECK_OK(syscall(SYS_timer_delete, plain));

    /* At a time of the clock, without a signal, on processor time. */
    event.sigev_notify = SIGEV_NONE;
    int none = create(CLOCK_MONOTONIC, &event);
    struct itimerspec at = {{0, 0}, {0, 0}};
    clock_gettime(CLOCK_MONOTONIC, &at.it_value);
    at.it_value.tv_sec += 100;
    CHECK_OK(set(none, TIMER_ABSTIME, &at, NULL));
    CHECK_OK(syscall(SYS_timer_gettime, none, &value));
    CHECK(value.it_value.tv_sec >= 90 && value.it_value.tv_sec <= 100);
    event.sigev_notify = SIGEV_SIGNAL;
    int cpu = create(CLOCK_PROCESS_CPUTIME_ID, &event);
    CHECK_OK(set(cpu, 0, &soon, NULL));
    sigset_t pending;
    do
        sigpending(&pending);
    while (!sigismember(&pending, SIGRTMIN + 1));
    take(SIGRTMIN + 1);

    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, for_this_thread, NULL), 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);

    /* The library's notification by a thread. */
    timer_t library;
    struct sigevent by_thread = {.sigev_notify = SIGEV_THREAD};
    by_thread.sigev_notify_function = on_expiry;
    by_thread.sigev_value.sival_int = 9;
    CHECK_OK(timer_create(CLOCK_MONOTONIC, &by_thread, &library));
    CHECK_OK(timer_settime(library, 0, &soon, NULL));
    for (int i = 0; i < 10000 && !handled; i++)
        usleep(1000);
    CHECK_EQ(handled, 9);
    CHECK_OK(timer_delete(library));

    /* A child has none of them, and neither has a program that is executed. */
    IN_CHILD(CHECK_ERR(syscall(SYS_timer_gettime, id, &value), EINVAL));
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        char number[16];
        event.sigev_signo = SIGKILL - 1;
        int mine = create(CLOCK_MONOTONIC, &event);
        snprintf(number, sizeof number, "%d", mine);
        CHECK_OK(set(mine, 0, &often, NULL));
        signal(SIGKILL - 1, SIG_IGN);
        execl("/proc/self/exe", "timers", number, NULL);
    }
    CHECK_EXIT(pid, 5);

    /* What is refused. */
    int unused;
    event.sigev_signo = 65;
    CHECK_ERR(syscall(SYS_timer_create, CLOCK_REALTIME, &event, &unused), EINVAL);
    CHECK_ERR(syscall(SYS_timer_create, 999, NULL, &unused), EINVAL);
    CHECK_ERR(syscall(SYS_timer_create, CLOCK_REALTIME, BAD, &unused), EFAULT);
    CHECK_ERR(syscall(SYS_timer_create, CLOCK_REALTIME, NULL, BAD), EFAULT);
    CHECK_ERR(set(12345, 0, &soon, NULL), EINVAL);
    CHECK_ERR(set(id, 0, NULL, NULL), EINVAL);
    CHECK_ERR(set(id, 0, BAD, NULL), EFAULT);
    struct itimerspec bad = {{0, 0}, {0, 1000000000}};
    CHECK_ERR(set(id, 0, &bad, NULL), EINVAL);
    CHECK_OK(syscall(SYS_timer_delete, id));
    CHECK_ERR(syscall(SYS_timer_delete, id), EINVAL);
    CHECK_ERR(syscall(SYS_timer_getoverrun, id), EINVAL);
    return finish();
}

// syscalls: rt_sigqueueinfo rt_tgsigqueueinfo rt_sigtimedwait rt_sigaction
// SA_SIGINFO: who sent it and why, and waiting for signals without handlers.
#include "../check.h"
#include <sys/time.h>
#include <time.h>

static volatile siginfo_t seen;
static volatile int count;
static void handler(int signal, siginfo_t *info, void *context)
{
    (void)context;
    seen = *info;
    count += signal == info->si_signo;
}

int main(void)
{
    begin();
    int signals[] = {SIGUSR1, SIGCHLD, SIGALRM, SIGRTMIN + 1};
    for (int i = 0; i < 4; i++) {
        struct sigaction a = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
        CHECK_OK(sigaction(signals[i], &a, NULL));
    }
    CHECK_OK(kill(getpid(), SIGUSR1));
    CHECK_EQ(count, 1);
    CHECK_EQ(seen.si_code, SI_USER);
    CHECK_EQ(seen.si_pid, getpid());
    CHECK_EQ(seen.si_uid, getuid());
    CHECK_OK(raise(SIGUSR1));
    CHECK_EQ(seen.si_code, SI_TKILL);
    CHECK_EQ(seen.si_pid, getpid());
    union sigval value = {.sival_ptr = (void *)0x123456789abcdef0};
    CHECK_OK(sigqueue(getpid(), SIGRTMIN + 1, value));
    CHECK_EQ(seen.si_code, SI_QUEUE);
    CHECK_EQ((long)seen.si_value.sival_ptr, 0x123456789abcdef0);
    CHECK_EQ(seen.si_pid, getpid());

    siginfo_t info = {.si_signo = SIGUSR1, .si_code = -7};
    info.si_value.sival_int = 99;
    CHECK_OK(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &info));
    CHECK_EQ(seen.si_code, -7);
    CHECK_EQ(seen.si_value.sival_int, 99);
    count = 0;
    info.si_value.sival_int = 100;
    CHECK_OK(syscall(SYS_rt_tgsigqueueinfo, getpid(), getpid(), SIGUSR1, &info));
    CHECK_EQ(count, 1);
    CHECK_EQ(seen.si_value.sival_int, 100);
    CHECK_ERR(syscall(SYS_rt_tgsigqueueinfo, getpid(), 0x3fffffff, SIGUSR1, &info), ESRCH);
    CHECK_ERR(syscall(SYS_rt_tgsigqueueinfo, getpid(), 0, SIGUSR1, &info), EINVAL);
    CHECK_ERR(syscall(SYS_rt_tgsigqueueinfo, getpid(), getpid(), 65, &info), EINVAL);
    CHECK_ERR(syscall(SYS_rt_sigqueueinfo, 0x3fffffff, SIGUSR1, &info), ESRCH);
    CHECK_ERR(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, BAD), EFAULT);
    info.si_code = SI_USER;
    CHECK_ERR(syscall(SYS_rt_sigqueueinfo, getppid(), SIGUSR1, &info), EPERM);

    count = 0;
    pid_t pid = CHECK_OK(fork());
    if (pid == 0)
        _exit(6);
    while (!count)
        usleep(1000);
    CHECK_EXIT(pid, 6);
    CHECK_EQ(seen.si_signo, SIGCHLD);
    CHECK_EQ(seen.si_code, CLD_EXITED);
    CHECK_EQ(seen.si_status, 6);
    CHECK_EQ(seen.si_pid, pid);
    struct itimerval timer = {{0, 0}, {0, 1000}};
    count = 0;
    CHECK_OK(setitimer(ITIMER_REAL, &timer, NULL));
    while (!count)
        usleep(1000);
    CHECK_EQ(seen.si_signo, SIGALRM);
    CHECK_EQ(seen.si_code, SI_KERNEL);

    /* Taking signals without handlers. */
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGRTMIN + 1);
    CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
    CHECK_OK(sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 1}));
    CHECK_OK(sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 2}));
    CHECK_OK(raise(SIGUSR1));
    /* glibc shows SI_TKILL as SI_USER; the kernel does not. */
    CHECK_EQ(syscall(SYS_rt_sigtimedwait, &set, &info, NULL, 8), SIGUSR1);
    CHECK_EQ(info.si_code, SI_TKILL);
    CHECK_EQ(sigwaitinfo(&set, &info), SIGRTMIN + 1);
    CHECK_EQ(info.si_value.sival_int, 1);
    CHECK_EQ(sigtimedwait(&set, &info, &(struct timespec){1, 0}), SIGRTMIN + 1);
    CHECK_EQ(info.si_value.sival_int, 2);
    CHECK_ERR(sigtimedwait(&set, &info, &(struct timespec){0, 10000000}), EAGAIN);
    CHECK_ERR(sigtimedwait(&set, &info, &(struct timespec){0, 0}), EAGAIN);
    CHECK_ERR(sigtimedwait(&set, &info, &(struct timespec){0, -1}), EINVAL);
    CHECK_ERR(syscall(SYS_rt_sigtimedwait, &set, NULL, NULL, 4), EINVAL);
    CHECK_ERR(syscall(SYS_rt_sigtimedwait, BAD, NULL, NULL, 8), EFAULT);
    timer.it_value.tv_usec = 20000;
    CHECK_OK(setitimer(ITIMER_REAL, &timer, NULL));
    CHECK_ERR(sigwaitinfo(&set, &info), EINTR);
    return finish();
}

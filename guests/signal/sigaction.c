// syscalls: rt_sigaction rt_sigprocmask rt_sigpending kill tkill tgkill rt_sigreturn
// Handlers: flags, masks, order, what cannot be caught.
#include "../check.h"

static volatile int count, last, calls, depth, deepest;
static volatile sig_atomic_t order[8], orders;

static void counter(int signal) { count++, last = signal; }
static void recorder(int signal) { order[orders++ & 7] = signal; }

static void nested(int signal)
{
    deepest = ++depth > deepest ? depth : deepest;
    if (++calls < 3)
        raise(signal);
    depth--;
}

static void action(int signal, void (*handler)(int), int flags)
{
    struct sigaction a = {.sa_handler = handler, .sa_flags = flags};
    CHECK_OK(sigaction(signal, &a, NULL));
}

/* The kernel's structure, to see what glibc hides. */
struct kernel_action { void *handler; unsigned long flags; void *restorer; uint64_t mask; };

int main(void)
{
    begin();
    struct sigaction a;
    CHECK_OK(sigaction(SIGUSR1, NULL, &a));
    CHECK(a.sa_handler == SIG_DFL);
    action(SIGUSR1, counter, SA_RESTART);
    CHECK_OK(sigaction(SIGUSR1, NULL, &a));
    CHECK(a.sa_handler == counter);
    CHECK_EQ(a.sa_flags & ~0x04000000, SA_RESTART);
    CHECK_OK(raise(SIGUSR1));
    CHECK_EQ(count, 1);
    CHECK_OK(kill(getpid(), SIGUSR1));
    CHECK_EQ(count, 2);
    CHECK_OK(syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1));
    CHECK_OK(syscall(SYS_tkill, getpid(), SIGUSR1));
    CHECK_EQ(count, 4);
    CHECK_ERR(syscall(SYS_tgkill, getpid(), -1, SIGUSR1), EINVAL);
    CHECK_ERR(syscall(SYS_tgkill, getpid(), 0x3fffffff, SIGUSR1), ESRCH);
    CHECK_ERR(syscall(SYS_tkill, getpid(), 65), EINVAL);
    CHECK_OK(kill(getpid(), 0));

    /* What the kernel refuses. */
    struct kernel_action k = {SIG_IGN, 0, 0, 0};
    CHECK_ERR(syscall(SYS_rt_sigaction, SIGKILL, &k, NULL, 8), EINVAL);
    CHECK_ERR(syscall(SYS_rt_sigaction, SIGSTOP, &k, NULL, 8), EINVAL);
    CHECK_OK(syscall(SYS_rt_sigaction, SIGKILL, NULL, &k, 8));
    CHECK_ERR(syscall(SYS_rt_sigaction, 0, NULL, &k, 8), EINVAL);
    CHECK_ERR(syscall(SYS_rt_sigaction, 65, NULL, &k, 8), EINVAL);
    CHECK_ERR(syscall(SYS_rt_sigaction, SIGUSR1, NULL, &k, 4), EINVAL);
    CHECK_ERR(syscall(SYS_rt_sigaction, SIGUSR1, BAD, NULL, 8), EFAULT);
    CHECK_OK(syscall(SYS_rt_sigaction, 64, NULL, &k, 8));
    CHECK_OK(syscall(SYS_rt_sigaction, 32, NULL, &k, 8));

    /* A signal is blocked in its handler, unless SA_NODEFER says not. */
    action(SIGUSR2, nested, 0);
    calls = deepest = 0;
    CHECK_OK(raise(SIGUSR2));
    CHECK_EQ(deepest, 1);
    action(SIGUSR2, nested, SA_NODEFER);
    calls = deepest = 0;
    CHECK_OK(raise(SIGUSR2));
    CHECK_EQ(deepest, 3);

    /* SA_RESETHAND: once. */
    action(SIGHUP, counter, SA_RESETHAND);
    count = 0;
    CHECK_OK(raise(SIGHUP));
    CHECK_EQ(count, 1);
    CHECK_OK(sigaction(SIGHUP, NULL, &a));
    CHECK(a.sa_handler == SIG_DFL);

    /* Blocked signals wait; standard ones once, real-time ones each, lowest number first. */
    sigset_t all, old, pending;
    sigfillset(&all);
    int signals[] = {SIGUSR2, SIGRTMIN + 2, SIGUSR1, SIGRTMIN + 1};
    for (int i = 0; i < 4; i++) {
        struct sigaction r = {.sa_handler = recorder, .sa_mask = all};
        CHECK_OK(sigaction(signals[i], &r, NULL));
    }
    CHECK_OK(sigprocmask(SIG_SETMASK, &all, &old));
    CHECK(!sigismember(&old, SIGUSR1));
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 4; i++)
            CHECK_OK(raise(signals[i]));
    CHECK_EQ(orders, 0);
    CHECK_OK(sigpending(&pending));
    CHECK(sigismember(&pending, SIGUSR1) && sigismember(&pending, SIGRTMIN + 2));
    CHECK(!sigismember(&pending, SIGHUP));
    CHECK_OK(sigprocmask(SIG_SETMASK, &old, NULL));
    CHECK_EQ(orders, 6);
    /* With full masks the handlers run one after the other: standard ones first. */
    CHECK_EQ(order[0], SIGUSR1);
    CHECK_EQ(order[1], SIGUSR2);
    CHECK_EQ(order[2], SIGRTMIN + 1);
    CHECK_EQ(order[3], SIGRTMIN + 1);
    CHECK_EQ(order[4], SIGRTMIN + 2);

    /* Ignoring discards what is pending. */
    CHECK_OK(sigprocmask(SIG_SETMASK, &all, NULL));
    CHECK_OK(raise(SIGUSR1));
    action(SIGUSR1, SIG_IGN, 0);
    CHECK_OK(sigpending(&pending));
    CHECK(!sigismember(&pending, SIGUSR1));
    CHECK_OK(sigprocmask(SIG_SETMASK, &old, NULL));

    /* SIGKILL and SIGSTOP cannot be blocked. */
    CHECK_OK(sigprocmask(SIG_SETMASK, &all, NULL));
    CHECK_OK(sigprocmask(SIG_BLOCK, NULL, &pending));
    CHECK(!sigismember(&pending, SIGKILL) && !sigismember(&pending, SIGSTOP));
    CHECK_OK(sigprocmask(SIG_SETMASK, &old, NULL));
    CHECK_ERR(syscall(SYS_rt_sigprocmask, 7, &all, NULL, 8), EINVAL);
    CHECK_ERR(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &all, NULL, 4), EINVAL);
    CHECK_ERR(syscall(SYS_rt_sigprocmask, SIG_BLOCK, BAD, NULL, 8), EFAULT);
    CHECK_OK(syscall(SYS_rt_sigprocmask, 7, NULL, &old, 8));

    /* Default actions. */
    struct { int signal, kills; } defaults[] = {{SIGTERM, 1}, {SIGHUP, 1}, {SIGABRT, 1}, {SIGCHLD, 0},
                                                {SIGURG, 0}, {SIGWINCH, 0}, {SIGCONT, 0}, {64, 1}};
    for (unsigned i = 0; i < sizeof defaults / sizeof *defaults; i++) {
        pid_t pid = CHECK_OK(fork());
        if (pid == 0) {
            kill(getpid(), defaults[i].signal);
            _exit(5);
        }
        if (defaults[i].kills)
            CHECK_KILLED(pid, defaults[i].signal);
        else
            CHECK_EXIT(pid, 5);
    }
    return finish();
}

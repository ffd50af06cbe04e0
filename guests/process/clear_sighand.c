// syscalls: clone3 clone rt_sigaction execve wait4
// Actions of signals that a child does not inherit, by its parent's wish or because it executes a program.
#include "../check.h"
#include <linux/sched.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>

#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ULL
#endif

static void handler(int signal) { (void)signal; }

/* The kernel's structure, to see what glibc hides. */
struct kernel_action { void *handler; unsigned long flags; void *restorer; uint64_t mask; };

static struct kernel_action action(int signal)
{
    struct kernel_action k;
    CHECK_OK(syscall(SYS_rt_sigaction, signal, NULL, &k, 8));
    return k;
}

static void set(int signal, void (*to)(int), int flags)
{
    struct sigaction a = {.sa_handler = to, .sa_flags = flags};
    sigfillset(&a.sa_mask);
    CHECK_OK(sigaction(signal, &a, NULL));
}

static void set_all(void)
{
    set(SIGUSR1, handler, SA_NODEFER);
    set(SIGUSR2, SIG_IGN, SA_RESTART);
    set(SIGHUP, SIG_DFL, SA_RESTART);
    set(SIGSEGV, handler, 0);
    set(SIGRTMAX, handler, SA_SIGINFO);
    set(SIGCHLD, SIG_DFL, SA_NOCLDWAIT);
}

/* Ignored is what was ignored; of the rest nothing is left. */
static void check_cleared(void)
{
    int signals[] = {SIGUSR1, SIGHUP, SIGSEGV, SIGRTMAX, SIGCHLD, SIGUSR2};
    for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct kernel_action k = action(signals[i]);
        CHECK(k.handler == (signals[i] == SIGUSR2 ? (void *)SIG_IGN : (void *)SIG_DFL));
        CHECK_EQ(k.flags, 0);
        CHECK_EQ(k.mask, 0);
    }
    /* And children are waited for again. */
    IN_CHILD();
}

static void check_kept(void)
{
    CHECK(action(SIGUSR1).handler == (void *)handler);
    CHECK(action(SIGUSR2).handler == (void *)SIG_IGN);
    CHECK(action(SIGUSR2).flags & SA_RESTART);
    CHECK(action(SIGCHLD).flags & SA_NOCLDWAIT);
}

static long clone3(struct clone_args *args) { return syscall(SYS_clone3, args, sizeof *args); }

/* What the child does with a signal for which its parent has a handler. */
static void child(unsigned long long flags)
{
    struct clone_args args = {.flags = CLONE_CLEAR_SIGHAND | flags, .exit_signal = SIGCHLD};
    set_all();
    set(SIGCHLD, SIG_DFL, 0);
    pid_t pid = CHECK_OK(clone3(&args));
    if (pid == 0) {
        check_cleared();
        raise(SIGUSR2);
        raise(SIGUSR1);
        _exit(1);
    }
    CHECK_KILLED(pid, SIGUSR1);
    CHECK(action(SIGUSR1).handler == (void *)handler);
}

static void refused(void)
{
    struct clone_args args = {.flags = CLONE_CLEAR_SIGHAND | CLONE_SIGHAND | CLONE_VM};
    CHECK_ERR(clone3(&args), EINVAL);
    args.flags |= CLONE_THREAD;
    CHECK_ERR(clone3(&args), EINVAL);
}

/* SA_NOCLDWAIT and SA_NOCLDSTOP are about children, whatever the action is. */
static void flags_of_the_default(void)
{
    set(SIGCHLD, SIG_DFL, SA_NOCLDWAIT);
    pid_t pid = CHECK_OK(fork());
    if (pid == 0)
        _exit(0);
    CHECK_ERR(waitpid(pid, NULL, 0), ECHILD);

    sigset_t set_, old;
    sigemptyset(&set_);
    sigaddset(&set_, SIGCHLD);
    CHECK_OK(sigprocmask(SIG_BLOCK, &set_, &old));
    set(SIGCHLD, SIG_DFL, SA_NOCLDSTOP);
    pid = CHECK_OK(fork());
    if (pid == 0) {
        raise(SIGSTOP);
        _exit(0);
    }
    int status;
    CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
    CHECK(WIFSTOPPED(status));
    CHECK_OK(sigpending(&set_));
    CHECK_EQ(sigismember(&set_, SIGCHLD), 0);
    CHECK_OK(kill(pid, SIGCONT));
    CHECK_EXIT(pid, 0);
    CHECK_OK(sigpending(&set_));
    CHECK_EQ(sigismember(&set_, SIGCHLD), 1);
    CHECK_OK(signal(SIGCHLD, SIG_IGN) == SIG_ERR ? -1 : 0);
    CHECK_OK(sigprocmask(SIG_SETMASK, &old, NULL));
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        begin();
        check_cleared();
        return 0;
    }
    begin();
    child(0);
    child(CLONE_VFORK);
    refused();
    flags_of_the_default();
    set_all();
    set(SIGCHLD, SIG_DFL, SA_NOCLDWAIT);
    check_kept();
    set(SIGCHLD, handler, SA_RESTART);
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        set_all();
        CHECK_OK(execl("/proc/self/exe", argv[0], "executed", NULL));
    }
    CHECK_EXIT(pid, 0);
    return finish();
}

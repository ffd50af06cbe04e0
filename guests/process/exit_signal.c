// syscalls: clone clone3 wait4 waitid
// Children whose end is told by another signal than SIGCHLD, or by none; children of one's parent.
#include "../check.h"
#include <linux/sched.h>
#include <poll.h>
#include <pthread.h>

static volatile sig_atomic_t got, from, code;

static void note(int signal, siginfo_t *info, void *context)
{
    (void)context;
    got = signal;
    from = info->si_pid;
    code = info->si_code;
}

/* A child that ends at once. */
static pid_t child(unsigned long flags, int status)
{
    pid_t pid = CHECK_OK(syscall(SYS_clone, flags, 0, 0, 0, 0));
    if (pid == 0)
        _exit(status);
    return pid;
}

/* Waits as long as it takes for the child to be a zombie. */
static void ended(pid_t pid)
{
    siginfo_t info;
    CHECK_OK(waitid(P_PID, pid, &info, WEXITED | WNOWAIT | __WALL));
    CHECK_EQ(info.si_signo, SIGCHLD);
    CHECK_EQ(info.si_pid, pid);
}

static void no_signal(void)
{
    int status;
    siginfo_t info;
    got = 0;
    pid_t pid = child(0, 3);
    ended(pid);
    /* Others than children with SIGCHLD are for those who ask. */
    CHECK_ERR(waitpid(pid, &status, 0), ECHILD);
    CHECK_ERR(waitpid(-1, &status, WNOHANG), ECHILD);
    CHECK_ERR(waitid(P_PID, pid, &info, WEXITED), ECHILD);
    CHECK_EQ(waitpid(-1, &status, __WCLONE), pid);
    CHECK_EQ(status, 3 << 8);
    pid = child(0, 4);
    CHECK_EQ(waitpid(pid, &status, __WALL), pid);
    CHECK_EQ(status, 4 << 8);
    pid = child(0, 5);
    memset(&info, 0, sizeof info);
    CHECK_OK(waitid(P_ALL, 0, &info, WEXITED | __WCLONE));
    CHECK_EQ(info.si_pid, pid);
    CHECK_EQ(info.si_status, 5);
    CHECK_EQ(got, 0);

    /* And the other way round. */
    pid = child(SIGCHLD, 6);
    CHECK_ERR(waitpid(pid, &status, __WCLONE), ECHILD);
    CHECK_EQ(waitpid(pid, &status, __WALL), pid);
    CHECK_EQ(got, SIGCHLD);

    /* SIGCHLD ignored rids one of children that end by SIGCHLD only. */
    struct sigaction old;
    CHECK_OK(sigaction(SIGCHLD, &(struct sigaction){.sa_handler = SIG_IGN}, &old));
    pid = child(SIGUSR1, 7);
    CHECK_EQ(waitpid(pid, &status, __WALL), pid);
    CHECK_OK(sigaction(SIGCHLD, &old, NULL));
}

static void another_signal(void)
{
    int status;
    got = 0;
    pid_t pid = child(SIGUSR1, 8);
    CHECK_EQ(TEMP_FAILURE_RETRY(waitpid(pid, &status, __WCLONE)), pid);
    CHECK_EQ(status, 8 << 8);
    CHECK_EQ(got, SIGUSR1);
    CHECK_EQ(from, pid);
    CHECK_EQ(code, CLD_EXITED);

    /* clone3 checks its number. */
    struct clone_args args = {.exit_signal = SIGUSR2};
    got = 0;
    pid = CHECK_OK(syscall(SYS_clone3, &args, sizeof args));
    if (pid == 0) {
        /* A whole process: it can have threads and children. */
        pthread_t thread;
        CHECK_EQ(pthread_create(&thread, NULL, (void *(*)(void *))getenv, "NONE"), 0);
        CHECK_EQ(pthread_join(thread, NULL), 0);
        IN_CHILD(CHECK(getppid() > 0));
        raise(SIGKILL);
    }
    CHECK_EQ(TEMP_FAILURE_RETRY(waitpid(pid, &status, __WCLONE)), pid);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    CHECK_EQ(got, SIGUSR2);
    CHECK_EQ(code, CLD_KILLED);
    args.exit_signal = 65;
    CHECK_ERR(syscall(SYS_clone3, &args, sizeof args), EINVAL);
    args = (struct clone_args){.flags = CLONE_PARENT, .exit_signal = SIGCHLD};
    CHECK_ERR(syscall(SYS_clone3, &args, sizeof args), EINVAL);

    /* It checks a number that the child is to have before it asks who may choose it. */
    int number = 0;
    args = (struct clone_args){.set_tid = (uintptr_t)&number, .set_tid_size = 1};
    CHECK_ERR(syscall(SYS_clone3, &args, sizeof args), EINVAL);
    number = -1;
    CHECK_ERR(syscall(SYS_clone3, &args, sizeof args), EINVAL);
    number = 1 << 30;
    CHECK_ERR(syscall(SYS_clone3, &args, sizeof args), EINVAL);
    args.set_tid_size = 33;
    CHECK_ERR(syscall(SYS_clone3, &args, sizeof args), EINVAL);
    args.set_tid_size = 0;
    CHECK_ERR(syscall(SYS_clone3, &args, sizeof args), EINVAL);
    args = (struct clone_args){.set_tid = 8, .set_tid_size = 1};
    CHECK_ERR(syscall(SYS_clone3, &args, sizeof args), EFAULT);

    /* clone does not; no signal has that number. */
    got = 0;
    pid = child(200, 9);
    CHECK_EQ(waitpid(pid, &status, __WCLONE), pid);
    CHECK_EQ(got, 0);

    /* The parent goes on when the child lets go of its memory, as ever. */
    pid = child(CLONE_VFORK | SIGUSR1, 10);
    CHECK_EQ(TEMP_FAILURE_RETRY(waitpid(pid, &status, __WCLONE)), pid);
    CHECK_EQ(got, SIGUSR1);
}

/* The new process is a brother, whose end the common parent learns in the way of the one that made it. */
static void brothers(int signal)
{
    int status, channel[2];
    CHECK_OK(pipe(channel));
    pid_t parent = getpid(), brother;
    pid_t pid = CHECK_OK(syscall(SYS_clone, signal, 0, 0, 0, 0));
    if (pid == 0) {
        brother = CHECK_OK(syscall(SYS_clone, CLONE_PARENT | SIGUSR2, 0, 0, 0, 0));
        if (brother == 0)
            _exit(getppid() == parent ? 11 : 12);
        CHECK_ERR(waitpid(brother, &status, __WALL), ECHILD);
        CHECK_EQ(write(channel[1], &brother, sizeof brother), sizeof brother);
        _exit(0);
    }
    CHECK_EQ(TEMP_FAILURE_RETRY(read(channel[0], &brother, sizeof brother)), sizeof brother);
    CHECK_EQ(TEMP_FAILURE_RETRY(waitpid(pid, &status, __WALL)), pid);
    CHECK_EQ(status, 0);
    got = 0;
    ended(brother);
    CHECK_ERR(waitpid(brother, &status, signal == SIGCHLD ? __WCLONE : 0), ECHILD);
    CHECK_EQ(waitpid(brother, &status, signal == SIGCHLD ? 0 : __WCLONE), brother);
    CHECK_EQ(status, 11 << 8);
    CHECK(got == 0 || got == signal);
    CHECK_OK(close(channel[0]));
    CHECK_OK(close(channel[1]));
}

/* A descriptor of a brother, and of a thread, which is told of like that of a process. */
static void pidfds(void)
{
    int fd = -1, status;
    pid_t parent = getpid();
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        pid_t brother = CHECK_OK(syscall(SYS_clone, CLONE_PARENT | CLONE_PIDFD, 0, &fd, 0, 0));
        if (brother == 0)
            _exit(getppid() == parent ? 5 : 6);
        struct pollfd end = {.fd = fd, .events = POLLIN};
        CHECK_EQ(poll(&end, 1, -1), 1);
        CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
        _exit(0);
    }
    CHECK_EQ(TEMP_FAILURE_RETRY(waitpid(-1, &status, 0)) > 0, 1);
    int other;
    CHECK_EQ(TEMP_FAILURE_RETRY(waitpid(-1, &other, 0)) > 0, 1);
    CHECK_EQ(status + other, 5 << 8);
    struct clone_args args = {.flags = CLONE_PIDFD | CLONE_DETACHED, .pidfd = (uintptr_t)&fd};
    CHECK_ERR(syscall(SYS_clone3, &args, sizeof args), EINVAL);
}

int main(void)
{
    begin();
    struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO | SA_RESTART};
    CHECK_OK(sigaction(SIGCHLD, &action, NULL));
    CHECK_OK(sigaction(SIGUSR1, &action, NULL));
    CHECK_OK(sigaction(SIGUSR2, &action, NULL));
    no_signal();
    another_signal();
    brothers(SIGCHLD);
    brothers(SIGUSR1);
    pidfds();
    CHECK_ERR(waitpid(-1, NULL, __WALL), ECHILD);
    return finish();
}

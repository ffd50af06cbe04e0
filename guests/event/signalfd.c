// syscalls: signalfd4
// Signals that are read: their records, waiting for them, changing the set.
#include "../check.h"
#include <poll.h>
#include <sys/signalfd.h>

static volatile int handled;
static void on_signal(int signal) { handled = signal; }

int main(void)
{
    begin();
    sigset_t mask, usr2;
    struct signalfd_siginfo info[2];
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    sigaddset(&mask, SIGCHLD);
    sigaddset(&mask, SIGRTMIN + 3);
    sigemptyset(&usr2);
    sigaddset(&usr2, SIGUSR2);
    CHECK_OK(sigprocmask(SIG_BLOCK, &mask, NULL));
    int fd = CHECK_OK(signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC));
    CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
    CHECK_ERR(read(fd, info, sizeof info), EAGAIN);

    /* With a handler or without, what is blocked is read. */
    signal(SIGUSR1, on_signal);
    CHECK_OK(kill(getpid(), SIGUSR1));
    struct pollfd poller = {fd, POLLIN, 0};
    CHECK_EQ(poll(&poller, 1, 5000), 1);
    CHECK_EQ(read(fd, info, sizeof info), sizeof info[0]);
    CHECK_EQ(info[0].ssi_signo, SIGUSR1);
    CHECK_EQ(info[0].ssi_code, SI_USER);
    CHECK_EQ(info[0].ssi_pid, getpid());
    CHECK_EQ(info[0].ssi_uid, getuid());
    CHECK_EQ(handled, 0);
    CHECK_EQ(poll(&poller, 1, 0), 0);

    CHECK_OK(sigqueue(getpid(), SIGRTMIN + 3, (union sigval){.sival_int = 77}));
    CHECK_OK(sigqueue(getpid(), SIGRTMIN + 3, (union sigval){.sival_int = 78}));
    CHECK_EQ(read(fd, info, sizeof info), sizeof info);
    CHECK_EQ(info[0].ssi_signo, SIGRTMIN + 3);
    CHECK_EQ(info[0].ssi_code, SI_QUEUE);
    CHECK_EQ(info[0].ssi_int, 77);
    CHECK_EQ(info[1].ssi_int, 78);
    CHECK_ERR(read(fd, info, sizeof info[0] - 1), EINVAL);

    pid_t pid = CHECK_OK(fork());
    if (pid == 0)
        _exit(3);
    CHECK_EQ(poll(&poller, 1, 5000), 1);
    CHECK_EQ(read(fd, info, sizeof info), sizeof info[0]);
    CHECK_EQ(info[0].ssi_signo, SIGCHLD);
    CHECK_EQ(info[0].ssi_pid, pid);
    CHECK_EQ(info[0].ssi_status, 3);
    CHECK_EXIT(pid, 3);

    /* Another set for the same descriptor; a wait that a signal from another process ends. */
    CHECK_OK(kill(getpid(), SIGUSR1));
    CHECK_OK(sigprocmask(SIG_BLOCK, &usr2, NULL));
    CHECK_EQ(signalfd(fd, &usr2, 0), fd);
    CHECK_ERR(read(fd, info, sizeof info), EAGAIN);
    CHECK_OK(fcntl(fd, F_SETFL, 0));
    pid = CHECK_OK(fork());
    if (pid == 0) {
        usleep(30000);
        CHECK_OK(kill(getppid(), SIGUSR2));
        _exit(0);
    }
    CHECK_EQ(read(fd, info, sizeof info), sizeof info[0]);
    CHECK_EQ(info[0].ssi_signo, SIGUSR2);
    CHECK_EQ(info[0].ssi_pid, pid);
    CHECK_EXIT(pid, 0);

    /* What was not read is delivered once it is let through. */
    CHECK_EQ(handled, 0);
    CHECK_OK(sigprocmask(SIG_UNBLOCK, &mask, NULL));
    CHECK_EQ(handled, SIGUSR1);

    CHECK_ERR(syscall(SYS_signalfd4, -1, &mask, 4, 0), EINVAL);
    CHECK_ERR(syscall(SYS_signalfd4, -1, &mask, 8, 1), EINVAL);
    CHECK_ERR(syscall(SYS_signalfd4, -1, BAD, 8, 0), EFAULT);
    CHECK_ERR(syscall(SYS_signalfd4, 1, &mask, 8, 0), EINVAL);
    CHECK_ERR(syscall(SYS_signalfd4, 99, &mask, 8, 0), EBADF);
    return finish();
}

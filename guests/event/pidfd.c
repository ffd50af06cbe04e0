// syscalls: pidfd_open pidfd_send_signal pidfd_getfd
// Processes as descriptors: waiting for their end, signals to them, descriptors of one's own.
#include "../check.h"
#include <poll.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

int main(void)
{
    begin();
    int go[2];
    char byte;
    CHECK_OK(pipe(go));
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        CHECK_OK(close(go[1]));
        CHECK_EQ(read(go[0], &byte, 1), 0);
        _exit(7);
    }
    int fd = CHECK_OK(syscall(SYS_pidfd_open, pid, 0));
    CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    struct pollfd poller = {fd, POLLIN, 0};
    CHECK_EQ(poll(&poller, 1, 0), 0);
    CHECK_OK(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
    CHECK_OK(close(go[1]));
    CHECK_EQ(poll(&poller, 1, 10000), 1);
    CHECK_EQ(poller.revents, POLLIN);
    siginfo_t info;
    CHECK_OK(waitid(P_PIDFD, fd, &info, WEXITED));
    CHECK_EQ(info.si_pid, pid);
    CHECK_EQ(info.si_status, 7);
    CHECK_ERR(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0), ESRCH);
    CHECK_ERR(syscall(SYS_pidfd_getfd, fd, 0, 0), ESRCH);
    CHECK_OK(close(fd));

    pid = CHECK_OK(fork());
    if (pid == 0) {
        pause();
        _exit(0);
    }
    fd = CHECK_OK(syscall(SYS_pidfd_open, pid, O_NONBLOCK));
    CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
    CHECK_ERR(waitid(P_PIDFD, fd, &info, WEXITED), EAGAIN);
    CHECK_ERR(syscall(SYS_pidfd_send_signal, fd, 99, NULL, 0), EINVAL);
    CHECK_ERR(syscall(SYS_pidfd_send_signal, fd, SIGTERM, BAD, 0), EFAULT);
    CHECK_ERR(syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0xff00), EINVAL);
    CHECK_OK(syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0));
    CHECK_KILLED(pid, SIGTERM);
    CHECK_OK(close(fd));

    /* The caller's own numbers. */
    fd = CHECK_OK(syscall(SYS_pidfd_open, getpid(), 0));
    put_file("file", "content");
    int file = CHECK_OK(open("file", O_RDONLY)), high = CHECK_OK(fcntl(file, F_DUPFD, 300));
    int copy = CHECK_OK(syscall(SYS_pidfd_getfd, fd, high, 0));
    CHECK_EQ(fcntl(copy, F_GETFD), FD_CLOEXEC);
    CHECK_EQ(lseek(copy, 3, SEEK_SET), 3);
    CHECK_EQ(lseek(file, 0, SEEK_CUR), 3);
    CHECK_ERR(syscall(SYS_pidfd_getfd, fd, 299, 0), EBADF);
    CHECK_ERR(syscall(SYS_pidfd_getfd, fd, high, 1), EINVAL);
    CHECK_ERR(syscall(SYS_pidfd_getfd, file, high, 0), EBADF);
    CHECK_ERR(syscall(SYS_pidfd_getfd, 99, high, 0), EBADF);
    CHECK_ERR(syscall(SYS_pidfd_send_signal, file, 0, NULL, 0), EBADF);
    CHECK_ERR(syscall(SYS_pidfd_open, -1, 0), EINVAL);
    CHECK_ERR(syscall(SYS_pidfd_open, 0x3fffffff, 0), ESRCH);
    CHECK_ERR(syscall(SYS_pidfd_open, getpid(), 1), EINVAL);
    return finish();
}

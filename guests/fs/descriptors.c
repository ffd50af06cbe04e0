// syscalls: dup dup3 fcntl close close_range pipe2 ioctl
// The descriptor table: duplicates, flags, ranges, limits.
#include "../check.h"
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <linux/close_range.h>

static int is_open(int fd) { return fcntl(fd, F_GETFD) != -1; }

int main(void)
{
    begin();
    put_file("file", "0123456789");
    int fd = CHECK_OK(open("file", O_RDWR | O_CLOEXEC));
    int twin = CHECK_OK(dup(fd));
    CHECK_EQ(fcntl(twin, F_GETFD), 0);
    CHECK_EQ(lseek(fd, 4, SEEK_SET), 4);
    CHECK_EQ(lseek(twin, 0, SEEK_CUR), 4);
    CHECK_EQ(dup3(fd, 40, O_CLOEXEC), 40);
    CHECK_EQ(fcntl(40, F_GETFD), FD_CLOEXEC);
    CHECK_EQ(dup2(fd, 40), 40);
    CHECK_EQ(fcntl(40, F_GETFD), 0);
    CHECK_ERR(dup3(fd, fd, 0), EINVAL);
    CHECK_ERR(dup3(fd, 41, O_NONBLOCK), EINVAL);
    CHECK_ERR(dup3(99, 41, 0), EBADF);
    CHECK_ERR(dup3(fd, -1, 0), EBADF);
    CHECK_ERR(dup(99), EBADF);
    CHECK_EQ(dup2(fd, fd), fd);
    CHECK_ERR(dup2(99, 99), EBADF);
    CHECK_EQ(fcntl(fd, F_DUPFD, 50), 50);
    CHECK_EQ(fcntl(fd, F_DUPFD, 50), 51);
    CHECK_EQ(fcntl(fd, F_DUPFD_CLOEXEC, 50), 52);
    CHECK_EQ(fcntl(52, F_GETFD), FD_CLOEXEC);
    CHECK_ERR(fcntl(fd, F_DUPFD, -1), EINVAL);
    CHECK_ERR(fcntl(fd, F_DUPFD, 1 << 30), EINVAL);
    CHECK_OK(fcntl(51, F_SETFD, FD_CLOEXEC));
    CHECK_EQ(fcntl(51, F_GETFD), FD_CLOEXEC);
    CHECK_EQ(fcntl(50, F_GETFD), 0);
    CHECK_OK(fcntl(twin, F_SETFL, O_APPEND | O_NONBLOCK));
    CHECK_EQ(fcntl(fd, F_GETFL) & (O_APPEND | O_NONBLOCK | O_ACCMODE), O_APPEND | O_NONBLOCK | O_RDWR);
    CHECK_OK(fcntl(twin, F_SETFL, 0));
    CHECK_ERR(fcntl(fd, 9999, 0), EINVAL);
    CHECK_ERR(fcntl(99, F_GETFL), EBADF);

    CHECK_OK(syscall(SYS_close_range, 50, 51, 0));
    CHECK(!is_open(50) && !is_open(51) && is_open(52));
    CHECK_EQ(fcntl(fd, F_DUPFD, 60), 60);
    CHECK_OK(syscall(SYS_close_range, 60, ~0u, CLOSE_RANGE_CLOEXEC));
    CHECK_EQ(fcntl(60, F_GETFD), FD_CLOEXEC);
    CHECK_OK(syscall(SYS_close_range, 40, ~0u, CLOSE_RANGE_UNSHARE));
    CHECK(!is_open(40) && !is_open(52) && !is_open(60) && is_open(twin));
    CHECK_ERR(syscall(SYS_close_range, 5, 4, 0), EINVAL);
    CHECK_ERR(syscall(SYS_close_range, 40, 41, 0x10), EINVAL);

    int p[2];
    CHECK_OK(pipe2(p, O_CLOEXEC | O_NONBLOCK));
    CHECK_EQ(fcntl(p[0], F_GETFD), FD_CLOEXEC);
    CHECK_EQ(fcntl(p[1], F_GETFL), O_WRONLY | O_NONBLOCK);
    char byte;
    CHECK_ERR(read(p[0], &byte, 1), EAGAIN);
    CHECK_ERR(pipe2(p, 0x10), EINVAL);
    CHECK_ERR(syscall(SYS_pipe2, BAD, 0), EFAULT);
    int size = CHECK_OK(fcntl(p[0], F_GETPIPE_SZ));
    CHECK(size >= 4096);
    CHECK_EQ(fcntl(p[0], F_SETPIPE_SZ, 8192), 8192);
    char block[8192] = "";
    CHECK_EQ(write(p[1], block, sizeof block), 8192);
    CHECK_ERR(write(p[1], block, 1), EAGAIN);
    int queued;
    CHECK_OK(ioctl(p[0], FIONREAD, &queued));
    CHECK_EQ(queued, 8192);
    CHECK_OK(close(p[1]));
    CHECK_EQ(read(p[0], block, sizeof block), 8192);
    CHECK_EQ(read(p[0], block, sizeof block), 0);
    int off = 0, on = 1;
    CHECK_OK(ioctl(p[0], FIONBIO, &off));
    CHECK_EQ(fcntl(p[0], F_GETFL), O_RDONLY);
    CHECK_OK(ioctl(p[0], FIONBIO, &on));
    CHECK_OK(ioctl(p[0], FIONCLEX));
    CHECK_EQ(fcntl(p[0], F_GETFD), 0);
    CHECK_OK(ioctl(p[0], FIOCLEX));
    CHECK_EQ(fcntl(p[0], F_GETFD), FD_CLOEXEC);
    CHECK_ERR(ioctl(p[0], 0xdead), ENOTTY);
    CHECK_ERR(ioctl(fd, TIOCGWINSZ, block), ENOTTY);
    CHECK_ERR(ioctl(99, FIONREAD, &queued), EBADF);

    struct rlimit limit = {20, 20};
    CHECK_OK(setrlimit(RLIMIT_NOFILE, &limit));
    CHECK_ERR(dup3(fd, 20, 0), EBADF);
    CHECK_ERR(fcntl(fd, F_DUPFD, 20), EINVAL);
    while ((twin = dup(fd)) != -1)
        CHECK(twin < 20);
    CHECK_EQ(errno, EMFILE);
    CHECK_ERR(open("file", O_RDONLY), EMFILE);
    CHECK_OK(syscall(SYS_close_range, 5, ~0u, 0));
    return finish();
}

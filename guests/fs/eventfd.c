// syscalls: eventfd2
// Counters behind descriptors: adding, taking, waiting, and between processes.
#include "../check.h"
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>

int main(void)
{
    begin();
    uint64_t value = 0, one = 1, most = UINT64_MAX - 1;
    int fd = CHECK_OK(eventfd(3, EFD_NONBLOCK | EFD_CLOEXEC));
    CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    CHECK_EQ(fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    CHECK_EQ(read(fd, &value, sizeof value), 8);
    CHECK_EQ(value, 3);
    CHECK_ERR(read(fd, &value, sizeof value), EAGAIN);
    CHECK_ERR(read(fd, &value, 7), EINVAL);
    struct pollfd poller = {fd, POLLIN | POLLOUT, 0};
    CHECK_EQ(poll(&poller, 1, 0), 1);
    CHECK_EQ(poller.revents, POLLOUT);
    CHECK_EQ(write(fd, &most, sizeof most), 8);
    CHECK_EQ(poll(&poller, 1, 0), 1);
    CHECK_EQ(poller.revents, POLLIN);
    CHECK_ERR(write(fd, &one, sizeof one), EAGAIN);
    value = UINT64_MAX;
    CHECK_ERR(write(fd, &value, sizeof value), EINVAL);

    int semaphore = CHECK_OK(eventfd(2, EFD_SEMAPHORE));
    CHECK_EQ(fcntl(semaphore, F_GETFD), 0);
    CHECK_EQ(read(semaphore, &value, sizeof value), 8);
    CHECK_EQ(value, 1);
    CHECK_EQ(read(semaphore, &value, sizeof value), 8);
    CHECK_EQ(value, 1);
    pid_t child = CHECK_OK(fork());
    if (child == 0) {
        usleep(20000);
        _exit(write(semaphore, &one, sizeof one) != 8);
    }
    CHECK_EQ(read(semaphore, &value, sizeof value), 8);
    CHECK_EQ(value, 1);
    int status = -1;
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK_EQ(status, 0);
    CHECK_ERR(syscall(SYS_eventfd2, 0, 2), EINVAL);
    return finish();
}

// syscalls: timerfd_create timerfd_settime timerfd_gettime
// Timers behind descriptors: expiry counts, absolute times, waiting for them.
#include "../check.h"
#include <poll.h>
#include <sys/timerfd.h>
#include <time.h>

int main(void)
{
    begin();
    uint64_t count = 0;
    int fd = CHECK_OK(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
    CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    CHECK_EQ(fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    CHECK_ERR(read(fd, &count, 8), EAGAIN);
    CHECK_ERR(write(fd, &count, 8), EINVAL);
    struct itimerspec value = {{1, 2}, {1000, 500}}, old = {{9, 9}, {9, 9}};
    CHECK_OK(timerfd_settime(fd, 0, &value, &old));
    CHECK_EQ(old.it_interval.tv_sec + old.it_value.tv_sec + old.it_value.tv_nsec, 0);
    CHECK_OK(timerfd_gettime(fd, &old));
    CHECK_EQ(old.it_interval.tv_sec, 1);
    CHECK_EQ(old.it_interval.tv_nsec, 2);
    CHECK(old.it_value.tv_sec >= 990 && old.it_value.tv_sec <= 1000);

    /* Several expiries are counted and taken at once. */
    value = (struct itimerspec){{0, 5000000}, {0, 5000000}};
    CHECK_OK(timerfd_settime(fd, 0, &value, NULL));
    usleep(30000);
    struct pollfd poller = {fd, POLLIN, 0};
    CHECK_EQ(poll(&poller, 1, 5000), 1);
    CHECK_EQ(read(fd, &count, 8), 8);
    CHECK(count >= 5);
    CHECK_ERR(read(fd, &count, 7), EINVAL);
    value = (struct itimerspec){{0, 0}, {0, 0}};
    CHECK_OK(timerfd_settime(fd, 0, &value, &old));
    CHECK_EQ(old.it_interval.tv_nsec, 5000000);
    CHECK_ERR(read(fd, &count, 8), EAGAIN);

    /* A blocking read sleeps until an absolute time, on each clock. */
    int clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME};
    for (int i = 0; i < 3; i++) {
        struct timespec now;
        int timer = CHECK_OK(timerfd_create(clocks[i], 0));
        CHECK_OK(clock_gettime(clocks[i], &now));
        long nsec = now.tv_nsec + 20000000;
        struct timespec at = {now.tv_sec + nsec / 1000000000, nsec % 1000000000};
        value = (struct itimerspec){{0, 0}, at};
        CHECK_OK(timerfd_settime(timer, TFD_TIMER_ABSTIME, &value, NULL));
        CHECK_EQ(read(timer, &count, 8), 8);
        CHECK_EQ(count, 1);
        CHECK_OK(clock_gettime(clocks[i], &now));
        CHECK(now.tv_sec > at.tv_sec || (now.tv_sec == at.tv_sec && now.tv_nsec >= at.tv_nsec));
        CHECK_OK(close(timer));
    }
    value.it_value.tv_nsec = 1000000000;
    CHECK_ERR(timerfd_settime(fd, 0, &value, NULL), EINVAL);
    value.it_value.tv_nsec = 1;
    CHECK_ERR(timerfd_settime(fd, 64, &value, NULL), EINVAL);
    CHECK_ERR(timerfd_settime(1, 0, &value, NULL), EINVAL);
    CHECK_ERR(timerfd_settime(99, 0, &value, NULL), EBADF);
    CHECK_ERR(timerfd_gettime(99, &value), EBADF);
    CHECK_ERR(syscall(SYS_timerfd_settime, fd, 0, BAD, NULL), EFAULT);
    CHECK_ERR(syscall(SYS_timerfd_gettime, fd, BAD), EFAULT);
    CHECK_ERR(timerfd_create(99, 0), EINVAL);
    CHECK_ERR(timerfd_create(CLOCK_MONOTONIC, 1), EINVAL);
    return finish();
}

// syscalls: epoll_create1 epoll_ctl epoll_pwait epoll_pwait2
// Sets of descriptors: level and edge triggers, one shot, the life of entries, masks and times.
#include "../check.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>

static volatile int handled;
static void on_signal(int signal) { handled = signal; }

static long since(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - start->tv_sec) * 1000 + (now.tv_nsec - start->tv_nsec) / 1000000;
}

static void control(int set, int operation, int fd, uint32_t events, uint64_t data)
{
    struct epoll_event event = {.events = events, .data.u64 = data};
    CHECK_OK(epoll_ctl(set, operation, fd, &event));
}

static void readiness(void)
{
    int set = CHECK_OK(epoll_create1(EPOLL_CLOEXEC)), p[2];
    CHECK_EQ(fcntl(set, F_GETFD), FD_CLOEXEC);
    struct epoll_event found[8];
    CHECK_OK(pipe(p));
    control(set, EPOLL_CTL_ADD, p[0], EPOLLIN, 0x1122334455667788);
    control(set, EPOLL_CTL_ADD, p[1], EPOLLOUT, ~0ull);
    CHECK_EQ(epoll_wait(set, found, 8, -1), 1);
    CHECK_EQ(found[0].events, EPOLLOUT);
    CHECK_EQ(found[0].data.u64, ~0ull);
    CHECK_EQ(write(p[1], "x", 1), 1);
    CHECK_EQ(epoll_wait(set, found, 8, -1), 2);
    int in = found[0].data.u64 == ~0ull;
    CHECK_EQ(found[in].events, EPOLLIN);
    CHECK_EQ(found[in].data.u64, 0x1122334455667788);
    CHECK_EQ(found[!in].events, EPOLLOUT);
    CHECK_EQ(epoll_wait(set, found, 1, -1), 1);
    control(set, EPOLL_CTL_MOD, p[1], 0, 1);
    CHECK_EQ(epoll_wait(set, found, 8, 0), 1);
    /* Level: as long as there is something. Edge: once for each arrival. */
    CHECK_EQ(epoll_wait(set, found, 8, 0), 1);
    control(set, EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLET, 5);
    CHECK_EQ(epoll_wait(set, found, 8, 0), 1);
    CHECK_EQ(epoll_wait(set, found, 8, 0), 0);
    CHECK_EQ(write(p[1], "y", 1), 1);
    CHECK_EQ(epoll_wait(set, found, 8, 0), 1);
    CHECK_EQ(found[0].data.u64, 5);
    control(set, EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLONESHOT, 6);
    CHECK_EQ(epoll_wait(set, found, 8, 0), 1);
    CHECK_EQ(epoll_wait(set, found, 8, 0), 0);
    control(set, EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLONESHOT, 7);
    CHECK_EQ(epoll_wait(set, found, 8, 0), 1);
    CHECK_EQ(found[0].data.u64, 7);
    CHECK_OK(epoll_ctl(set, EPOLL_CTL_DEL, p[1], NULL));
    CHECK_OK(close(p[1]));
    control(set, EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLRDHUP, 8);
    CHECK_EQ(epoll_wait(set, found, 8, 0), 1);
    CHECK_EQ(found[0].events, EPOLLIN | EPOLLHUP);

    /* An entry goes with the last descriptor of its open file, not with the one that it names. */
    int copy = CHECK_OK(dup(p[0]));
    CHECK_OK(close(p[0]));
    CHECK_EQ(epoll_wait(set, found, 8, 0), 1);
    CHECK_EQ(found[0].data.u64, 8);
    CHECK_OK(close(copy));
    CHECK_EQ(epoll_wait(set, found, 8, 0), 0);
    CHECK_OK(close(set));
}

static void errors(void)
{
    int set = CHECK_OK(epoll_create1(0)), fd = CHECK_OK(eventfd(0, 0));
    CHECK_EQ(fcntl(set, F_GETFD), 0);
    struct epoll_event event = {.events = EPOLLIN}, found[2];
    CHECK_ERR(syscall(SYS_epoll_create1, 1), EINVAL);
    CHECK_ERR(epoll_ctl(set, EPOLL_CTL_MOD, fd, &event), ENOENT);
    CHECK_ERR(epoll_ctl(set, EPOLL_CTL_DEL, fd, NULL), ENOENT);
    CHECK_OK(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event));
    CHECK_ERR(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event), EEXIST);
    CHECK_ERR(epoll_ctl(set, 9, fd, &event), EINVAL);
    CHECK_ERR(epoll_ctl(set, EPOLL_CTL_ADD, set, &event), EINVAL);
    CHECK_ERR(epoll_ctl(fd, EPOLL_CTL_ADD, set, &event), EINVAL);
    CHECK_ERR(epoll_ctl(set, EPOLL_CTL_ADD, 99, &event), EBADF);
    CHECK_ERR(epoll_ctl(99, EPOLL_CTL_ADD, fd, &event), EBADF);
    CHECK_ERR(syscall(SYS_epoll_ctl, set, EPOLL_CTL_MOD, fd, BAD), EFAULT);
    put_file("file", "x");
    int file = CHECK_OK(open("file", O_RDONLY));
    CHECK_ERR(epoll_ctl(set, EPOLL_CTL_ADD, file, &event), EPERM);
    CHECK_ERR(epoll_wait(set, found, 0, 0), EINVAL);
    CHECK_ERR(epoll_wait(set, found, -1, 0), EINVAL);
    CHECK_ERR(syscall(SYS_epoll_pwait, set, found, INT_MAX, 0, NULL, 8), EINVAL);
    CHECK_ERR(epoll_wait(fd, found, 1, 0), EINVAL);
    CHECK_ERR(epoll_wait(99, found, 1, 0), EBADF);
    sigset_t empty;
    sigemptyset(&empty);
    CHECK_ERR(syscall(SYS_epoll_pwait, set, found, 1, 0, &empty, 4), EINVAL);
    CHECK_ERR(syscall(SYS_epoll_pwait, set, found, 1, 0, BAD, 8), EFAULT);
    struct timespec bad = {0, 1000000000};
    CHECK_ERR(syscall(SYS_epoll_pwait2, set, found, 1, &bad, NULL, 8), EINVAL);
    CHECK_EQ(eventfd_write(fd, 1), 0);
    CHECK_ERR(syscall(SYS_epoll_pwait, set, BAD, 1, -1, NULL, 8), EFAULT);

    /* Sets in sets, but not in circles. */
    int outer = CHECK_OK(epoll_create1(0));
    control(outer, EPOLL_CTL_ADD, set, EPOLLIN, 3);
    CHECK_EQ(epoll_wait(outer, found, 2, 0), 1);
    CHECK_EQ(found[0].data.u64, 3);
    CHECK_ERR(epoll_ctl(set, EPOLL_CTL_ADD, outer, &event), ELOOP);
    event.events = EPOLLIN | EPOLLEXCLUSIVE;
    CHECK_OK(epoll_ctl(set, EPOLL_CTL_DEL, fd, NULL));
    CHECK_OK(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event));
    CHECK_ERR(epoll_ctl(set, EPOLL_CTL_MOD, fd, &event), EINVAL);
    CHECK_EQ(epoll_wait(set, found, 2, 0), 1);
    CHECK_OK(close(outer));
    CHECK_OK(close(set));
}

static void waiting(void)
{
    int set = CHECK_OK(epoll_create1(0)), fd = CHECK_OK(eventfd(0, 0));
    struct epoll_event found[2];
    struct timespec start, limit = {0, 25000000};
    control(set, EPOLL_CTL_ADD, fd, EPOLLIN, 1);
    clock_gettime(CLOCK_MONOTONIC, &start);
    CHECK_EQ(epoll_wait(set, found, 2, 30), 0);
    CHECK(since(&start) >= 30);
    clock_gettime(CLOCK_MONOTONIC, &start);
    CHECK_EQ(syscall(SYS_epoll_pwait2, set, found, 2, &limit, NULL, 8), 0);
    CHECK(since(&start) >= 25);
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        usleep(20000);
        _exit(eventfd_write(fd, 1));
    }
    CHECK_EQ(syscall(SYS_epoll_pwait2, set, found, 2, NULL, NULL, 8), 1);
    CHECK_EXIT(pid, 0);
    eventfd_t value;
    CHECK_OK(eventfd_read(fd, &value));

    /* A blocked, pending signal is delivered within the wait, and the mask comes back; even with
     * SA_RESTART the wait ends. */
    sigset_t usr1, empty, mask;
    sigemptyset(&empty);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    signal(SIGUSR1, on_signal);
    CHECK_OK(sigprocmask(SIG_BLOCK, &usr1, NULL));
    for (int i = 0; i < 2; i++) {
        CHECK_OK(raise(SIGUSR1));
        CHECK_EQ(epoll_wait(set, found, 2, 0), 0);
        CHECK_EQ(handled, 0);
        if (i == 0)
            CHECK_ERR(epoll_pwait(set, found, 2, -1, &empty), EINTR);
        else
            CHECK_ERR(syscall(SYS_epoll_pwait2, set, found, 2, NULL, &empty, 8), EINTR);
        CHECK_EQ(handled, SIGUSR1);
        CHECK_OK(sigprocmask(SIG_BLOCK, NULL, &mask));
        CHECK(sigismember(&mask, SIGUSR1));
        handled = 0;
    }
    CHECK_EQ(epoll_pwait(set, found, 2, 0, &empty), 0);
    CHECK_OK(sigprocmask(SIG_BLOCK, NULL, &mask));
    CHECK(sigismember(&mask, SIGUSR1));
}

/* More entries than one wait brings: all of them are seen. */
static void many(void)
{
    enum { COUNT = 200 };
    int set = CHECK_OK(epoll_create1(0));
    char seen[COUNT] = {0};
    for (int i = 0; i < COUNT; i++)
        control(set, EPOLL_CTL_ADD, CHECK_OK(eventfd(1, 0)), EPOLLIN | EPOLLET, i);
    struct epoll_event found[64];
    for (int total = 0, count; total < COUNT; total += count) {
        count = CHECK_OK(epoll_wait(set, found, 64, 0));
        CHECK(count > 0);
        for (int i = 0; i < count; i++)
            CHECK_EQ(seen[found[i].data.u64]++, 0);
    }
    CHECK_EQ(epoll_wait(set, found, 64, 0), 0);
}

/* One wait brings all that are ready if there is room. */
static void all_at_once(void)
{
    enum { COUNT = 3000 };
    struct rlimit limit;
    CHECK_OK(getrlimit(RLIMIT_NOFILE, &limit));
    if (limit.rlim_max < COUNT + 100)
        return;
    limit.rlim_cur = limit.rlim_cur < COUNT + 100 ? COUNT + 100 : limit.rlim_cur;
    CHECK_OK(setrlimit(RLIMIT_NOFILE, &limit));
    int set = CHECK_OK(epoll_create1(0)), ready = CHECK_OK(eventfd(1, 0));
    for (int i = 0; i < COUNT; i++)
        control(set, EPOLL_CTL_ADD, CHECK_OK(dup(ready)), EPOLLIN, i);
    static struct epoll_event found[COUNT + 1];
    CHECK_EQ(epoll_wait(set, found, COUNT + 1, 0), COUNT);
}

int main(void)
{
    begin();
    readiness();
    errors();
    waiting();
    many();
    all_at_once();
    return finish();
}

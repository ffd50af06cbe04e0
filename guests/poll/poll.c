// syscalls: ppoll pselect6
// Readiness of pipes and files, time-outs, masks for the time of the wait.
#include "../check.h"
#include <poll.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/time.h>
#include <time.h>

static volatile int handled;
static void on_signal(int signal) { handled = signal; }

int main(void)
{
    begin();
    int p[2], q[2];
    CHECK_OK(pipe(p));
    CHECK_OK(pipe(q));
    put_file("file", "x");
    int file = CHECK_OK(open("file", O_RDWR));
    struct pollfd fds[4] = {{p[0], POLLIN, 0}, {p[1], POLLOUT, 0}, {file, POLLIN | POLLOUT, 0}, {-1, POLLIN, 7}};
    CHECK_EQ(poll(fds, 4, 0), 2);
    CHECK_EQ(fds[0].revents, 0);
    CHECK_EQ(fds[1].revents, POLLOUT);
    CHECK_EQ(fds[2].revents, POLLIN | POLLOUT);
    CHECK_EQ(fds[3].revents, 0);
    CHECK_EQ(write(p[1], "x", 1), 1);
    CHECK_EQ(poll(fds, 1, -1), 1);
    CHECK_EQ(fds[0].revents, POLLIN);
    fds[3].fd = 99;
    CHECK_EQ(poll(fds + 3, 1, -1), 1);
    CHECK_EQ(fds[3].revents, POLLNVAL);
    CHECK_OK(close(p[1]));
    CHECK_EQ(poll(fds, 1, -1), 1);
    CHECK_EQ(fds[0].revents, POLLIN | POLLHUP);
    CHECK_OK(close(q[0]));
    fds[1] = (struct pollfd){q[1], 0, 0};
    CHECK_EQ(poll(fds + 1, 1, -1), 1);
    CHECK_EQ(fds[1].revents, POLLERR);

    CHECK_OK(pipe(p));
    fds[0] = (struct pollfd){p[0], POLLIN, 0};
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    CHECK_EQ(poll(fds, 1, 30), 0);
    clock_gettime(CLOCK_MONOTONIC, &end);
    CHECK((end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000 >= 30);
    CHECK_ERR(syscall(SYS_ppoll, BAD, 1, NULL, NULL, 8), EFAULT);
    struct timespec bad = {0, 1000000000};
    CHECK_ERR(syscall(SYS_ppoll, fds, 1, &bad, NULL, 8), EINVAL);
    sigset_t empty, usr1;
    sigemptyset(&empty);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    CHECK_ERR(syscall(SYS_ppoll, fds, 1, NULL, &empty, 7), EINVAL);
    struct rlimit limit = {64, 64};
    CHECK_OK(setrlimit(RLIMIT_NOFILE, &limit));
    static struct pollfd many[100];
    CHECK_ERR(poll(many, 100, 0), EINVAL);

    /* A blocked, pending signal is delivered within the wait, and the mask comes back. */
    signal(SIGUSR1, on_signal);
    CHECK_OK(sigprocmask(SIG_BLOCK, &usr1, NULL));
    CHECK_OK(raise(SIGUSR1));
    CHECK_EQ(handled, 0);
    CHECK_ERR(ppoll(fds, 1, NULL, &empty), EINTR);
    CHECK_EQ(handled, SIGUSR1);
    sigset_t mask;
    CHECK_OK(sigprocmask(SIG_BLOCK, NULL, &mask));
    CHECK(sigismember(&mask, SIGUSR1));

    fd_set in, out, except;
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_ZERO(&except);
    FD_SET(p[0], &in), FD_SET(p[1], &out), FD_SET(p[0], &except);
    CHECK_EQ(select(64, &in, &out, &except, NULL), 1);
    CHECK(!FD_ISSET(p[0], &in) && FD_ISSET(p[1], &out) && !FD_ISSET(p[0], &except));
    CHECK_EQ(write(p[1], "x", 1), 1);
    FD_SET(p[0], &in);
    CHECK_EQ(select(64, &in, &out, NULL, &(struct timeval){5, 0}), 2);
    char byte;
    CHECK_EQ(read(p[0], &byte, 1), 1);
    struct timespec left = {0, 20000000};
    CHECK_EQ(syscall(SYS_pselect6, 64, &in, NULL, NULL, &left, NULL), 0);
    CHECK_EQ(left.tv_nsec, 0);
    CHECK(!FD_ISSET(p[0], &in));
    FD_SET(60, &in);
    CHECK_ERR(select(64, &in, NULL, NULL, NULL), EBADF);
    CHECK_ERR(select(-1, NULL, NULL, NULL, NULL), EINVAL);
    FD_ZERO(&in);
    FD_SET(p[0], &in);
    CHECK_OK(raise(SIGUSR1));
    handled = 0;
    CHECK_ERR(pselect(64, &in, NULL, NULL, NULL, &empty), EINTR);
    CHECK_EQ(handled, SIGUSR1);

    /* A signal leaves in the timeout what is not over, for who waits again. */
    signal(SIGALRM, on_signal);
    for (int i = 0; i < 2; i++) {
        CHECK_OK(setitimer(ITIMER_REAL, &(struct itimerval){.it_value = {0, 20000}}, NULL));
        left = (struct timespec){60, 0};
        if (i == 0)
            CHECK_ERR(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &left, NULL), EINTR);
        else
            CHECK_ERR(syscall(SYS_ppoll, NULL, 0, &left, NULL, 0), EINTR);
        CHECK(left.tv_sec < 60 && left.tv_sec > 0);
    }

    /* A writer in another process wakes the waiter. */
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        usleep(20000);
        CHECK_EQ(write(p[1], "y", 1), 1);
        _exit(0);
    }
    CHECK_EQ(poll(fds, 1, 10000), 1);
    CHECK_EXIT(pid, 0);
    return finish();
}

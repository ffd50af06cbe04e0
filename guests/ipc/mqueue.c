// syscalls: mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr
// POSIX message queues: priorities, limits, times, being notified.
#include "../check.h"
#include <linux/netlink.h>
#include <mqueue.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

static volatile int handled, value, code;
static void on_signal(int signal, siginfo_t *info, void *context)
{
    (void)context;
    handled = signal, value = info->si_value.sival_int, code = info->si_code;
}

static struct timespec in_milliseconds(long count)
{
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_nsec += count * 1000000;
    at.tv_sec += at.tv_nsec / 1000000000;
    at.tv_nsec %= 1000000000;
    return at;
}

int main(void)
{
    begin();
    char name[64], text[64] = "";
    snprintf(name, sizeof name, "/elfuse-test-%d", getpid());
    struct mq_attr attr = {.mq_maxmsg = 2, .mq_msgsize = 32};
    mqd_t queue = CHECK_OK(mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr));
    CHECK_EQ(fcntl(queue, F_GETFD), FD_CLOEXEC);
    CHECK_ERR(mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr), EEXIST);
    struct pollfd poller = {queue, POLLIN | POLLOUT, 0};
    CHECK_EQ(poll(&poller, 1, 0), 1);
    CHECK_EQ(poller.revents, POLLOUT);
    CHECK_OK(mq_send(queue, "low", 3, 1));
    CHECK_OK(mq_send(queue, "high", 4, 7));
    CHECK_OK(mq_getattr(queue, &attr));
    CHECK_EQ(attr.mq_curmsgs, 2);
    CHECK_EQ(attr.mq_msgsize, 32);
    CHECK_EQ(attr.mq_flags, 0);
    struct timespec at = in_milliseconds(20), bad = {0, 1000000000};
    CHECK_ERR(mq_timedsend(queue, "x", 1, 0, &at), ETIMEDOUT);
    CHECK_ERR(mq_timedsend(queue, "x", 1, 0, &bad), EINVAL);
    unsigned priority = 0;
    CHECK_EQ(mq_receive(queue, text, sizeof text, &priority), 4);
    CHECK_EQ(priority, 7);
    CHECK_STR(text, "high");
    CHECK_EQ(mq_receive(queue, text, sizeof text, NULL), 3);
    CHECK_ERR(mq_receive(queue, text, 31, NULL), EMSGSIZE);
    CHECK_ERR(mq_send(queue, text, 33, 0), EMSGSIZE);
    CHECK_ERR(mq_send(queue, text, 1, 32768), EINVAL);
    at = in_milliseconds(20);
    CHECK_ERR(mq_timedreceive(queue, text, sizeof text, NULL, &at), ETIMEDOUT);
    attr.mq_flags = O_NONBLOCK;
    CHECK_OK(mq_setattr(queue, &attr, NULL));
    CHECK_ERR(mq_receive(queue, text, sizeof text, NULL), EAGAIN);
    CHECK_OK(mq_getattr(queue, &attr));
    CHECK_EQ(attr.mq_flags, O_NONBLOCK);
    attr.mq_flags = 0;
    CHECK_OK(mq_setattr(queue, &attr, NULL));

    /* A receiver in another process. */
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        usleep(20000);
        mqd_t mine = CHECK_OK(mq_open(name, O_WRONLY));
        _exit(mq_send(mine, "child", 5, 0));
    }
    CHECK_EQ(mq_receive(queue, text, sizeof text, NULL), 5);
    CHECK_EXIT(pid, 0);

    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
    CHECK_OK(sigaction(SIGUSR1, &action, NULL));
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 42};
    CHECK_OK(mq_notify(queue, &event));
    CHECK_ERR(mq_notify(queue, &event), EBUSY);
    CHECK_OK(mq_send(queue, "x", 1, 0));
    CHECK_EQ(handled, SIGUSR1);
    CHECK_EQ(value, 42);
    CHECK_EQ(code, SI_MESGQ);
    CHECK_EQ(mq_receive(queue, text, sizeof text, NULL), 1);
    event.sigev_notify = SIGEV_NONE;
    CHECK_OK(mq_notify(queue, &event));
    CHECK_OK(mq_notify(queue, NULL));

    /* As C libraries make SIGEV_THREAD: 32 bytes come over a netlink socket. */
    char cookie[32] = "elfuse's cookie";
    int socket_fd = CHECK_OK(socket(AF_NETLINK, SOCK_RAW, 0)), high = CHECK_OK(fcntl(socket_fd, F_DUPFD, 200));
    event = (struct sigevent){.sigev_notify = SIGEV_THREAD, .sigev_signo = high, .sigev_value.sival_ptr = cookie};
    CHECK_OK(syscall(SYS_mq_notify, queue, &event));
    CHECK_OK(mq_send(queue, "x", 1, 0));
    CHECK_EQ(recv(socket_fd, text, sizeof text, 0), 32);
    CHECK_EQ(memcmp(text, cookie, 31), 0);
    CHECK_EQ(text[31], 1);
    event.sigev_signo = queue;
    CHECK_ERR(syscall(SYS_mq_notify, queue, &event), ENOTSOCK);
    event.sigev_signo = 199;
    CHECK_ERR(syscall(SYS_mq_notify, queue, &event), EBADF);
    event.sigev_value.sival_ptr = BAD;
    CHECK_ERR(syscall(SYS_mq_notify, queue, &event), EFAULT);

    CHECK_ERR(syscall(SYS_mq_timedsend, queue, BAD, 1, 0, NULL), EFAULT);
    CHECK_ERR(syscall(SYS_mq_timedreceive, 99, text, 64, NULL, NULL), EBADF);
    CHECK_ERR(syscall(SYS_mq_getsetattr, queue, BAD, NULL), EFAULT);
    CHECK_ERR(mq_send(1, "x", 1, 0), EBADF);
    CHECK_OK(mq_unlink(name));
    CHECK_ERR(mq_unlink(name), ENOENT);
    CHECK_ERR(mq_open(name, O_RDONLY), ENOENT);
    CHECK_OK(close(queue));
    return finish();
}

// syscalls: accept accept4 connect recvfrom recvmsg sendto sendmsg recvmmsg
// Signals during calls on sockets: SA_RESTART restarts them, but not those with a time-out.
#include "../check.h"
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>

static volatile int count;
static void handler(int signal) { count += signal > 0; }

static void catch(int flags)
{
    struct sigaction a = {.sa_handler = handler, .sa_flags = flags};
    CHECK_OK(sigaction(SIGALRM, &a, NULL));
    struct itimerval timer = {{0, 0}, {0, 20000}};
    CHECK_OK(setitimer(ITIMER_REAL, &timer, NULL));
    count = 0;
}

static int pair[2], listener;
static struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
static char text[16], block[4096];
static struct iovec iov = {text, sizeof text};
static struct mmsghdr message = {.msg_hdr = {.msg_iov = &iov, .msg_iovlen = 1}};

static long receivers(int which)
{
    switch (which) {
    case 0: return recv(pair[0], text, sizeof text, 0);
    case 1: return recvmsg(pair[0], &message.msg_hdr, 0);
    case 2: return read(pair[0], text, sizeof text);
    case 3: return recvmmsg(pair[0], &message, 1, 0, NULL);
    case 4: return readv(pair[0], &iov, 1);
    case 5: return accept(listener, NULL, NULL);
    default: return accept4(listener, NULL, NULL, 0);
    }
}

static long senders(int which)
{
    struct iovec out = {block, sizeof block};
    struct msghdr header = {.msg_iov = &out, .msg_iovlen = 1};
    switch (which) {
    case 0: return send(pair[0], block, sizeof block, 0);
    case 1: return sendmsg(pair[0], &header, 0);
    case 2: return write(pair[0], block, sizeof block);
    default: return writev(pair[0], &out, 1);
    }
}

/* A child that lets the receivers go on after a while. */
static pid_t later(int which)
{
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        usleep(80000);
        if (which < 5) {
            CHECK_EQ(write(pair[1], "x", 1), 1);
        } else {
            int fd = CHECK_OK(socket(AF_UNIX, SOCK_STREAM, 0));
            CHECK_OK(connect(fd, (struct sockaddr *)&address, sizeof address));
        }
        _exit(0);
    }
    return pid;
}

static void time_out(int option, long microseconds)
{
    struct timeval limit = {0, microseconds};
    CHECK_OK(setsockopt(pair[0], SOL_SOCKET, option, &limit, sizeof limit));
    CHECK_OK(setsockopt(listener, SOL_SOCKET, option, &limit, sizeof limit));
}

int main(void)
{
    begin();
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    listener = CHECK_OK(socket(AF_UNIX, SOCK_STREAM, 0));
    CHECK_OK(bind(listener, (struct sockaddr *)&address, sizeof address));
    CHECK_OK(listen(listener, 0));
    for (int i = 0; i < 7; i++) {
        catch(0);
        CHECK_ERR(receivers(i), EINTR);
        CHECK_EQ(count, 1);
        pid_t pid = later(i);
        catch(SA_RESTART);
        long result = CHECK_OK(receivers(i));
        CHECK(result == 1 || i >= 5);
        CHECK_EQ(count, 1);
        CHECK_EXIT(pid, 0);
        if (i >= 5)
            CHECK_OK(close(result));
        time_out(SO_RCVTIMEO, 900000);
        catch(SA_RESTART);
        CHECK_ERR(receivers(i), EINTR);
        CHECK_EQ(count, 1);
        time_out(SO_RCVTIMEO, 10000);
        CHECK_ERR(receivers(i), EAGAIN);
        time_out(SO_RCVTIMEO, 0);
    }

    while (send(pair[0], block, sizeof block, MSG_DONTWAIT) > 0) {}
    CHECK_EQ(errno, EAGAIN);
    for (int i = 0; i < 4; i++) {
        catch(0);
        CHECK_ERR(senders(i), EINTR);
        time_out(SO_SNDTIMEO, 900000);
        catch(SA_RESTART);
        CHECK_ERR(senders(i), EINTR);
        CHECK_EQ(count, 1);
        time_out(SO_SNDTIMEO, 10000);
        CHECK_ERR(senders(i), EAGAIN);
        time_out(SO_SNDTIMEO, 0);
        pid_t pid = CHECK_OK(fork());
        if (pid == 0) {
            usleep(80000);
            /* A writer is woken when most of what it wrote is gone. */
            while (recv(pair[1], block, sizeof block, MSG_DONTWAIT) > 0) {}
            _exit(0);
        }
        catch(SA_RESTART);
        CHECK_EQ(senders(i), sizeof block);
        CHECK_EQ(count, 1);
        CHECK_EXIT(pid, 0);
        while (send(pair[0], block, sizeof block, MSG_DONTWAIT) > 0) {}
    }

    /* The queue of the listener is full: connect waits for room. */
    int fd = CHECK_OK(socket(AF_UNIX, SOCK_STREAM, 0));
    CHECK_OK(connect(fd, (struct sockaddr *)&address, sizeof address));
    fd = CHECK_OK(socket(AF_UNIX, SOCK_STREAM, 0));
    catch(0);
    CHECK_ERR(connect(fd, (struct sockaddr *)&address, sizeof address), EINTR);
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        usleep(80000);
        CHECK_OK(accept(listener, NULL, NULL));
        _exit(0);
    }
    catch(SA_RESTART);
    CHECK_OK(connect(fd, (struct sockaddr *)&address, sizeof address));
    CHECK_EQ(count, 1);
    CHECK_EXIT(pid, 0);
    return finish();
}

// syscalls: sendto recvfrom sendmsg recvmsg
// Vectors, addresses and control messages: descriptors and credentials between processes.
#include "../check.h"
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

static int pair[2];

/* Sends `data` with these descriptors. */
static ssize_t send_fds(int to, const char *data, const int *fds, int count)
{
    char control[CMSG_SPACE(sizeof(int) * 8)] = "";
    struct iovec iov = {(void *)data, strlen(data)};
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control};
    message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_RIGHTS, c->cmsg_len = CMSG_LEN(sizeof(int) * count);
    memcpy(CMSG_DATA(c), fds, sizeof(int) * count);
    return sendmsg(to, &message, 0);
}

static char control[512], text[64];
static struct msghdr got;
static struct iovec got_iov;

static ssize_t receive(int from, size_t room, int flags)
{
    memset(control, 0, sizeof control);
    memset(text, 0, sizeof text);
    got_iov = (struct iovec){text, sizeof text};
    got = (struct msghdr){.msg_iov = &got_iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = room};
    return recvmsg(from, &got, flags);
}

/* The descriptors that `receive` got. */
static int fds_of(int *fds)
{
    struct cmsghdr *c = CMSG_FIRSTHDR(&got);
    if (!c)
        return 0;
    CHECK_EQ(c->cmsg_level, SOL_SOCKET);
    CHECK_EQ(c->cmsg_type, SCM_RIGHTS);
    int count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    memcpy(fds, CMSG_DATA(c), count * sizeof(int));
    return count;
}

static void rights(void)
{
    int fds[8], p[2], q[2], high;
    CHECK_OK(pipe(p));
    CHECK_OK(pipe(q));
    /* Numbers here and on the host are not the same. */
    high = CHECK_OK(fcntl(p[1], F_DUPFD, 500));
    CHECK_EQ(send_fds(pair[0], "fd", (int[]){high, q[0]}, 2), 2);
    CHECK_OK(close(high));
    int next = CHECK_OK(dup(0));
    CHECK_OK(close(next));
    CHECK_EQ(receive(pair[1], sizeof control, 0), 2);
    CHECK_STR(text, "fd");
    CHECK_EQ(got.msg_flags, 0);
    CHECK_EQ(got.msg_controllen, CMSG_SPACE(8));
    CHECK_EQ(fds_of(fds), 2);
    CHECK_EQ(fds[0], next);
    CHECK(fds[1] > next);
    CHECK_EQ(fcntl(fds[0], F_GETFD), 0);
    CHECK_EQ(write(fds[0], "through", 7), 7);
    CHECK_EQ(read(p[0], text, 64), 7);
    CHECK_EQ(write(q[1], "q", 1), 1);
    CHECK_EQ(read(fds[1], text, 64), 1);
    CHECK_OK(close(fds[0]));
    CHECK_OK(close(fds[1]));

    CHECK_EQ(send_fds(pair[0], "x", &p[1], 1), 1);
    CHECK_EQ(receive(pair[1], sizeof control, MSG_CMSG_CLOEXEC), 1);
    CHECK_EQ(got.msg_flags, MSG_CMSG_CLOEXEC);
    CHECK_EQ(fds_of(fds), 1);
    CHECK_EQ(fcntl(fds[0], F_GETFD), FD_CLOEXEC);
    CHECK_OK(close(fds[0]));

    /* Too little room: what fits is opened, the rest closed. */
    CHECK_EQ(send_fds(pair[0], "x", (int[]){p[0], p[1], q[0]}, 3), 1);
    CHECK_EQ(receive(pair[1], CMSG_LEN(8), 0), 1);
    CHECK_EQ(got.msg_flags, MSG_CTRUNC);
    CHECK_EQ(fds_of(fds), 2);
    CHECK_EQ(fds[0], next);
    CHECK_OK(close(fds[0]));
    CHECK_OK(close(fds[1]));
    CHECK_EQ(send_fds(pair[0], "x", &p[0], 1), 1);
    CHECK_EQ(receive(pair[1], 0, 0), 1);
    CHECK_EQ(got.msg_flags, MSG_CTRUNC);
    CHECK_EQ(got.msg_controllen, 0);

    /* No free number left for the second one. */
    struct rlimit old, few;
    CHECK_OK(getrlimit(RLIMIT_NOFILE, &old));
    few = (struct rlimit){next + 1, old.rlim_max};
    CHECK_EQ(send_fds(pair[0], "x", (int[]){p[0], q[0]}, 2), 1);
    CHECK_OK(setrlimit(RLIMIT_NOFILE, &few));
    CHECK_EQ(receive(pair[1], sizeof control, 0), 1);
    CHECK_OK(setrlimit(RLIMIT_NOFILE, &old));
    CHECK_EQ(got.msg_flags, MSG_CTRUNC);
    CHECK_EQ(fds_of(fds), 1);
    CHECK_EQ(fds[0], next);
    CHECK_OK(close(fds[0]));

    /* To another process, which sees the same open file. */
    put_file("file", "0123456789");
    int file = CHECK_OK(open("file", O_RDONLY));
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        CHECK_OK(close(file));
        CHECK_EQ(receive(pair[1], sizeof control, 0), 1);
        CHECK_EQ(fds_of(fds), 1);
        CHECK_EQ(read(fds[0], text, 4), 4);
        _exit(0);
    }
    CHECK_EQ(send_fds(pair[0], "x", &file, 1), 1);
    CHECK_EXIT(pid, 0);
    CHECK_EQ(lseek(file, 0, SEEK_CUR), 4);
    CHECK_ERR(send_fds(pair[0], "x", (int[]){p[0], 999}, 2), EBADF);
}

static void credentials(void)
{
    int on = 1;
    CHECK_OK(setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on));
    CHECK_EQ(write(pair[0], "x", 1), 1);
    CHECK_EQ(receive(pair[1], sizeof control, 0), 1);
    struct cmsghdr *c = CMSG_FIRSTHDR(&got);
    CHECK(c && c->cmsg_type == SCM_CREDENTIALS);
    struct ucred who;
    memcpy(&who, CMSG_DATA(c), sizeof who);
    CHECK_EQ(who.pid, getpid());
    CHECK_EQ(who.uid, getuid());
    CHECK_EQ(who.gid, getgid());

    /* Said by the sender, together with a descriptor; a lie is refused. */
    char out[CMSG_SPACE(sizeof who) + CMSG_SPACE(sizeof(int))] = "";
    struct iovec iov = {"y", 1};
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = out, .msg_controllen = sizeof out};
    c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_CREDENTIALS, c->cmsg_len = CMSG_LEN(sizeof who);
    memcpy(CMSG_DATA(c), &who, sizeof who);
    struct cmsghdr *d = CMSG_NXTHDR(&message, c);
    d->cmsg_level = SOL_SOCKET, d->cmsg_type = SCM_RIGHTS, d->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(d), &pair[0], sizeof(int));
    CHECK_EQ(sendmsg(pair[0], &message, 0), 1);
    CHECK_EQ(receive(pair[1], sizeof control, 0), 1);
    c = CMSG_FIRSTHDR(&got);
    CHECK_EQ(c->cmsg_type, SCM_CREDENTIALS);
    d = CMSG_NXTHDR(&got, c);
    CHECK(d && d->cmsg_type == SCM_RIGHTS);
    int fd;
    memcpy(&fd, CMSG_DATA(d), sizeof fd);
    CHECK_OK(close(fd));
    c = CMSG_FIRSTHDR(&message);
    c->cmsg_len = 5;
    CHECK_ERR(sendmsg(pair[0], &message, 0), EINVAL);
    c->cmsg_len = sizeof out + 1;
    CHECK_ERR(sendmsg(pair[0], &message, 0), EINVAL);
    if (!IS_ROOT) {
        c->cmsg_len = CMSG_LEN(sizeof who);
        who.uid++;
        memcpy(CMSG_DATA(c), &who, sizeof who);
        CHECK_ERR(sendmsg(pair[0], &message, 0), EPERM);
    }
    on = 0;
    CHECK_OK(setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on));
}

static void vectors(void)
{
    char a[3], b[64];
    struct iovec out[3] = {{"ab", 2}, {NULL, 0}, {"cdef", 4}}, in[2] = {{a, 3}, {b, sizeof b}};
    struct msghdr message = {.msg_iov = out, .msg_iovlen = 3};
    CHECK_EQ(sendmsg(pair[0], &message, 0), 6);
    message = (struct msghdr){.msg_iov = in, .msg_iovlen = 2, .msg_flags = 99, .msg_controllen = 77};
    CHECK_EQ(recvmsg(pair[1], &message, 0), 6);
    CHECK_EQ(memcmp(a, "abc", 3), 0);
    CHECK_EQ(memcmp(b, "def", 3), 0);
    CHECK_EQ(message.msg_flags, 0);
    CHECK_EQ(message.msg_controllen, 0);
    message.msg_iovlen = 1025;
    CHECK_ERR(sendmsg(pair[0], &message, 0), EMSGSIZE);
    CHECK_ERR(recvmsg(pair[1], &message, 0), EMSGSIZE);
    message.msg_iovlen = 0;
    message.msg_namelen = -1;
    message.msg_name = a;
    CHECK_ERR(sendmsg(pair[0], &message, 0), EINVAL);
    CHECK_ERR(syscall(SYS_sendmsg, pair[0], BAD, 0), EFAULT);
    CHECK_ERR(syscall(SYS_recvmsg, pair[1], BAD, MSG_DONTWAIT), EFAULT);
    CHECK_ERR(syscall(SYS_sendto, pair[0], BAD, 5, 0, NULL, 0), EFAULT);
    CHECK_EQ(write(pair[0], "left", 4), 4);
    CHECK_ERR(syscall(SYS_recvfrom, pair[1], BAD, 5, 0, NULL, NULL), EFAULT);
    CHECK_EQ(recv(pair[1], b, 64, 0), 4);

    /* A record that does not fit says so. */
    int packets[2];
    CHECK_OK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, packets));
    CHECK_EQ(write(packets[0], "0123456789", 10), 10);
    in[1].iov_len = 2;
    message = (struct msghdr){.msg_iov = in, .msg_iovlen = 2};
    CHECK_EQ(recvmsg(packets[1], &message, 0), 5);
    CHECK_EQ(message.msg_flags, MSG_TRUNC);
    struct sockaddr_un name = {.sun_family = 77};
    message.msg_name = &name;
    message.msg_namelen = sizeof name;
    CHECK_EQ(write(packets[0], "x", 1), 1);
    CHECK_EQ(recvmsg(packets[1], &message, 0), 1);
    CHECK_EQ(message.msg_namelen, 0);
}

int main(void)
{
    begin();
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    rights();
    credentials();
    vectors();
    return finish();
}

// syscalls: socket socketpair bind listen accept accept4 connect getsockname getpeername shutdown
// Sockets of one machine: names, connections, records, what is left after a close.
#include "../check.h"
#include <poll.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

static struct sockaddr_un address;

/* Makes `address` this path, or abstract name if it begins with a NUL. */
static socklen_t name(const char *path, size_t length)
{
    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path, path, length);
    return offsetof(struct sockaddr_un, sun_path) + length;
}

static struct sockaddr *any(struct sockaddr_un *name) { return (struct sockaddr *)name; }

static void stream(const char *path, size_t length)
{
    socklen_t size = name(path, length);
    int server = CHECK_OK(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    CHECK_EQ(fcntl(server, F_GETFD), FD_CLOEXEC);
    CHECK_OK(bind(server, any(&address), size));
    int client = CHECK_OK(socket(AF_UNIX, SOCK_STREAM, 0));
    CHECK_EQ(fcntl(client, F_GETFD), 0);
    CHECK_ERR(connect(client, any(&address), size), ECONNREFUSED);
    CHECK_ERR(bind(client, any(&address), size), EADDRINUSE);
    CHECK_ERR(accept(server, NULL, NULL), EINVAL);
    CHECK_OK(listen(server, 5));
    CHECK_OK(connect(client, any(&address), size));

    struct sockaddr_un got;
    socklen_t got_size = sizeof got;
    int conn = CHECK_OK(accept4(server, any(&got), &got_size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    CHECK_EQ(got_size, 2);
    CHECK_EQ(got.sun_family, AF_UNIX);
    CHECK_EQ(fcntl(conn, F_GETFD), FD_CLOEXEC);
    CHECK(fcntl(conn, F_GETFL) & O_NONBLOCK);
    char byte;
    CHECK_ERR(read(conn, &byte, 1), EAGAIN);
    CHECK_EQ(write(client, "hello", 5), 5);
    int count = 0;
    CHECK_OK(ioctl(conn, FIONREAD, &count));
    CHECK_EQ(count, 5);
    char text[16] = "";
    CHECK_EQ(read(conn, text, 16), 5);
    CHECK_STR(text, "hello");

    got_size = sizeof got;
    memset(&got, 0xff, sizeof got);
    CHECK_OK(getpeername(client, any(&got), &got_size));
    /* Linux counts the NUL that it adds to a path. */
    CHECK_EQ(got_size, path[0] ? 2 + strlen(path) + 1 : size);
    CHECK_EQ(memcmp(&got, &address, got_size), 0);
    got_size = 4;
    memset(&got, 0xff, sizeof got);
    CHECK_OK(getsockname(server, any(&got), &got_size));
    CHECK_EQ(got_size, path[0] ? 2 + strlen(path) + 1 : size);
    CHECK_EQ(memcmp(&got, &address, 4), 0);
    CHECK_EQ(got.sun_path[2], (char)0xff);
    got_size = -1;
    CHECK_ERR(getsockname(server, any(&got), &got_size), EINVAL);

    /* Half a close, then a whole one. */
    CHECK_OK(shutdown(client, SHUT_WR));
    CHECK_EQ(read(conn, text, 16), 0);
    CHECK_EQ(write(conn, "x", 1), 1);
    CHECK_EQ(read(client, text, 16), 1);
    CHECK_ERR(shutdown(client, 7), EINVAL);
    CHECK_OK(close(conn));
    struct pollfd poller = {client, POLLIN | POLLRDHUP, 0};
    CHECK_EQ(poll(&poller, 1, 5000), 1);
    CHECK_EQ(poller.revents, POLLIN | POLLHUP | POLLRDHUP);
    CHECK_OK(close(client));

    /* Without flags, and between processes. */
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        int mine = CHECK_OK(socket(AF_UNIX, SOCK_STREAM, 0));
        CHECK_OK(connect(mine, any(&address), size));
        CHECK_EQ(write(mine, "child", 6), 6);
        CHECK_EQ(read(mine, &byte, 1), 0);
        _exit(0);
    }
    conn = CHECK_OK(accept(server, NULL, NULL));
    CHECK_EQ(fcntl(conn, F_GETFD), 0);
    CHECK_EQ(recv(conn, text, 16, 0), 6);
    CHECK_STR(text, "child");
    struct ucred credentials;
    socklen_t option = sizeof credentials;
    CHECK_OK(getsockopt(conn, SOL_SOCKET, SO_PEERCRED, &credentials, &option));
    CHECK_EQ(option, sizeof credentials);
    CHECK_EQ(credentials.pid, pid);
    CHECK_EQ(credentials.uid, geteuid());
    CHECK_OK(close(conn));
    CHECK_EXIT(pid, 0);
    CHECK_OK(close(server));
    if (path[0])
        CHECK_OK(unlink(path));
}

static void datagrams(void)
{
    int server = CHECK_OK(socket(AF_UNIX, SOCK_DGRAM, 0));
    socklen_t size = name("datagrams", 9);
    CHECK_OK(bind(server, any(&address), size));
    int client = CHECK_OK(socket(AF_UNIX, SOCK_DGRAM, 0));
    struct sockaddr_un from;
    socklen_t from_size = sizeof from;
    char text[16] = "";
    CHECK_EQ(sendto(client, "one", 3, 0, any(&address), size), 3);
    CHECK_EQ(recvfrom(server, text, 16, 0, any(&from), &from_size), 3);
    CHECK_EQ(from_size, 0);
    /* A name of the kernel's choice: a NUL and five digits. */
    from.sun_family = AF_UNIX;
    CHECK_OK(bind(client, any(&from), 2));
    CHECK_OK(connect(client, any(&address), size));
    CHECK_EQ(write(client, "", 0), 0);
    CHECK_EQ(write(client, "three", 5), 5);
    from_size = sizeof from;
    CHECK_EQ(recvfrom(server, text, 16, 0, any(&from), &from_size), 0);
    CHECK_EQ(from_size, 8);
    CHECK_EQ(from.sun_path[0], 0);
    /* What does not fit is lost, and told only on request. */
    CHECK_EQ(recv(server, text, 2, MSG_PEEK), 2);
    CHECK_EQ(recv(server, text, 2, MSG_TRUNC), 5);
    CHECK_EQ(sendto(server, "back", 4, 0, any(&from), from_size), 4);
    CHECK_EQ(recv(client, text, 16, MSG_DONTWAIT), 4);
    CHECK_ERR(recv(client, text, 16, MSG_DONTWAIT), EAGAIN);
    CHECK_ERR(listen(server, 1), EOPNOTSUPP);
    CHECK_OK(unlink("datagrams"));
    CHECK_ERR(connect(client, any(&address), size), ENOENT);
}

static void pairs(void)
{
    int kinds[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET}, pair[2];
    char text[16];
    for (int i = 0; i < 3; i++) {
        CHECK_OK(socketpair(AF_UNIX, kinds[i] | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair));
        CHECK_EQ(fcntl(pair[0], F_GETFD) & fcntl(pair[1], F_GETFD), FD_CLOEXEC);
        CHECK(fcntl(pair[1], F_GETFL) & O_NONBLOCK);
        CHECK_EQ(write(pair[0], "ab", 2), 2);
        CHECK_EQ(write(pair[0], "cd", 2), 2);
        CHECK_EQ(read(pair[1], text, 16), kinds[i] == SOCK_STREAM ? 4 : 2);
        int kind = 0;
        socklen_t size = sizeof kind;
        CHECK_OK(getsockopt(pair[0], SOL_SOCKET, SO_TYPE, &kind, &size));
        CHECK_EQ(kind, kinds[i]);
        CHECK_OK(close(pair[0]));
        CHECK_OK(close(pair[1]));
    }
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    CHECK_EQ(fcntl(pair[0], F_GETFD), 0);
    CHECK_EQ(send(pair[0], "abc", 3, 0), 3);
    IN_CHILD(usleep(20000); CHECK_EQ(send(pair[0], "def", 3, 0), 3));
    CHECK_EQ(recv(pair[1], text, 6, MSG_WAITALL), 6);
    CHECK_OK(close(pair[1]));
    CHECK_ERR(send(pair[0], "x", 1, MSG_NOSIGNAL), EPIPE);
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        send(pair[0], "x", 1, 0);
        _exit(0);
    }
    CHECK_KILLED(pid, SIGPIPE);
    CHECK_ERR(syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, BAD), EFAULT);
    int next = CHECK_OK(dup(0));
    CHECK_OK(close(next));
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    CHECK_EQ(pair[0], next);
}

static void errors(void)
{
    CHECK_ERR(socket(AF_UNIX, 77, 0), EINVAL);
    CHECK_ERR(socket(AF_UNIX, SOCK_STREAM, 99), EPROTONOSUPPORT);
    CHECK_ERR(socket(99, SOCK_STREAM, 0), EAFNOSUPPORT);
    CHECK_ERR(socket(AF_UNIX, SOCK_STREAM | 0x100, 0), EINVAL);
    CHECK_ERR(socketpair(AF_INET, SOCK_STREAM, 0, (int[2]){0}), EOPNOTSUPP);
    int fd = CHECK_OK(socket(AF_UNIX, SOCK_STREAM, 0)), file = CHECK_OK(open("/dev/null", O_RDWR));
    socklen_t size = name("nothing", 7);
    CHECK_ERR(connect(fd, any(&address), size), ENOENT);
    CHECK_ERR(connect(fd, any(&address), 200), EINVAL);
    CHECK_ERR(connect(fd, any(&address), -1), EINVAL);
    CHECK_ERR(syscall(SYS_connect, fd, BAD, 10), EFAULT);
    CHECK_ERR(connect(file, any(&address), size), ENOTSOCK);
    CHECK_ERR(connect(99, any(&address), size), EBADF);
    CHECK_ERR(bind(file, any(&address), size), ENOTSOCK);
    CHECK_ERR(listen(file, 1), ENOTSOCK);
    CHECK_ERR(accept(file, NULL, NULL), ENOTSOCK);
    CHECK_ERR(accept4(fd, NULL, NULL, 1), EINVAL);
    CHECK_OK(shutdown(fd, SHUT_RD));
    CHECK_ERR(shutdown(99, SHUT_RD), EBADF);
    CHECK_ERR(getpeername(fd, any(&address), &size), ENOTCONN);
    CHECK_ERR(syscall(SYS_getsockname, fd, &address, BAD), EFAULT);
    size = sizeof address;
    CHECK_ERR(syscall(SYS_getsockname, fd, BAD, &size), EFAULT);
    size = name("missing/socket", 14);
    CHECK_ERR(bind(fd, any(&address), size), ENOENT);
    put_file("file", "");
    size = name("file", 4);
    CHECK_ERR(bind(fd, any(&address), size), EADDRINUSE);
    CHECK_ERR(connect(fd, any(&address), size), ECONNREFUSED);
}

/* Links lead to a socket, but none is made through one. */
static void links(void)
{
    int server = CHECK_OK(socket(AF_UNIX, SOCK_STREAM, 0)), client = CHECK_OK(socket(AF_UNIX, SOCK_STREAM, 0));
    CHECK_OK(mkdir("dir", 0700));
    CHECK_OK(symlink("dir/real", "link"));
    socklen_t size = name("link", 4);
    CHECK_ERR(bind(server, any(&address), size), EADDRINUSE);
    size = name("dir/real", 8);
    mode_t old = umask(077);
    CHECK_OK(bind(server, any(&address), size));
    umask(old);
    struct stat st;
    CHECK_OK(stat("dir/real", &st));
    CHECK_EQ(st.st_mode, S_IFSOCK | 0700);
    CHECK_ERR(open("dir/real", O_RDWR), ENXIO);
    CHECK_OK(listen(server, 1));
    size = name("link", 4);
    CHECK_OK(connect(client, any(&address), size));
}

int main(void)
{
    begin();
    stream("socket", 6);
    char path[PATH_MAX];
    CHECK(getcwd(path, sizeof path - 8));
    strcat(path, "/sock");
    stream(path, strlen(path) + 1);
    snprintf(path, sizeof path, "%celfuse-test-%d", 0, getpid());
    stream(path, 1 + strlen(path + 1));
    datagrams();
    pairs();
    errors();
    links();
    return finish();
}

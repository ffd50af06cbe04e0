// syscalls: prlimit64 openat accept
// No more descriptors: how many there can be, and that nothing is lost or left behind then.
#include "../check.h"
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

/* Opens all that can be; the last one. */
static int fill(void)
{
    int last = -1, fd;
    while ((fd = open("/proc/self/status", O_RDONLY)) >= 0)
        last = fd;
    CHECK_EQ(errno, EMFILE);
    return last;
}

int main(void)
{
    begin();
    struct sockaddr_un name = {AF_UNIX, "socket"};
    int listener = CHECK_OK(socket(AF_UNIX, SOCK_STREAM, 0));
    CHECK_OK(bind(listener, (void *)&name, sizeof name));
    CHECK_OK(listen(listener, 4));
    int client = CHECK_OK(socket(AF_UNIX, SOCK_STREAM, 0));
    CHECK_OK(connect(client, (void *)&name, sizeof name));
    CHECK_EQ(write(client, "hello", 5), 5);

    struct rlimit limit = {16, 64}, got;
    CHECK_OK(setrlimit(RLIMIT_NOFILE, &limit));
    CHECK_EQ(fill(), 15);
    CHECK_ERR(open("new", O_CREAT | O_WRONLY, 0600), EMFILE);
    CHECK_ERR(access("new", F_OK), ENOENT);
    CHECK_ERR(open("absent", O_RDONLY), EMFILE);
    CHECK_ERR(accept(listener, NULL, NULL), EMFILE);
    CHECK_OK(close(15));
    int server = CHECK_OK(accept(listener, NULL, NULL));
    CHECK_EQ(server, 15);
    char text[8];
    CHECK_EQ(read(server, text, sizeof text), 5);

    /* The program has all that the hard limit says. */
    CHECK_OK(syscall(SYS_close_range, 5, ~0u, 0));
    limit.rlim_max = 16;
    CHECK_OK(setrlimit(RLIMIT_NOFILE, &limit));
    CHECK_OK(getrlimit(RLIMIT_NOFILE, &got));
    CHECK(got.rlim_cur == 16 && got.rlim_max == 16);
    CHECK_EQ(fill(), 15);

    /* A child inherits the limit; who is not root cannot raise it. */
    IN_CHILD({
        CHECK_OK(getrlimit(RLIMIT_NOFILE, &got));
        CHECK(got.rlim_cur == 16 && got.rlim_max == 16);
        if (geteuid() == 0)
            CHECK_OK(seteuid(65534));
        limit = (struct rlimit){16, 17};
        CHECK_ERR(setrlimit(RLIMIT_NOFILE, &limit), EPERM);
        limit = (struct rlimit){8, 15};
        CHECK_OK(setrlimit(RLIMIT_NOFILE, &limit));
        CHECK_OK(getrlimit(RLIMIT_NOFILE, &got));
        CHECK(got.rlim_cur == 8 && got.rlim_max == 15);
        /* What is open above the limit stays open. */
        CHECK_EQ(read(15, text, 5), 5);
        CHECK_ERR(dup(0), EMFILE);
    });
    CHECK_OK(syscall(SYS_close_range, 5, ~0u, 0));
    return finish();
}

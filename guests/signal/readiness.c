// syscalls: fcntl rt_sigtimedwait rt_sigaction
// Signals that tell of a descriptor: which one (si_fd), and what has become of it.
#include "../check.h"
#include <poll.h>
#include <sys/socket.h>

static volatile siginfo_t seen;
static volatile int count;
static void handler(int signal, siginfo_t *info, void *context)
{
    (void)context;
    seen = *info;
    count += signal == info->si_signo;
}

/* Bytes for `reader` are told of by `signal`, to be waited for. */
static void tells(int reader, int writer, int signal, int code)
{
    CHECK_OK(fcntl(reader, F_SETOWN, getpid()));
    CHECK_OK(fcntl(reader, F_SETSIG, signal));
    CHECK_OK(fcntl(reader, F_SETFL, O_ASYNC | O_NONBLOCK));
    CHECK_EQ(fcntl(reader, F_GETSIG), signal);
    CHECK_EQ(write(writer, "x", 1), 1);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal);
    siginfo_t info;
    CHECK_EQ(sigwaitinfo(&set, &info), signal);
    CHECK_EQ(info.si_fd, reader);
    CHECK_EQ(info.si_code, code);
    CHECK_EQ(info.si_band, POLLIN | POLLRDNORM);
    CHECK_OK(fcntl(reader, F_SETFL, O_NONBLOCK));
}

int main(void)
{
    begin();
    /* Numbers that nobody else has. */
    int pair[2];
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    int reader = CHECK_OK(fcntl(pair[0], F_DUPFD, 300));
    CHECK_OK(close(pair[0]));
    int writer = pair[1];

    sigset_t set, old;
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    sigaddset(&set, SIGIO);
    sigaddset(&set, SIGCHLD);
    CHECK_OK(sigprocmask(SIG_BLOCK, &set, &old));
    tells(reader, writer, SIGRTMIN, POLL_IN);
    tells(reader, writer, SIGIO, POLL_IN);
    /* A signal whose codes mean something else. */
    struct sigaction a = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    CHECK_OK(sigaction(SIGCHLD, &a, NULL));
    tells(reader, writer, SIGCHLD, SI_SIGIO);
    CHECK_OK(sigprocmask(SIG_SETMASK, &old, NULL));

    /* A directory in which something changes. */
    CHECK_OK(sigaction(SIGRTMIN + 1, &a, NULL));
    int dir = CHECK_OK(fcntl(CHECK_OK(open(".", O_RDONLY | O_DIRECTORY)), F_DUPFD, 200));
    CHECK_OK(fcntl(dir, F_SETSIG, SIGRTMIN + 1));
    CHECK_OK(fcntl(dir, F_NOTIFY, DN_CREATE));
    CHECK_OK(close(CHECK_OK(creat("file", 0600))));
    CHECK_EQ(count, 1);
    CHECK_EQ(seen.si_fd, dir);
    return finish();
}

// syscalls: ioctl openat setsid
// A pseudo-terminal: line discipline, window size, modes, and the controlling terminal.
#include "../check.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

static volatile int winch, interrupted;
static void on_winch(int signal) { winch += signal == SIGWINCH; }
static void on_interrupt(int signal) { interrupted += signal == SIGINT; }

static void expect(int fd, const char *text)
{
    char buffer[256];
    size_t have = 0;
    while (have < strlen(text)) {
        struct pollfd p = {fd, POLLIN, 0};
        CHECK_EQ(poll(&p, 1, 10000), 1);
        have += CHECK_OK(read(fd, buffer + have, sizeof buffer - 1 - have));
    }
    buffer[have] = 0;
    CHECK_STR(buffer, text);
}

int main(void)
{
    begin();
    int master = CHECK_OK(open("/dev/ptmx", O_RDWR | O_NOCTTY));
    CHECK_OK(grantpt(master));
    CHECK_OK(unlockpt(master));
    char *name = ptsname(master);
    CHECK(name && !strncmp(name, "/dev/pts/", 9));
    unsigned number;
    CHECK_OK(ioctl(master, TIOCGPTN, &number));
    CHECK_EQ(number, atoi(name + 9));
    int tty = CHECK_OK(open(name, O_RDWR | O_NOCTTY));
    CHECK(isatty(tty));
    CHECK_STR(ttyname(tty), name);
    int peer = CHECK_OK(ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
    CHECK_STR(ttyname(peer), name);
    CHECK_EQ(fcntl(peer, F_GETFD), FD_CLOEXEC);
    CHECK_OK(close(peer));
    CHECK_ERR(ioctl(tty, TIOCGPTPEER, O_RDWR), EIO);

    struct winsize size = {24, 80, 1, 2}, got;
    CHECK_OK(ioctl(master, TIOCSWINSZ, &size));
    CHECK_OK(ioctl(tty, TIOCGWINSZ, &got));
    CHECK(got.ws_row == 24 && got.ws_col == 80 && got.ws_xpixel == 1 && got.ws_ypixel == 2);
    CHECK_ERR(ioctl(tty, TIOCGWINSZ, BAD), EFAULT);

    /* Cooked: echo, line editing, CR to NL, NL to CR NL. */
    struct termios modes, changed;
    CHECK_OK(tcgetattr(tty, &modes));
    CHECK(modes.c_lflag & ICANON);
    CHECK(modes.c_oflag & OPOST);
    CHECK_EQ(modes.c_cc[VINTR], 3);
    CHECK_EQ(write(master, "abX\x7f" "c\r", 6), 6);
    expect(master, "abX\b \bc\r\n");
    char line[64];
    CHECK_EQ(read(tty, line, sizeof line), 4);
    CHECK(memcmp(line, "abc\n", 4) == 0);
    CHECK_EQ(write(tty, "out\n", 4), 4);
    expect(master, "out\r\n");
    CHECK_EQ(write(master, "\4", 1), 1);
    CHECK_EQ(read(tty, line, sizeof line), 0);

    /* Raw. */
    changed = modes;
    cfmakeraw(&changed);
    cfsetspeed(&changed, B9600);
    CHECK_OK(tcsetattr(tty, TCSANOW, &changed));
    CHECK_OK(tcgetattr(tty, &changed));
    CHECK_EQ(cfgetospeed(&changed), B9600);
    CHECK_EQ(changed.c_lflag & (ICANON | ECHO | ISIG), 0);
    CHECK_EQ(write(master, "\3x", 2), 2);
    struct pollfd ready = {tty, POLLIN, 0};
    CHECK_EQ(poll(&ready, 1, 10000), 1);
    CHECK_EQ(read(tty, line, 1), 1);
    CHECK_EQ(line[0], 3);
    int queued;
    CHECK_OK(ioctl(tty, FIONREAD, &queued));
    CHECK_EQ(queued, 1);
    CHECK_OK(tcflush(tty, TCIFLUSH));
    CHECK_OK(ioctl(tty, FIONREAD, &queued));
    CHECK_EQ(queued, 0);
    changed.c_cc[VMIN] = 0;
    changed.c_cc[VTIME] = 1;
    CHECK_OK(tcsetattr(tty, TCSADRAIN, &changed));
    CHECK_EQ(read(tty, line, 1), 0);
    CHECK_OK(tcsetattr(tty, TCSAFLUSH, &modes));
    CHECK_OK(tcdrain(tty));
    CHECK_OK(tcflow(tty, TCOON));
    CHECK_ERR(tcsetattr(tty, 7, &modes), EINVAL);
    CHECK_OK(ioctl(tty, TCSBRK, 1));
    CHECK_ERR(ioctl(tty, 0x54ff, 0), ENOTTY);

    /* Without a session of one's own, it is nobody's controlling terminal. */
    CHECK_ERR(tcgetpgrp(tty), ENOTTY);
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        CHECK_OK(setsid());
        CHECK_OK(ioctl(tty, TIOCSCTTY, 0));
        CHECK_EQ(tcgetpgrp(tty), getpid());
        CHECK_EQ(tcgetsid(tty), getpid());
        int again = CHECK_OK(open("/dev/tty", O_RDWR));
        CHECK_EQ(tcgetpgrp(again), getpid());
        CHECK_ERR(tcsetpgrp(tty, 0x3fffffff), ESRCH);
        CHECK_ERR(tcsetpgrp(tty, -1), EINVAL);

        /* Signals from the keyboard and from a new size go to the foreground. */
        struct sigaction a = {.sa_handler = on_interrupt};
        CHECK_OK(sigaction(SIGINT, &a, NULL));
        a.sa_handler = on_winch;
        CHECK_OK(sigaction(SIGWINCH, &a, NULL));
        sigset_t both, old;
        sigemptyset(&both);
        sigaddset(&both, SIGINT);
        sigaddset(&both, SIGWINCH);
        CHECK_OK(sigprocmask(SIG_BLOCK, &both, &old));
        CHECK_EQ(write(master, "\3", 1), 1);
        size.ws_col = 132;
        CHECK_OK(ioctl(master, TIOCSWINSZ, &size));
        while (!interrupted || !winch)
            sigsuspend(&old);

        /* A background group: reading stops it, writing only with TOSTOP. */
        pid_t back = CHECK_OK(fork());
        if (back == 0) {
            CHECK_OK(setpgid(0, 0));
            CHECK_EQ(write(tty, "", 0), 0);
            read(tty, line, 1);
            _exit(7);
        }
        int status;
        CHECK_EQ(waitpid(back, &status, WUNTRACED), back);
        CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTIN);
        CHECK_OK(tcsetpgrp(tty, back));
        CHECK_EQ(tcgetpgrp(tty), back);
        CHECK_EQ(write(master, "line\n", 5), 5);
        CHECK_OK(kill(-back, SIGCONT));
        CHECK_EXIT(back, 7);
        signal(SIGTTOU, SIG_IGN);
        CHECK_OK(tcsetpgrp(tty, getpid()));
        signal(SIGHUP, SIG_IGN);
        CHECK_OK(ioctl(tty, TIOCNOTTY));
        CHECK_ERR(open("/dev/tty", O_RDWR), ENXIO);
        _exit(0);
    }
    CHECK_EXIT(pid, 0);

    /* A hang-up. */
    CHECK_OK(close(master));
    CHECK_EQ(read(tty, line, 1), 0);
    CHECK_ERR(write(tty, "x", 1), EIO);
    ready = (struct pollfd){tty, POLLIN, 0};
    CHECK_EQ(poll(&ready, 1, 0), 1);
    CHECK(ready.revents & POLLHUP);
    return finish();
}

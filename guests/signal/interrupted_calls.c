// syscalls: rt_sigsuspend read wait4 clock_nanosleep restart_syscall
// SA_RESTART against EINTR, pause and sigsuspend, and a partial transfer that a signal ends.
#include "../check.h"
#include <poll.h>
#include <sys/file.h>
#include <sys/time.h>
#include <time.h>

static volatile int count;
static void handler(int signal) { count += signal > 0; }

static void catch(int flags)
{
    struct sigaction a = {.sa_handler = handler, .sa_flags = flags};
    CHECK_OK(sigaction(SIGALRM, &a, NULL));
    count = 0;
}

static void soon(int milliseconds)
{
    struct itimerval timer = {{0, 0}, {milliseconds / 1000, milliseconds % 1000 * 1000}};
    CHECK_OK(setitimer(ITIMER_REAL, &timer, NULL));
}

/* A child that does something after a while, and ends. */
static pid_t later(int channel)
{
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        usleep(80000);
        CHECK_EQ(write(channel, "x", 1), 1);
        _exit(0);
    }
    return pid;
}

int main(void)
{
    begin();
    int p[2], status;
    char byte;
    CHECK_OK(pipe(p));

    catch(0);
    soon(20);
    CHECK_ERR(read(p[0], &byte, 1), EINTR);
    CHECK_EQ(count, 1);
    catch(SA_RESTART);
    pid_t pid = later(p[1]);
    soon(20);
    CHECK_EQ(read(p[0], &byte, 1), 1);
    CHECK_EQ(count, 1);
    CHECK_EXIT(pid, 0);

    /* A stop and a continue without a handler go unnoticed. */
    pid = CHECK_OK(fork());
    if (pid == 0) {
        CHECK_EQ(read(p[0], &byte, 1), 1);
        _exit(0);
    }
    usleep(20000);
    CHECK_OK(kill(pid, SIGSTOP));
    CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
    CHECK_OK(kill(pid, SIGCONT));
    usleep(10000);
    CHECK_EQ(write(p[1], "x", 1), 1);
    CHECK_EXIT(pid, 0);

    catch(0);
    pid = later(p[1]);
    soon(20);
    CHECK_ERR(waitpid(pid, &status, 0), EINTR);
    catch(SA_RESTART);
    soon(20);
    CHECK_EXIT(pid, 0);
    CHECK_EQ(count, 1);
    CHECK_EQ(read(p[0], &byte, 1), 1);

    /* Never restarted: poll, select, sleeping, pause, sigsuspend. */
    catch(SA_RESTART);
    struct pollfd fd = {p[0], POLLIN, 0};
    soon(20);
    CHECK_ERR(poll(&fd, 1, -1), EINTR);
    soon(20);
    CHECK_ERR(select(0, NULL, NULL, NULL, NULL), EINTR);
    soon(20);
    CHECK_ERR(nanosleep(&(struct timespec){10, 0}, NULL), EINTR);
    soon(20);
    CHECK_ERR(pause(), EINTR);
    CHECK_EQ(count, 4);

    /* flock waits for another process. */
    put_file("lock", "");
    int one = CHECK_OK(open("lock", O_RDWR)), two = CHECK_OK(open("lock", O_RDWR));
    CHECK_OK(flock(one, LOCK_EX));
    catch(0);
    soon(20);
    CHECK_ERR(flock(two, LOCK_EX), EINTR);

    /* A write that has moved something returns that. */
    catch(SA_RESTART);
    static char block[1 << 20];
    soon(50);
    ssize_t moved = CHECK_OK(write(p[1], block, sizeof block));
    CHECK(moved >= 4096 && moved < (ssize_t)sizeof block);
    CHECK_EQ(count, 1);

    /* Opening a fifo waits for the other side. */
    CHECK_OK(mkfifo("fifo", 0600));
    catch(0);
    soon(20);
    CHECK_ERR(open("fifo", O_RDONLY), EINTR);
    CHECK_ERR(open("fifo", O_WRONLY | O_NONBLOCK), ENXIO);

    /* sigsuspend: no window between unblocking and waiting. */
    sigset_t blocked, open_set, now;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGALRM);
    CHECK_OK(sigprocmask(SIG_BLOCK, &blocked, &open_set));
    catch(0);
    CHECK_OK(raise(SIGALRM));
    CHECK_EQ(count, 0);
    CHECK_ERR(sigsuspend(&open_set), EINTR);
    CHECK_EQ(count, 1);
    CHECK_OK(sigprocmask(SIG_BLOCK, NULL, &now));
    CHECK(sigismember(&now, SIGALRM));
    for (int i = 0; i < 200; i++) {
        soon(1);
        CHECK_ERR(sigsuspend(&open_set), EINTR);
    }
    CHECK_EQ(count, 201);
    CHECK_ERR(syscall(SYS_rt_sigsuspend, &open_set, 4), EINVAL);
    CHECK_ERR(syscall(SYS_rt_sigsuspend, BAD, 8), EFAULT);

    /* A sleep that a stop interrupts goes on for the rest (restart_syscall). */
    pid = CHECK_OK(fork());
    if (pid == 0) {
        struct timespec start, end;
        clock_gettime(CLOCK_MONOTONIC, &start);
        CHECK_OK(nanosleep(&(struct timespec){0, 100000000}, NULL));
        clock_gettime(CLOCK_MONOTONIC, &end);
        long taken = (end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000;
        _exit(taken >= 100 && taken < 5000 ? 0 : 1);
    }
    usleep(30000);
    CHECK_OK(kill(pid, SIGSTOP));
    CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
    CHECK_OK(kill(pid, SIGCONT));
    CHECK_EXIT(pid, 0);
    CHECK_ERR(syscall(SYS_restart_syscall), EINTR);
    return finish();
}

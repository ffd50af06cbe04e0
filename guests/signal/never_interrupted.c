// syscalls: openat read write pread64 fsync fcntl flock
// What never sleeps for long never is EINTR, however signals fall: plain files, and pipes with data.
#include "../check.h"
#include <sys/file.h>
#include <time.h>

static volatile int count;
static void handler(int signal) { count += signal > 0; }

static void plain_files(void)
{
    char text[64] = "text", back[64];
    int fd = CHECK_OK(open("plain", O_RDWR | O_CREAT, 0644));
    CHECK_EQ(write(fd, text, sizeof text), (ssize_t)sizeof text);
    CHECK_EQ(pread(fd, back, sizeof back, 0), (ssize_t)sizeof back);
    CHECK_OK(lseek(fd, 0, SEEK_SET));
    CHECK_EQ(read(fd, back, sizeof back), (ssize_t)sizeof back);
    CHECK_EQ(memcmp(text, back, sizeof text), 0);
    CHECK_OK(flock(fd, LOCK_EX));
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    CHECK_OK(fcntl(fd, F_SETLKW, &lock));
    CHECK_OK(close(fd));
}

static void ready_pipe(const int pipe[2])
{
    char byte = 'x';
    CHECK_EQ(write(pipe[1], &byte, 1), 1);
    CHECK_EQ(read(pipe[0], &byte, 1), 1);
}

int main(void)
{
    begin();
    int channel[2];
    CHECK_OK(pipe(channel));
    /* Without SA_RESTART, so that a call that begins anew does so on no other account. */
    struct sigaction action = {.sa_handler = handler};
    CHECK_OK(sigaction(SIGUSR1, &action, NULL));
    timer_t timer;
    CHECK_OK(timer_create(CLOCK_MONOTONIC, &(struct sigevent){.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1}, &timer));
    struct timespec often = {0, 150000};
    CHECK_OK(timer_settime(timer, 0, &(struct itimerspec){often, often}, NULL));
    while (count < 2000) {
        plain_files();
        ready_pipe(channel);
    }
    CHECK_OK(timer_delete(timer));
    int fd = CHECK_OK(open("plain", O_RDONLY));
    CHECK_OK(fsync(fd));
    return finish();
}

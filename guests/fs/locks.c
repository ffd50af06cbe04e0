// syscalls: flock fcntl
// flock, POSIX record locks and open-file-description locks between processes.
#include "../check.h"
#include <sys/file.h>

static int lock(int fd, int command, int type, off_t start, off_t length)
{
    struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
    return fcntl(fd, command, &l);
}

static void by_flock(void)
{
    int one = CHECK_OK(open("file", O_RDWR)), two = CHECK_OK(open("file", O_RDWR));
    CHECK_OK(flock(one, LOCK_EX));
    CHECK_ERR(flock(two, LOCK_SH | LOCK_NB), EWOULDBLOCK);
    int twin = CHECK_OK(dup(one));
    CHECK_OK(flock(twin, LOCK_SH | LOCK_NB));
    CHECK_OK(flock(two, LOCK_SH | LOCK_NB));
    CHECK_ERR(flock(one, LOCK_EX | LOCK_NB), EWOULDBLOCK);
    CHECK_OK(flock(two, LOCK_UN));
    CHECK_OK(flock(one, LOCK_EX | LOCK_NB));
    CHECK_OK(close(one));
    CHECK_ERR(flock(two, LOCK_EX | LOCK_NB), EWOULDBLOCK);
    CHECK_OK(close(twin));
    CHECK_OK(flock(two, LOCK_EX | LOCK_NB));
    CHECK_ERR(flock(two, 0), EINVAL);
    CHECK_ERR(flock(99, LOCK_EX), EBADF);
    CHECK_OK(close(two));
}

static void by_record(void)
{
    int fd = CHECK_OK(open("file", O_RDWR));
    CHECK_OK(lock(fd, F_SETLK, F_WRLCK, 10, 10));
    pid_t parent = getpid();
    IN_CHILD({
        int other = CHECK_OK(open("file", O_RDWR));
        CHECK_ERR(lock(other, F_SETLK, F_RDLCK, 15, 1), EAGAIN);
        CHECK_OK(lock(other, F_SETLK, F_WRLCK, 0, 10));
        CHECK_OK(lock(other, F_SETLK, F_WRLCK, 20, 0));
        struct flock l = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
        CHECK_OK(fcntl(other, F_GETLK, &l));
        CHECK_EQ(l.l_type, F_WRLCK);
        CHECK_EQ(l.l_start, 10);
        CHECK_EQ(l.l_len, 10);
        CHECK_EQ(l.l_pid, parent);
    });
    /* Closing any descriptor of the file drops the process's record locks. */
    CHECK_OK(close(CHECK_OK(open("file", O_RDONLY))));
    IN_CHILD({
        int other = CHECK_OK(open("file", O_RDWR));
        CHECK_OK(lock(other, F_SETLK, F_WRLCK, 0, 0));
    });
    /* Waiting ends when the holder ends. */
    int channel[2];
    CHECK_OK(pipe(channel));
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        CHECK_OK(lock(fd, F_SETLK, F_WRLCK, 0, 0));
        CHECK_EQ(write(channel[1], "x", 1), 1);
        usleep(50000);
        _exit(0);
    }
    char byte;
    CHECK_EQ(read(channel[0], &byte, 1), 1);
    CHECK_ERR(lock(fd, F_SETLK, F_WRLCK, 0, 0), EAGAIN);
    CHECK_OK(lock(fd, F_SETLKW, F_WRLCK, 0, 0));
    CHECK_EXIT(pid, 0);
    CHECK_ERR(lock(fd, F_SETLK, 7, 0, 0), EINVAL);
    CHECK_ERR(lock(fd, F_SETLK, F_RDLCK, -1, 0), EINVAL);
    CHECK_ERR(fcntl(fd, F_SETLK, BAD), EFAULT);
    int reading = CHECK_OK(open("file", O_RDONLY));
    CHECK_ERR(lock(reading, F_SETLK, F_WRLCK, 0, 0), EBADF);
}

static void by_description(void)
{
    int one = CHECK_OK(open("file", O_RDWR)), two = CHECK_OK(open("file", O_RDWR));
    CHECK_OK(lock(one, F_OFD_SETLK, F_WRLCK, 0, 5));
    CHECK_ERR(lock(two, F_OFD_SETLK, F_WRLCK, 4, 5), EAGAIN);
    CHECK_OK(lock(two, F_OFD_SETLK, F_WRLCK, 5, 5));
    struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 5};
    CHECK_OK(fcntl(two, F_OFD_GETLK, &l));
    CHECK_EQ(l.l_type, F_WRLCK);
    CHECK_EQ(l.l_pid, -1);
    l = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_pid = 1};
    CHECK_ERR(fcntl(two, F_OFD_SETLK, &l), EINVAL);
    CHECK_OK(close(CHECK_OK(open("file", O_RDWR))));
    CHECK_ERR(lock(two, F_OFD_SETLK, F_WRLCK, 0, 1), EAGAIN);
    CHECK_OK(close(one));
    CHECK_OK(lock(two, F_OFD_SETLK, F_WRLCK, 0, 1));
}

int main(void)
{
    begin();
    put_file("file", "");
    by_flock();
    IN_CHILD(by_record());
    by_description();
    return finish();
}

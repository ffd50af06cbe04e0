// syscalls: inotify_init1 inotify_add_watch inotify_rm_watch readv
// Being told of what happens to files and in directories.
#include "../check.h"
#include <sys/inotify.h>
#include <sys/uio.h>

static int fd;
static char buffer[4096] __attribute__((aligned(8)));
static ssize_t have, at;

/* Every other time by readv, whose first buffer is as long as an event with a short name; unless it would wait for the second. */
static void fill(void)
{
    static int times;
    struct iovec parts[] = {{buffer, 32}, {buffer + 32, sizeof buffer - 32}};
    have = CHECK_OK(times++ % 2 && fcntl(fd, F_GETFL) & O_NONBLOCK ? readv(fd, parts, 2) : read(fd, buffer, sizeof buffer));
    at = 0;
}

/* The next event, which must be this one. */
static struct inotify_event *next(int watch, uint32_t mask, const char *name)
{
    if (at == have)
        fill();
    struct inotify_event *event = (void *)(buffer + at);
    at += sizeof *event + event->len;
    CHECK_EQ(event->wd, watch);
    CHECK_EQ(event->mask, mask);
    CHECK_STR(event->len ? event->name : "", name);
    return event;
}

int main(void)
{
    begin();
    fd = CHECK_OK(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
    CHECK_ERR(read(fd, buffer, sizeof buffer), EAGAIN);
    CHECK_OK(mkdir("dir", 0755));
    CHECK_OK(symlink("dir", "link"));
    int dir = CHECK_OK(inotify_add_watch(fd, "link", IN_ALL_EVENTS | IN_ONLYDIR));
    CHECK_EQ(inotify_add_watch(fd, "./dir", IN_CREATE | IN_CLOSE_WRITE | IN_MOVE | IN_DELETE), dir);
    put_file("dir/File", "x");
    next(dir, IN_CREATE, "File");
    next(dir, IN_CLOSE_WRITE, "File");
    CHECK_OK(mkdir("dir/Sub", 0755));
    next(dir, IN_CREATE | IN_ISDIR, "Sub");
    CHECK_OK(rename("dir/File", "dir/Other"));
    uint32_t cookie = next(dir, IN_MOVED_FROM, "File")->cookie;
    CHECK_EQ(next(dir, IN_MOVED_TO, "Other")->cookie, cookie);

    /* A file, by an absolute path; then its end. */
    char path[PATH_MAX];
    CHECK(realpath("dir/Other", path));
    int file = CHECK_OK(inotify_add_watch(fd, path, IN_MODIFY | IN_ATTRIB | IN_DELETE_SELF));
    int out = CHECK_OK(open(path, O_WRONLY));
    CHECK_EQ(write(out, "yy", 2), 2);
    next(file, IN_MODIFY, "");
    CHECK_OK(fchmod(out, 0600));
    next(file, IN_ATTRIB, "");
    CHECK_OK(close(out));
    next(dir, IN_CLOSE_WRITE, "Other");
    CHECK_OK(unlink(path));
    next(file, IN_ATTRIB, "");
    next(file, IN_DELETE_SELF, "");
    next(file, IN_IGNORED, "");
    next(dir, IN_DELETE, "Other");
    CHECK_ERR(inotify_rm_watch(fd, file), EINVAL);

    /* A link itself. */
    int link = CHECK_OK(inotify_add_watch(fd, "link", IN_DELETE_SELF | IN_DONT_FOLLOW | IN_ONESHOT));
    CHECK(link != dir);
    CHECK_OK(unlink("link"));
    next(link, IN_DELETE_SELF, "");
    next(link, IN_IGNORED, "");
    CHECK_OK(inotify_rm_watch(fd, dir));
    next(dir, IN_IGNORED, "");
    CHECK_EQ(at, have);
    CHECK_ERR(read(fd, buffer, sizeof buffer), EAGAIN);

    /* A blocking read waits for another process. */
    CHECK_OK(fcntl(fd, F_SETFL, 0));
    dir = CHECK_OK(inotify_add_watch(fd, ".", IN_CREATE));
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        usleep(20000);
        put_file("mAde", "");
        _exit(0);
    }
    next(dir, IN_CREATE, "mAde");
    CHECK_EXIT(pid, 0);
    CHECK_ERR(inotify_add_watch(fd, "missing", IN_CREATE), ENOENT);
    CHECK_ERR(inotify_add_watch(fd, "", IN_CREATE), ENOENT);
    CHECK_ERR(inotify_add_watch(fd, "mAde", IN_CREATE | IN_ONLYDIR), ENOTDIR);
    CHECK_ERR(inotify_add_watch(fd, ".", 0), EINVAL);
    CHECK_ERR(inotify_add_watch(1, ".", IN_CREATE), EINVAL);
    CHECK_ERR(inotify_add_watch(99, ".", IN_CREATE), EBADF);
    CHECK_ERR(inotify_rm_watch(99, 1), EBADF);
    CHECK_ERR(inotify_rm_watch(1, 1), EINVAL);
    CHECK_ERR(syscall(SYS_inotify_add_watch, fd, BAD, IN_CREATE), EFAULT);
    CHECK_ERR(inotify_init1(1), EINVAL);
    return finish();
}

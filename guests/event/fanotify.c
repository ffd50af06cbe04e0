// syscalls: openat
// fanotify: refused, so that a program takes inotify instead, or real. It never pretends.
#include "../check.h"
#include <sys/fanotify.h>

int main(void)
{
    begin();
    put_file("file", "text");
    int fd = fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK, O_RDONLY);
    if (fd < 0) {
        CHECK(errno == ENOSYS || errno == EPERM);
        CHECK_ERR(fanotify_mark(-1, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "file"), errno == ENOSYS ? ENOSYS : EBADF);
        return finish();
    }
    struct fanotify_event_metadata event;
    CHECK_OK(fanotify_mark(fd, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "file"));
    check_file("file", "text");
    CHECK_EQ(read(fd, &event, sizeof event), sizeof event);
    CHECK_EQ(event.mask, FAN_OPEN);
    CHECK_EQ(event.pid, getpid());
    CHECK_OK(close(event.fd));
    CHECK_OK(close(fd));
    return finish();
}

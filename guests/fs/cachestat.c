// syscalls: cachestat
// How much of a file is in memory.
#include "../check.h"

#ifndef SYS_cachestat
#define SYS_cachestat 451
#endif

enum { SIZE = 8 * 65536 };

int main(void)
{
    begin();
    struct { uint64_t offset, length; } range = {0, 0};
    struct { uint64_t cached, dirty, writeback, evicted, recently_evicted; } state;
    int fd = CHECK_OK(open("file", O_RDWR | O_CREAT, 0600));
    if (syscall(SYS_cachestat, fd, &range, &state, 0) == -1) {
        /* Linux before 6.5, or a sandbox that does not know it. */
        CHECK(errno == ENOSYS || errno == EPERM);
        return finish();
    }
    CHECK_EQ(state.cached, 0);
    char *data = calloc(1, SIZE);
    CHECK_EQ(write(fd, data, SIZE), SIZE);
    uint64_t pages = SIZE / sysconf(_SC_PAGESIZE);
    memset(&state, 0xff, sizeof state);
    CHECK_OK(syscall(SYS_cachestat, fd, &range, &state, 0));
    CHECK_EQ(state.cached, pages);
    CHECK(state.dirty <= pages && state.writeback <= pages);
    range.offset = SIZE / 2;
    range.length = SIZE / 4;
    CHECK_OK(syscall(SYS_cachestat, fd, &range, &state, 0));
    CHECK_EQ(state.cached, pages / 4);
    CHECK_ERR(syscall(SYS_cachestat, fd, &range, &state, 1), EINVAL);
    CHECK_ERR(syscall(SYS_cachestat, fd, BAD, &state, 0), EFAULT);
    CHECK_ERR(syscall(SYS_cachestat, fd, &range, BAD, 0), EFAULT);
    CHECK_ERR(syscall(SYS_cachestat, 999, &range, &state, 0), EBADF);
    return finish();
}

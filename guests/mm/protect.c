// syscalls: mprotect madvise msync mincore mlock munlock mlockall munlockall mlock2
// Protection and advice on ranges, with the errors of each.
#include "../check.h"
#include <sys/mman.h>
#include <sys/resource.h>

#define RW (PROT_READ | PROT_WRITE)

int main(void)
{
    begin();
    char *a = mmap(NULL, 8 * 4096, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(a != MAP_FAILED);
    memset(a, 'a', 8 * 4096);
    CHECK_OK(mprotect(a, 4096, PROT_READ));
    CHECK_OK(mprotect(a + 100 * 0, 1, RW));
    CHECK_ERR(mprotect(a + 1, 4096, RW), EINVAL);
    CHECK_ERR(mprotect(a, 4096, 0x1000), EINVAL);
    CHECK_OK(mprotect(a, 0, RW));
    /* A hole: what comes before it has been changed. */
    CHECK_OK(munmap(a + 4096, 4096));
    CHECK_ERR(mprotect(a, 3 * 4096, PROT_READ), ENOMEM);
    int channel[2];
    CHECK_OK(pipe(channel));
    CHECK_EQ(write(channel[1], "xy", 2), 2);
    CHECK_ERR(read(channel[0], a, 1), EFAULT);
    CHECK_EQ(read(channel[0], a + 2 * 4096, 1), 1);
    CHECK_OK(mprotect(a, 4096, PROT_NONE));
    CHECK_ERR(write(channel[1], a, 1), EFAULT);
    CHECK_OK(mprotect(a, 4096, RW));
    CHECK_EQ(a[0], 'a');
    CHECK_ERR(mprotect(a + 2 * 4096, 4096, RW | PROT_GROWSDOWN), EINVAL);

    /* Advice. */
    a += 2 * 4096;
    CHECK_OK(madvise(a, 4096, MADV_DONTNEED));
    CHECK_EQ(a[1], 0);
    CHECK_EQ(a[4096], 'a');
    CHECK_OK(madvise(a, 4096, MADV_WILLNEED));
    CHECK_OK(madvise(a, 4096, MADV_SEQUENTIAL));
    CHECK_OK(madvise(a, 0, MADV_DONTNEED));
    CHECK_ERR(madvise(a + 1, 4096, MADV_DONTNEED), EINVAL);
    CHECK_ERR(madvise(a, 4096, 9999), EINVAL);
    CHECK_ERR(madvise(a - 4096, 4096, MADV_DONTNEED), ENOMEM);
    unsigned char resident[2] = {9, 9};
    CHECK_ERR(msync(a - 4096, 4096, MS_SYNC), ENOMEM);
    CHECK_ERR(mincore(a - 4096, 4096, resident), ENOMEM);
    CHECK_ERR(mlock(a - 4096, 4096), ENOMEM);
    CHECK_ERR(munlock(a - 4096, 4096), ENOMEM);
    a[4096] = 'b';
    CHECK_OK(madvise(a + 4096, 4096, MADV_DONTFORK));
    CHECK_OK(madvise(a + 8192, 4096, MADV_WIPEONFORK));
    a[8192] = 'w';
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        CHECK_EQ(a[8192], 0);
        *(volatile char *)(a + 4096);
        _exit(0);
    }
    CHECK_KILLED(pid, SIGSEGV);
    CHECK_EQ(a[8192], 'w');
    CHECK_EQ(a[4096], 'b');

    put_file("file", "content");
    int fd = CHECK_OK(open("file", O_RDWR));
    char *view = mmap(NULL, 4096, RW, MAP_PRIVATE, fd, 0);
    CHECK(view != MAP_FAILED);
    view[0] = 'X';
    CHECK_OK(madvise(view, 4096, MADV_DONTNEED));
    CHECK_EQ(view[0], 'c');

    char *shared = mmap(NULL, 8192, RW, MAP_SHARED, fd, 0);
    CHECK(shared != MAP_FAILED);
    shared[0] = 'S';
    CHECK_OK(msync(shared, 4096, MS_SYNC));
    CHECK_OK(msync(shared, 4096, MS_ASYNC | MS_INVALIDATE));
    check_file("file", "Sontent");
    CHECK_ERR(msync(shared, 4096, MS_SYNC | MS_ASYNC), EINVAL);
    CHECK_ERR(msync(shared, 4096, 8), EINVAL);
    CHECK_ERR(msync(shared + 1, 4096, MS_SYNC), EINVAL);

    CHECK_OK(mincore(a + 4096, 4096, resident));
    CHECK_EQ(resident[0] & 1, 1);
    CHECK_EQ(resident[1], 9);
    CHECK_ERR(mincore(a + 1, 4096, resident), EINVAL);
    CHECK_ERR(mincore(a, 4096, BAD), EFAULT);

    CHECK_OK(mlock(a, 4096));
    CHECK_OK(munlock(a, 4096));
    CHECK_OK(syscall(SYS_mlock2, a, 4096, 1));
    CHECK_ERR(syscall(SYS_mlock2, a, 4096, 2), EINVAL);
    CHECK_ERR(mlockall(0), EINVAL);
    CHECK_ERR(mlockall(0x100), EINVAL);
    CHECK_OK(munlockall());
    /* Locked memory counts against a limit, except root's, until it is unlocked. */
    IN_CHILD({
        struct rlimit limit = {8 * 4096, 8 * 4096};
        CHECK_OK(setrlimit(RLIMIT_MEMLOCK, &limit));
        if (!IS_ROOT || setresuid(65534, 65534, 65534) == 0) {
            char *b = mmap(NULL, 16 * 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            CHECK(b != MAP_FAILED);
            CHECK_OK(mlock(b, 8 * 4096));
            CHECK_ERR(mlock(b + 8 * 4096, 4096), ENOMEM);
            CHECK_OK(munlock(b, 4096));
            CHECK_OK(mlock(b + 8 * 4096, 4096));
            CHECK_OK(munlockall());
            CHECK_OK(mlock(b + 8 * 4096, 8 * 4096));
        }
    });
    return finish();
}

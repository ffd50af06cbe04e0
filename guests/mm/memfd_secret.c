// syscalls: memfd_secret
// Memory that the kernel itself has no view of.
#include "../check.h"
#include <sys/mman.h>

#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif

enum { PAGE = 65536 };

int main(void)
{
    begin();
    int fd = syscall(SYS_memfd_secret, O_CLOEXEC);
    if (fd == -1) {
        /* Not configured, or a sandbox that does not know it. */
        CHECK(errno == ENOSYS || errno == EPERM);
        return finish();
    }
    CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    CHECK_ERR(syscall(SYS_memfd_secret, 1), EINVAL);
    CHECK_OK(ftruncate(fd, PAGE));
    CHECK(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED);
    CHECK_EQ(errno, EINVAL);
    char *at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(at != MAP_FAILED);
    strcpy(at, "secret");
    CHECK_STR(at, "secret");
    /* System calls with ordinary copies work; reading the file does not. */
    int other = CHECK_OK(open("file", O_RDWR | O_CREAT, 0600));
    CHECK_EQ(write(other, at, 7), 7);
    check_file("file", "secret");
    char byte;
    CHECK(pread(fd, &byte, 1, 0) == -1);
    CHECK_OK(munmap(at, PAGE));
    return finish();
}

// syscalls: memfd_create fcntl
// Files in memory, and their seals.
#include "../check.h"
#include <sys/mman.h>

int main(void)
{
    begin();
    int fd = CHECK_OK(memfd_create("name", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    char link[64], target[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = CHECK_OK(readlink(link, target, sizeof target - 1));
    target[length] = 0;
    CHECK_STR(target, "/memfd:name (deleted)");
    CHECK_EQ(write(fd, "data", 4), 4);
    CHECK_OK(ftruncate(fd, 8192));
    char *view = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(view != MAP_FAILED);
    CHECK(memcmp(view, "data", 4) == 0);
    view[5000] = 'x';
    CHECK_EQ(pread(fd, target, 1, 5000), 1);
    CHECK_EQ(target[0], 'x');
    CHECK_EQ(fcntl(fd, F_GET_SEALS), 0);
    CHECK_OK(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW));
    CHECK_ERR(ftruncate(fd, 100), EPERM);
    CHECK_ERR(ftruncate(fd, 10000), EPERM);
    CHECK_ERR(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);
    CHECK_OK(munmap(view, 8192));
    CHECK_OK(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SEAL));
    CHECK_ERR(write(fd, "x", 1), EPERM);
    CHECK_ERR(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EPERM);
    int plain = CHECK_OK(memfd_create("", 0));
    CHECK_EQ(fcntl(plain, F_GET_SEALS), F_SEAL_SEAL);
    CHECK_ERR(memfd_create("x", 0x100), EINVAL);
    CHECK_ERR(syscall(SYS_memfd_create, BAD, 0), EFAULT);
    char name[300];
    memset(name, 'n', sizeof name);
    name[250] = 0;
    CHECK_ERR(memfd_create(name, 0), EINVAL);
    put_file("file", "");
    CHECK_ERR(fcntl(CHECK_OK(open("file", O_RDWR)), F_GET_SEALS), EINVAL);
    return finish();
}

// syscalls: read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek
// The read and write families: offsets, vectors, limits, bad memory.
#include "../check.h"
#include <sys/mman.h>
#include <sys/uio.h>

int main(void)
{
    begin();
    int fd = CHECK_OK(open("file", O_RDWR | O_CREAT, 0644));
    char buffer[64] = "";
    CHECK_EQ(write(fd, "0123456789", 10), 10);
    CHECK_EQ(read(fd, buffer, 4), 0);
    CHECK_EQ(lseek(fd, -3, SEEK_END), 7);
    CHECK_EQ(read(fd, buffer, 64), 3);
    CHECK(memcmp(buffer, "789", 3) == 0);
    CHECK_EQ(lseek(fd, 2, SEEK_SET), 2);
    CHECK_EQ(lseek(fd, 1, SEEK_CUR), 3);
    CHECK_ERR(lseek(fd, -4, SEEK_CUR), EINVAL);
    CHECK_ERR(lseek(fd, 0, 17), EINVAL);
    CHECK_ERR(lseek(fd, 20, SEEK_DATA), ENXIO);
    CHECK_EQ(lseek(fd, 0, SEEK_DATA), 0);
    CHECK_EQ(lseek(fd, 0, SEEK_HOLE), 10);

    CHECK_EQ(pread(fd, buffer, 4, 8), 2);
    CHECK_EQ(pwrite(fd, "AB", 2, 12), 2);
    CHECK_ERR(pread(fd, buffer, 1, -1), EINVAL);
    CHECK_ERR(pwrite(fd, buffer, 1, -1), EINVAL);
    CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
    CHECK_EQ(read(fd, buffer, 64), 14);
    CHECK(memcmp(buffer, "0123456789\0\0AB", 14) == 0);

    /* Vectors: scattered, empty parts, limits. */
    char one[3], two[5];
    struct iovec parts[3] = {{one, 3}, {BAD, 0}, {two, 5}};
    CHECK_EQ(preadv(fd, parts, 3, 1), 8);
    CHECK(memcmp(one, "123", 3) == 0 && memcmp(two, "45678", 5) == 0);
    CHECK_EQ(pwritev(fd, parts, 3, 100), 8);
    CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
    CHECK_EQ(readv(fd, parts, 1), 3);
    CHECK_EQ(writev(fd, parts, 3), 8);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 11);
    CHECK_EQ(readv(fd, parts, 0), 0);
    CHECK_ERR(readv(fd, parts, -1), EINVAL);
    CHECK_ERR(readv(fd, parts, 1025), EINVAL);
    CHECK_ERR(writev(fd, BAD, 1), EFAULT);
    struct iovec negative = {one, (size_t)-1};
    CHECK_ERR(readv(fd, &negative, 1), EINVAL);
    CHECK_EQ(preadv2(fd, parts, 3, 0, 0), 8);
    CHECK_EQ(preadv2(fd, parts, 3, -1, 0), 8);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 19);
    CHECK_EQ(pwritev2(fd, parts, 1, 0, RWF_APPEND), 3);
    CHECK_EQ(lseek(fd, 0, SEEK_END), 111);
    CHECK_ERR(preadv2(fd, parts, 1, 0, 0x4000), EOPNOTSUPP);
    CHECK_ERR(preadv2(fd, parts, 1, -2, 0), EINVAL);

    /* Bad memory is an error, and a partial transfer up to it counts. */
    CHECK_ERR(write(fd, BAD, 1), EFAULT);
    CHECK_ERR(pread(fd, BAD, 1, 0), EFAULT);
    char *pages = mmap(0, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(pages != MAP_FAILED);
    CHECK_OK(munmap(pages + 4096, 4096));
    int channel[2];
    CHECK_OK(pipe(channel));
    CHECK_EQ(write(channel[1], pages + 4096 - 10, 10), 10);
    CHECK_ERR(write(channel[1], pages + 4096, 10), EFAULT);
    CHECK_ERR(read(channel[0], pages + 4096, 10), EFAULT);
    struct iovec half[2] = {{pages + 4096 - 4, 4}, {pages + 4096, 4}};
    CHECK_EQ(pwritev(fd, half, 2, 0), 4);

    /* Descriptors that cannot. */
    CHECK_ERR(read(-1, buffer, 1), EBADF);
    CHECK_ERR(write(1000, buffer, 1), EBADF);
    CHECK_ERR(lseek(channel[0], 0, SEEK_SET), ESPIPE);
    CHECK_ERR(pread(channel[0], buffer, 1, 0), ESPIPE);
    int dir = CHECK_OK(open(".", O_RDONLY));
    CHECK_ERR(read(dir, buffer, 1), EISDIR);
    CHECK_ERR(write(dir, buffer, 1), EBADF);

    int full = CHECK_OK(open("/dev/full", O_RDWR));
    CHECK_ERR(write(full, "x", 1), ENOSPC);
    CHECK_EQ(read(full, buffer, 8), 8);
    CHECK_EQ(buffer[7], 0);
    int null = CHECK_OK(open("/dev/null", O_RDWR));
    CHECK_EQ(write(null, "x", 1), 1);
    CHECK_EQ(read(null, buffer, 8), 0);

    /* A writer without readers gets SIGPIPE, or EPIPE when that is ignored. */
    CHECK_OK(close(channel[0]));
    signal(SIGPIPE, SIG_IGN);
    CHECK_ERR(write(channel[1], "x", 1), EPIPE);
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        signal(SIGPIPE, SIG_DFL);
        write(channel[1], "x", 1);
        _exit(0);
    }
    CHECK_KILLED(pid, SIGPIPE);
    return finish();
}

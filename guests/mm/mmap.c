// syscalls: mmap munmap mprotect
// Placement, flags, files, and what unknown flags do.
#include "../check.h"
#include <sys/mman.h>

#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static char *map(void *at, size_t length, int protection, int flags, int fd, off_t offset)
{
    return mmap(at, length, protection, flags, fd, offset);
}

int main(void)
{
    begin();
    char *a = map(NULL, 3 * 4096, RW, ANON, -1, 0);
    CHECK(a != MAP_FAILED);
    CHECK_EQ((uintptr_t)a % 4096, 0);
    for (int i = 0; i < 3 * 4096; i++)
        CHECK_EQ(a[i], 0);
    memset(a, 'a', 3 * 4096);
    /* MAP_FIXED replaces a part, and only that. */
    CHECK(map(a + 4096, 4096, RW, ANON | MAP_FIXED, -1, 0) == a + 4096);
    CHECK(a[4095] == 'a' && a[4096] == 0 && a[8191] == 0 && a[8192] == 'a');
    CHECK_ERR(map(a, 4096, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0), EEXIST);
    CHECK_OK(munmap(a + 4096, 4096));
    CHECK(map(a + 4096, 4096, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0) == a + 4096);
    CHECK_OK(munmap(a + 4096, 4096));
    /* A hint at a free place is taken, at a used place not. */
    CHECK(map(a + 4096, 4096, RW, ANON, -1, 0) == a + 4096);
    char *b = map(a, 4096, RW, ANON, -1, 0);
    CHECK(b != MAP_FAILED && b != a);
    CHECK_OK(munmap(b, 4096));
    CHECK_OK(munmap(b, 4096));

    CHECK_ERR(map(NULL, 0, RW, ANON, -1, 0), EINVAL);
    CHECK_ERR(map(NULL, 4096, RW, MAP_ANONYMOUS, -1, 0), EINVAL);
    CHECK_ERR(map(a + 1, 4096, RW, ANON | MAP_FIXED, -1, 0), EINVAL);
    CHECK_ERR(map(NULL, 4096, RW, MAP_PRIVATE, -1, 0), EBADF);
    CHECK_ERR(syscall(SYS_mmap, NULL, 4096, RW, ANON, -1, 100), EINVAL);
    CHECK_ERR(map(NULL, -4096ul, RW, ANON, -1, 0), ENOMEM);
    CHECK_ERR(map(NULL, 1ul << 60, RW, ANON, -1, 0), ENOMEM);
    CHECK_ERR(map((void *)-4096ul, 4096, RW, ANON | MAP_FIXED, -1, 0), ENOMEM);
    CHECK_ERR(munmap(a + 1, 4096), EINVAL);
    CHECK_ERR(munmap(a, 0), EINVAL);
    CHECK_ERR(munmap((void *)-4096ul, 4096), EINVAL);

    /* Files: private copies, shared writes, the tail of the last page, rights of the descriptor. */
    put_file("file", "file content");
    int rw = CHECK_OK(open("file", O_RDWR)), ro = CHECK_OK(open("file", O_RDONLY));
    int wo = CHECK_OK(open("file", O_WRONLY)), path = CHECK_OK(open("file", O_PATH));
    char *private = map(NULL, 4096, RW, MAP_PRIVATE, ro, 0);
    char *shared = map(NULL, 4096, RW, MAP_SHARED, rw, 0);
    CHECK(private != MAP_FAILED && shared != MAP_FAILED);
    private[0] = 'P';
    CHECK_EQ(shared[0], 'f');
    shared[1] = 'S';
    CHECK_EQ(private[0], 'P');
    check_file("file", "fSle content");
    CHECK_EQ(pwrite(rw, "W", 1, 2), 1);
    CHECK_EQ(shared[2], 'W');
    CHECK_EQ(shared[100], 0);
    CHECK_ERR(map(NULL, 4096, RW, MAP_SHARED, ro, 0), EACCES);
    CHECK_ERR(map(NULL, 4096, PROT_READ, MAP_PRIVATE, wo, 0), EACCES);
    CHECK_ERR(map(NULL, 4096, PROT_READ, MAP_PRIVATE, path, 0), EBADF);
    CHECK_ERR(map(NULL, 4096, PROT_READ, MAP_PRIVATE, CHECK_OK(open(".", O_RDONLY)), 0), ENODEV);
    CHECK_ERR(syscall(SYS_mmap, NULL, 4096, PROT_READ, MAP_PRIVATE, rw, 100), EINVAL);
    char *reading = map(NULL, 4096, PROT_READ, MAP_SHARED, ro, 0);
    CHECK(reading != MAP_FAILED);
    CHECK_ERR(mprotect(reading, 4096, RW), EACCES);
    CHECK_OK(close(rw));
    shared[3] = 'C';
    CHECK_EQ(reading[3], 'C');

    /* MAP_SHARED_VALIDATE checks flags. */
    CHECK_ERR(map(NULL, 4096, PROT_READ, MAP_SHARED_VALIDATE | 0x400000, ro, 0), EOPNOTSUPP);
    CHECK(map(NULL, 4096, PROT_READ, MAP_SHARED_VALIDATE, ro, 0) != MAP_FAILED);

    /* Another process sees shared writes. */
    char *both = map(NULL, 4096, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(both != MAP_FAILED);
    IN_CHILD({
        both[0] = 'x';
        shared[4] = 'N';
        private[0] = 'Q';
    });
    CHECK_EQ(both[0], 'x');
    CHECK_EQ(reading[4], 'N');
    CHECK_EQ(private[0], 'P');

    CHECK(map(NULL, 1 << 20, RW, ANON | MAP_POPULATE | MAP_NORESERVE, -1, 0) != MAP_FAILED);
    CHECK(map(NULL, 4096, RW, ANON | MAP_STACK, -1, 0) != MAP_FAILED);
    char *big = map(NULL, 1ul << 36, RW, ANON | MAP_NORESERVE, -1, 0);
    CHECK(big != MAP_FAILED);
    big[(1ul << 36) - 1] = 1;
    CHECK_OK(munmap(big, 1ul << 36));

    /* One munmap over several mappings and holes. */
    a = map(NULL, 10 * 4096, RW, ANON, -1, 0);
    CHECK(a != MAP_FAILED);
    CHECK_OK(mprotect(a + 4096, 4096, PROT_READ));
    CHECK_OK(munmap(a + 3 * 4096, 4096));
    CHECK_OK(munmap(a, 10 * 4096));
    CHECK_ERR(mprotect(a, 4096, RW), ENOMEM);
    return finish();
}

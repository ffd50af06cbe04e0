// syscalls: mremap
// Growing, shrinking, moving.
#include "../check.h"
#include <sys/mman.h>

#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

int main(void)
{
    begin();
    char *a = mmap(NULL, 17 * 4096, RW, ANON, -1, 0);
    CHECK(a != MAP_FAILED);
    for (int i = 0; i < 16; i++)
        a[i * 4096] = 'a' + i;
    CHECK(mremap(a, 16 * 4096, 8 * 4096, 0) == a);
    CHECK_EQ(a[7 * 4096], 'h');
    CHECK(mremap(a, 8 * 4096, 16 * 4096, 0) == a);
    CHECK_EQ(a[8 * 4096], 0);
    CHECK_OK(mprotect(a + 16 * 4096, 4096, PROT_READ));
    CHECK_ERR(mremap(a, 16 * 4096, 20 * 4096, 0), ENOMEM);
    char *b = mremap(a, 16 * 4096, 20 * 4096, MREMAP_MAYMOVE);
    CHECK(b != MAP_FAILED && b != a);
    CHECK_EQ(b[3 * 4096], 'd');
    CHECK_EQ(b[19 * 4096], 0);
    CHECK_ERR(mprotect(a, 4096, RW), ENOMEM);

    char *target = mmap(NULL, 8 * 4096, RW, ANON, -1, 0);
    CHECK(target != MAP_FAILED);
    CHECK(mremap(b, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, target + 4096) == target + 4096);
    CHECK_EQ(target[4096], 'a');
    CHECK_EQ(target[0], 0);
    CHECK(mremap(b + 4096, 4096, 4096, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0) != MAP_FAILED);
    CHECK_EQ(b[4096], 0);

    CHECK_ERR(mremap(b + 1, 4096, 8192, 0), EINVAL);
    CHECK_ERR(mremap(b + 4096, 4096, 0, 0), EINVAL);
    CHECK_ERR(mremap(b + 4096, 4096, 4096, 8), EINVAL);
    CHECK_ERR(mremap(b + 4096, 4096, 4096, MREMAP_FIXED, target), EINVAL);
    CHECK_ERR(mremap(b + 4096, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, target + 1), EINVAL);
    CHECK_ERR(mremap(target, 8192, 8192, MREMAP_MAYMOVE | MREMAP_FIXED, target + 4096), EINVAL);
    CHECK_ERR(mremap(a, 4096, 8192, MREMAP_MAYMOVE), EFAULT);

    put_file("file", "content");
    int fd = CHECK_OK(open("file", O_RDWR));
    CHECK_OK(ftruncate(fd, 8192));
    char *view = mmap(NULL, 4096, RW, MAP_SHARED, fd, 0);
    CHECK(view != MAP_FAILED);
    view = mremap(view, 4096, 8192, MREMAP_MAYMOVE);
    CHECK(view != MAP_FAILED);
    view[4096] = 'z';
    char byte;
    CHECK_EQ(pread(fd, &byte, 1, 4096), 1);
    CHECK_EQ(byte, 'z');
    /* An old size of zero makes a second view of a shared mapping. */
    char *second = mremap(view, 0, 4096, MREMAP_MAYMOVE);
    CHECK(second != MAP_FAILED);
    second[0] = 'Y';
    CHECK_EQ(view[0], 'Y');
    return finish();
}

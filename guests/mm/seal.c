// syscalls: mseal munmap mremap mprotect madvise mmap
// Memory that is to stay as it is.
#include "../check.h"
#include <sys/mman.h>

#ifndef SYS_mseal
#define SYS_mseal 462
#endif

enum { PAGE = 65536 };

static char *pages(int count, int prot)
{
    char *at = mmap(NULL, count * PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(at != MAP_FAILED);
    return at;
}

static long mseal(void *addr, size_t len, unsigned long flags)
{
    return syscall(SYS_mseal, addr, len, flags);
}

int main(void)
{
    begin();
    if (mseal(NULL, 0, 0) == -1) {
        /* Linux before 6.10. */
        CHECK_EQ(errno, ENOSYS);
        return finish();
    }
    char *at = pages(3, PROT_READ);
    CHECK_ERR(mseal(at, PAGE, 1), EINVAL);
    CHECK_ERR(mseal(at + 1, PAGE, 0), EINVAL);
    CHECK_ERR(mseal(at, -1ul, 0), EINVAL);
    CHECK_OK(munmap(at + 2 * PAGE, PAGE));
    CHECK_ERR(mseal(at, 3 * PAGE, 0), ENOMEM);
    CHECK_OK(mprotect(at, PAGE, PROT_READ | PROT_WRITE));
    at[0] = 'a';
    CHECK_OK(mprotect(at, PAGE, PROT_READ));

    char *middle = at + PAGE;
    CHECK_OK(mseal(middle, PAGE, 0));
    CHECK_OK(mseal(middle, PAGE, 0));
    CHECK_ERR(mprotect(middle, PAGE, PROT_READ), EPERM);
    CHECK_ERR(munmap(middle, PAGE), EPERM);
    /* All or nothing. */
    CHECK_ERR(munmap(at, 2 * PAGE), EPERM);
    CHECK_EQ(at[0], 'a');
    CHECK_ERR(mremap(middle, PAGE, 2 * PAGE, MREMAP_MAYMOVE), EPERM);
    CHECK_ERR(mremap(middle, PAGE, PAGE, 0), EPERM);
    CHECK(mmap(middle, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED);
    CHECK_EQ(errno, EPERM);
    CHECK(mremap(at, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, middle) == MAP_FAILED);
    CHECK_EQ(errno, EPERM);
    CHECK_EQ(at[0], 'a');
    /* What it holds cannot be discarded, unless it could be written over. */
    CHECK_ERR(madvise(middle, PAGE, MADV_DONTNEED), EPERM);
    CHECK_ERR(madvise(middle, PAGE, MADV_DONTFORK), EPERM);
    CHECK_OK(madvise(middle, PAGE, MADV_WILLNEED));
    char *writable = pages(1, PROT_READ | PROT_WRITE);
    writable[0] = 'w';
    CHECK_OK(mseal(writable, PAGE, 0));
    CHECK_OK(madvise(writable, PAGE, MADV_DONTNEED));
    CHECK_EQ(writable[0], 0);
    char *shared = mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(shared != MAP_FAILED);
    CHECK_OK(mseal(shared, PAGE, 0));
    CHECK_OK(madvise(shared, PAGE, MADV_DONTNEED));

    /* A child's, too; and it ends with the program. */
    IN_CHILD({
        CHECK_ERR(munmap(middle, PAGE), EPERM);
        CHECK_OK(munmap(at, PAGE));
    });
    IN_CHILD({ execl("/bin/true", "true", NULL); });
    return finish();
}

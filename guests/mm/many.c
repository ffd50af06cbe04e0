// syscalls: mmap munmap mprotect
// 20,000 mappings: no cost that grows with their square, and every one right.
#include "../check.h"
#include <sys/mman.h>

enum { COUNT = 20000 };

int main(void)
{
    begin();
    char *base = mmap(NULL, 2 * COUNT * 4096ul, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(base != MAP_FAILED);
    for (size_t i = 0; i < COUNT; i++) {
        base[i * 8192] = i;
        base[i * 8192 + 4096] = ~i;
    }
    for (size_t i = 0; i < COUNT; i++)
        CHECK_OK(mprotect(base + i * 8192, 4096, PROT_READ));
    for (size_t i = 0; i < COUNT; i++) {
        CHECK_EQ(base[i * 8192], (char)i);
        base[i * 8192 + 4096]++;
    }
    for (size_t i = 0; i < COUNT; i += 2)
        CHECK_OK(munmap(base + i * 8192, 4096));
    char *hole = mmap(base + 8192 * 100, 4096, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(hole == base + 8192 * 100);
    for (size_t i = 1; i < COUNT; i += 2) {
        CHECK_EQ(base[i * 8192], (char)i);
        CHECK_EQ(base[i * 8192 + 4096], (char)(~i + 1));
    }
    CHECK_OK(munmap(base, 2 * COUNT * 4096ul));
    CHECK_ERR(mprotect(base, 4096, PROT_READ), ENOMEM);
    return finish();
}

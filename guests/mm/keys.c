// syscalls: pkey_alloc pkey_free pkey_mprotect map_shadow_stack
// Protection keys and shadow stacks, for processors that lack them.
#include "../check.h"
#include <sys/mman.h>

#ifndef SYS_map_shadow_stack
#define SYS_map_shadow_stack 453
#endif

int main(void)
{
    begin();
    CHECK_ERR(syscall(SYS_pkey_alloc, 1, 0), EINVAL);
    CHECK_ERR(syscall(SYS_pkey_alloc, 0, 0x100), EINVAL);
    long key = syscall(SYS_pkey_alloc, 0, 0);
    /* An x86 processor without keys gives out the only one there is, and then cannot set it. */
    int has_none = key == -1 && errno == EINVAL;
#ifdef __aarch64__
    CHECK_EQ(key, -1);
    CHECK(!has_none);
#endif
    if (key == -1)
        CHECK(has_none || errno == ENOSPC);
    else
        CHECK_OK(syscall(SYS_pkey_free, key));
    CHECK_ERR(syscall(SYS_pkey_free, 9), EINVAL);
    CHECK_ERR(syscall(SYS_pkey_free, -1), EINVAL);
    CHECK_ERR(syscall(SYS_pkey_free, 1000), EINVAL);

    char *page = mmap(NULL, 65536, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(page != MAP_FAILED);
    /* Without a key, or with that of all memory, it is mprotect. */
    CHECK_OK(syscall(SYS_pkey_mprotect, page, 65536, PROT_READ | PROT_WRITE, -1));
    page[0] = 1;
    if (!has_none) {
        CHECK_OK(syscall(SYS_pkey_mprotect, page, 65536, PROT_READ, 0));
        CHECK_OK(syscall(SYS_pkey_mprotect, page, 65536, PROT_READ | PROT_WRITE, 0));
    }
    page[0] = 2;
    CHECK_ERR(syscall(SYS_pkey_mprotect, page, 65536, PROT_READ, 9), EINVAL);
    CHECK_ERR(syscall(SYS_pkey_mprotect, page + 1, 65536, PROT_READ, -1), EINVAL);
    CHECK_ERR(syscall(SYS_pkey_mprotect, page, 65536, 0x40, -1), EINVAL);

    long stack = syscall(SYS_map_shadow_stack, 0, 65536, 0);
#ifdef __aarch64__
    CHECK_EQ(stack, -1);
    CHECK_EQ(errno, EOPNOTSUPP);
#endif
    if (stack == -1)
        CHECK(errno == EOPNOTSUPP || errno == ENOSYS);
    return finish();
}

// syscalls: set_mempolicy get_mempolicy mbind
// On which nodes memory is, for a machine that has node 0 at least.
#include "../check.h"
#include <sys/mman.h>

enum { DEFAULT = 0, PREFERRED = 1, BIND = 2, F_ADDR = 2, F_NODE = 1, F_MEMS_ALLOWED = 4, PAGE = 65536 };

static long get(int *mode, unsigned long *mask, unsigned long bits, void *addr, unsigned long flags)
{
    return syscall(SYS_get_mempolicy, mode, mask, bits, addr, flags);
}

int main(void)
{
    begin();
    int mode = -1;
    unsigned long mask[16];
    memset(mask, 0xff, sizeof mask);
    if (get(&mode, mask, 1024, NULL, 0) == -1) {
        /* A kernel without NUMA, or a sandbox that keeps these calls from its programs. */
        CHECK(errno == ENOSYS || errno == EPERM);
        return finish();
    }
    CHECK_EQ(mode, DEFAULT);
    for (int i = 0; i < 16; i++)
        CHECK_EQ(mask[i], 0);
    CHECK_OK(get(NULL, mask, 1024, NULL, F_MEMS_ALLOWED));
    CHECK(mask[0] & 1);
    CHECK_OK(get(NULL, NULL, 0, NULL, 0));
    CHECK_ERR(get(&mode, mask, 0, NULL, 0), EINVAL);
    CHECK_ERR(get(BAD, NULL, 0, NULL, 0), EFAULT);
    CHECK_ERR(get(&mode, BAD, 1024, NULL, 0), EFAULT);
    CHECK_ERR(get(&mode, NULL, 0, &mode, 0), EINVAL);
    CHECK_ERR(get(&mode, NULL, 0, BAD, F_ADDR), EFAULT);

    unsigned long node = 1;
    CHECK_ERR(syscall(SYS_set_mempolicy, 99, NULL, 0), EINVAL);
    CHECK_ERR(syscall(SYS_set_mempolicy, BIND, NULL, 0), EINVAL);
    CHECK_ERR(syscall(SYS_set_mempolicy, BIND, BAD, 64), EFAULT);
    CHECK_ERR(syscall(SYS_set_mempolicy, BIND, &node, 1ul << 40), EINVAL);
    CHECK_OK(syscall(SYS_set_mempolicy, BIND, &node, 64));
    CHECK_OK(get(&mode, mask, 1024, NULL, 0));
    CHECK_EQ(mode, BIND);
    CHECK_EQ(mask[0], 1);
    IN_CHILD({
        CHECK_OK(get(&mode, NULL, 0, NULL, 0));
        CHECK_EQ(mode, BIND);
    });
    CHECK_OK(syscall(SYS_set_mempolicy, DEFAULT, NULL, 0));

    char *at = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(at != MAP_FAILED);
    CHECK_OK(syscall(SYS_mbind, at, PAGE, PREFERRED, &node, 64, 0));
    CHECK_OK(get(&mode, mask, 1024, at, F_ADDR));
    CHECK_EQ(mode, PREFERRED);
    CHECK_EQ(mask[0], 1);
    CHECK_OK(get(&mode, mask, 1024, at + PAGE, F_ADDR));
    CHECK_EQ(mode, DEFAULT);
    at[0] = 1;
    CHECK_OK(get(&mode, NULL, 0, at, F_ADDR | F_NODE));
    CHECK_EQ(mode, 0);
    CHECK_ERR(syscall(SYS_mbind, at + 1, PAGE, BIND, &node, 64, 0), EINVAL);
    CHECK_ERR(syscall(SYS_mbind, at, PAGE, 99, &node, 64, 0), EINVAL);
    CHECK_ERR(syscall(SYS_mbind, at, PAGE, BIND, &node, 64, 0x100), EINVAL);
    CHECK_ERR(syscall(SYS_mbind, at, PAGE, BIND, BAD, 64, 0), EFAULT);
    CHECK_OK(syscall(SYS_mbind, at, 0, BIND, &node, 64, 0));
    CHECK_OK(munmap(at + PAGE, PAGE));
    CHECK_ERR(syscall(SYS_mbind, at, 3 * PAGE, BIND, &node, 64, 0), EFAULT);
    CHECK_OK(syscall(SYS_mbind, at, 3 * PAGE, DEFAULT, NULL, 0, 0));
    CHECK_OK(get(&mode, NULL, 0, at, F_ADDR));
    CHECK_EQ(mode, DEFAULT);
    return finish();
}

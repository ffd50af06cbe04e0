// syscalls: getpid
// Numbers that no call has, and what of the register makes the number.
#include "../check.h"

int main(void)
{
    begin();
    for (long number = 1024; number < 1100; number++)
        CHECK_ERR(syscall(number, 1, 2, 3, 4, 5, 6), ENOSYS);
    CHECK_ERR(syscall(-1), ENOSYS);
    CHECK_ERR(syscall(INT_MIN), ENOSYS);
    CHECK_ERR(syscall(INT_MAX), ENOSYS);
    /* The number is an int: only the lower half counts. */
#ifdef __aarch64__
    /* Watching what all programs do is the host's to allow; a program falls back to inotify. */
    CHECK_ERR(syscall(262, 0, O_RDONLY), ENOSYS);
    CHECK_ERR(syscall(263, -1, 1, 0l, AT_FDCWD, "/"), ENOSYS);
#endif
    CHECK_EQ(syscall(1l << 32 | SYS_getpid), getpid());
    CHECK_EQ(syscall((long)0xffffffff00000000 | SYS_getpid), getpid());
    return finish();
}

// syscalls: membarrier
// Barriers for all threads at once.
#include "../check.h"
#include <linux/membarrier.h>

static long membarrier(int command, unsigned flags)
{
    return syscall(SYS_membarrier, command, flags, 0);
}

int main(void)
{
    begin();
    long commands = CHECK_OK(membarrier(MEMBARRIER_CMD_QUERY, 0));
    CHECK(commands & MEMBARRIER_CMD_GLOBAL);
    CHECK_ERR(membarrier(MEMBARRIER_CMD_QUERY, 1), EINVAL);
    CHECK_ERR(membarrier(1 << 30, 0), EINVAL);
    CHECK_OK(membarrier(MEMBARRIER_CMD_GLOBAL, 0));
    if (commands & MEMBARRIER_CMD_PRIVATE_EXPEDITED) {
        CHECK_ERR(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0), EPERM);
        CHECK_OK(membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0));
        CHECK_OK(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0));
        /* Registered for a child, too. */
        IN_CHILD({ CHECK_OK(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0)); });
    }
    if (commands & MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE) {
        CHECK_OK(membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0));
        CHECK_OK(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0));
    }
    return finish();
}

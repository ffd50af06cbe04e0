// syscalls: prctl capset
// Ambient capabilities (capabilities(7)): what is asked, what is refused. Nothing is raised, because what comes of it is
// another program's.
#include "../check.h"
#include <linux/capability.h>
#include <sys/prctl.h>

static int ambient(unsigned long what, unsigned long capability, unsigned long rest)
{
    return prctl(PR_CAP_AMBIENT, what, capability, rest, 0);
}

int main(void)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct sets[2];

    begin();
    // What is not inheritable cannot become ambient.
    CHECK_EQ(syscall(SYS_capget, &header, sets), 0);
    sets[0].inheritable = sets[1].inheritable = 0;
    CHECK_EQ(syscall(SYS_capset, &header, sets), 0);

    CHECK_EQ(ambient(PR_CAP_AMBIENT_CLEAR_ALL, 0, 0), 0);
    CHECK_ERR(ambient(PR_CAP_AMBIENT_CLEAR_ALL, CAP_KILL, 0), EINVAL);
    CHECK_EQ(ambient(PR_CAP_AMBIENT_IS_SET, CAP_KILL, 0), 0);
    CHECK_EQ(ambient(PR_CAP_AMBIENT_LOWER, CAP_KILL, 0), 0);
    CHECK_ERR(ambient(PR_CAP_AMBIENT_RAISE, CAP_KILL, 0), EPERM);
    CHECK_EQ(ambient(PR_CAP_AMBIENT_IS_SET, CAP_KILL, 0), 0);
    CHECK_ERR(ambient(PR_CAP_AMBIENT_IS_SET, 64, 0), EINVAL);
    CHECK_ERR(ambient(PR_CAP_AMBIENT_IS_SET, CAP_KILL, 1), EINVAL);
    CHECK_ERR(ambient(0, CAP_KILL, 0), EINVAL);
    CHECK_ERR(ambient(5, CAP_KILL, 0), EINVAL);
    return finish();
}

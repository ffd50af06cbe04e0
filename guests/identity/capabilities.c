// syscalls: capget capset
// Capabilities of the calling thread: reading, dropping for good, versions.
#include "../check.h"
#include <linux/capability.h>

static long get(struct __user_cap_header_struct *header, struct __user_cap_data_struct *data)
{
    return syscall(SYS_capget, header, data);
}

int main(void)
{
    begin();
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2], again[2], old[2];
    CHECK_OK(get(&header, data));
    if (IS_ROOT)
        CHECK(data[0].effective != 0);
    CHECK_EQ(data[0].effective & ~data[0].permitted, 0);
    header.pid = getpid();
    CHECK_OK(get(&header, again));
    CHECK_EQ(memcmp(data, again, sizeof data), 0);

    /* The first version has one half. */
    memset(old, 0x55, sizeof old);
    header = (struct __user_cap_header_struct){_LINUX_CAPABILITY_VERSION_1, 0};
    CHECK_OK(get(&header, old));
    CHECK_EQ(old[0].permitted, data[0].permitted);
    CHECK_EQ(old[1].permitted, 0x55555555);

    /* Asking for the version that the kernel prefers. */
    header.version = 1;
    CHECK_OK(get(&header, NULL));
    CHECK_EQ(header.version, _LINUX_CAPABILITY_VERSION_3);
    header.version = 1;
    CHECK_ERR(get(&header, data), EINVAL);
    CHECK_EQ(header.version, _LINUX_CAPABILITY_VERSION_3);
    header.version = 1;
    CHECK_ERR(syscall(SYS_capset, &header, data), EINVAL);
    header.pid = -1;
    CHECK_ERR(get(&header, data), EINVAL);
    header.pid = 0x3fffffff;
    CHECK_ERR(get(&header, data), ESRCH);
    CHECK_ERR(syscall(SYS_capset, &header, data), EPERM);
    header.pid = 0;
    CHECK_ERR(get(&header, BAD), EFAULT);
    CHECK_ERR(syscall(SYS_capget, BAD, data), EFAULT);
    CHECK_ERR(syscall(SYS_capset, &header, BAD), EFAULT);

    /* What is given up does not come back. */
    CHECK_OK(syscall(SYS_capset, &header, data));
    IN_CHILD(memset(again, 0, sizeof again); CHECK_OK(syscall(SYS_capset, &header, again));
             CHECK_OK(get(&header, again)); CHECK_EQ(again[0].effective | again[0].permitted, 0);
             again[0].permitted = 1; CHECK_ERR(syscall(SYS_capset, &header, again), EPERM));
    CHECK_OK(get(&header, again));
    CHECK_EQ(again[0].permitted, data[0].permitted);
    return finish();
}

// syscalls: statfs fstatfs
// File system numbers.
#include "../check.h"
#include <sys/statfs.h>
#include <linux/magic.h>

int main(void)
{
    begin();
    struct statfs one, two;
    CHECK_OK(statfs(".", &one));
    int fd = CHECK_OK(open(".", O_RDONLY));
    CHECK_OK(fstatfs(fd, &two));
    CHECK_EQ(one.f_type, two.f_type);
    CHECK_EQ(one.f_bsize, two.f_bsize);
    CHECK_EQ(one.f_blocks, two.f_blocks);
    CHECK(one.f_namelen >= 255);
    CHECK(one.f_bfree <= one.f_blocks);
    CHECK_OK(statfs("/proc", &one));
    CHECK_EQ(one.f_type, PROC_SUPER_MAGIC);
    int channel[2];
    CHECK_OK(pipe(channel));
    CHECK_OK(fstatfs(channel[0], &one));
    CHECK_EQ(one.f_type, PIPEFS_MAGIC);
    CHECK_ERR(statfs("missing", &one), ENOENT);
    CHECK_ERR(fstatfs(99, &one), EBADF);
    CHECK_ERR(syscall(SYS_statfs, ".", BAD), EFAULT);
    return finish();
}

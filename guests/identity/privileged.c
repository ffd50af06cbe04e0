// syscalls: sethostname umount2 chroot
// What only the administrator may do: errors of arguments, and refusal to everybody else.
#include "../check.h"
#include <sys/mount.h>
#include <sys/utsname.h>

#define NOBODY 65534

int main(void)
{
    begin();
    struct utsname before, after;
    CHECK_OK(uname(&before));
    CHECK_OK(mkdir("dir", 0755));
    put_file("dir/file", "inside");
    if (IS_ROOT) {
        /* The name that it has already, because the host's is at stake; a user who is root in a
         * user namespace only may not even do that. */
        if (sethostname(before.nodename, strlen(before.nodename)) == -1)
            CHECK_EQ(errno, EPERM);
        else {
            CHECK_ERR(sethostname(before.nodename, 65), EINVAL);
            CHECK_ERR(sethostname(before.nodename, -1), EINVAL);
            CHECK_ERR(syscall(SYS_sethostname, BAD, 4), EFAULT);
        }
        CHECK_ERR(umount2("dir", 0), EINVAL);
        CHECK_ERR(umount2("missing", 0), ENOENT);
        CHECK_ERR(umount2("dir", 0x40000000), EINVAL);
        CHECK_ERR(syscall(SYS_umount2, BAD, 0), EFAULT);
        CHECK_ERR(chroot("dir/file"), ENOTDIR);
        CHECK_ERR(syscall(SYS_chroot, BAD), EFAULT);
        IN_CHILD({
            CHECK_OK(chroot("dir"));
            CHECK_OK(chdir("/"));
            check_file("/file", "inside");
            check_file("../../file", "inside");
            CHECK_ERR(open(check_dir, O_RDONLY), ENOENT);
        });
    }
    IN_CHILD({
        /* Becomes somebody without rights, where there is somebody else to become. */
        if (!IS_ROOT || setresuid(NOBODY, NOBODY, NOBODY) == 0) {
            CHECK_ERR(sethostname("x", 1), EPERM);
            CHECK_ERR(umount2("/", 0), EPERM);
            CHECK_ERR(chroot("/"), EPERM);
        }
    });
    CHECK_OK(uname(&after));
    CHECK_STR(after.nodename, before.nodename);
    return finish();
}

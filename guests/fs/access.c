// syscalls: faccessat faccessat2
// access(2) checks with the real identity; root may run only what somebody may run.
#include "../check.h"

int main(void)
{
    begin();
    put_file("file", "");
    CHECK_OK(access("file", F_OK));
    CHECK_OK(access("file", R_OK | W_OK));
    CHECK_ERR(access("file", X_OK), EACCES);
    CHECK_ERR(access("missing", F_OK), ENOENT);
    CHECK_ERR(syscall(SYS_faccessat, AT_FDCWD, "file", 8), EINVAL);
    CHECK_OK(chmod("file", 0100));
    CHECK_OK(access("file", X_OK));
    CHECK_OK(symlink("missing", "dangling"));
    CHECK_ERR(access("dangling", F_OK), ENOENT);
    CHECK_OK(syscall(SYS_faccessat2, AT_FDCWD, "dangling", F_OK, AT_SYMLINK_NOFOLLOW));
    CHECK_OK(syscall(SYS_faccessat2, AT_FDCWD, "file", X_OK, AT_EACCESS));
    int fd = CHECK_OK(open("file", O_PATH));
    CHECK_OK(syscall(SYS_faccessat2, fd, "", X_OK, AT_EMPTY_PATH));
    CHECK_ERR(syscall(SYS_faccessat2, AT_FDCWD, "file", F_OK, 0x40000000), EINVAL);
    CHECK_ERR(syscall(SYS_faccessat, AT_FDCWD, BAD, F_OK), EFAULT);
    CHECK_ERR(syscall(SYS_faccessat, 99, "file", F_OK), EBADF);
    CHECK_ERR(syscall(SYS_faccessat, fd, "x", F_OK), ENOTDIR);
    return finish();
}

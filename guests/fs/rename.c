// syscalls: renameat renameat2
// rename(2): replacement rules and the flags of renameat2.
#include "../check.h"

static long rename2(const char *from, const char *to, unsigned flags)
{
    return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags);
}

int main(void)
{
    begin();
    put_file("a", "a");
    put_file("b", "b");
    CHECK_OK(mkdir("empty", 0755));
    CHECK_OK(mkdir("full", 0755));
    put_file("full/x", "x");
    CHECK_OK(rename("a", "c"));
    CHECK_ERR(access("a", F_OK), ENOENT);
    CHECK_OK(rename("c", "b"));
    check_file("b", "a");
    CHECK_ERR(rename("missing", "b"), ENOENT);
    CHECK_ERR(rename("b", "empty"), EISDIR);
    CHECK_ERR(rename("empty", "b"), ENOTDIR);
    CHECK_ERR(rename("empty", "full"), ENOTEMPTY);
    CHECK_ERR(rename("full", "full/inside"), EINVAL);
    CHECK_OK(rename("full", "empty"));
    check_file("empty/x", "x");
    CHECK_OK(link("b", "same"));
    CHECK_OK(rename("b", "same"));
    CHECK_OK(access("b", F_OK));
    CHECK_ERR(rename(".", "x"), EBUSY);

    put_file("d", "d");
    CHECK_ERR(rename2("b", "d", RENAME_NOREPLACE), EEXIST);
    CHECK_OK(rename2("b", "new", RENAME_NOREPLACE));
    CHECK_OK(rename2("new", "d", RENAME_EXCHANGE));
    check_file("new", "d");
    check_file("d", "a");
    CHECK_ERR(rename2("new", "missing", RENAME_EXCHANGE), ENOENT);
    CHECK_ERR(rename2("new", "d", RENAME_EXCHANGE | RENAME_NOREPLACE), EINVAL);
    CHECK_ERR(rename2("new", "d", 0x100), EINVAL);
    int dir = CHECK_OK(open("empty", O_RDONLY));
#ifdef SYS_renameat
    CHECK_OK(syscall(SYS_renameat, dir, "x", AT_FDCWD, "moved"));
#endif
    check_file("moved", "x");
    CHECK_ERR(renameat(99, "x", AT_FDCWD, "y"), EBADF);
    CHECK_ERR(syscall(SYS_renameat2, AT_FDCWD, BAD, AT_FDCWD, "y", 0), EFAULT);
    return finish();
}

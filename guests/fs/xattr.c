// syscalls: setxattr lsetxattr fsetxattr getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr removexattr lremovexattr fremovexattr
// Extended attributes of the user class; errors that do not depend on the file system come first.
#include "../check.h"
#include <sys/xattr.h>

int main(void)
{
    begin();
    put_file("file", "");
    CHECK_OK(symlink("file", "link"));
    int fd = CHECK_OK(open("file", O_RDWR));
    char text[64], long_name[300] = "user.";
    memset(long_name + 5, 'n', 260);

    CHECK_ERR(getxattr("missing", "user.a", text, 64), ENOENT);
    CHECK_ERR(fgetxattr(99, "user.a", text, 64), EBADF);
    CHECK_ERR(setxattr("file", "user.a", "v", 1, 0x10), EINVAL);
    CHECK_ERR(setxattr("file", "", "v", 1, 0), ERANGE);
    CHECK_ERR(setxattr("file", long_name, "v", 1, 0), ERANGE);
    CHECK_ERR(setxattr("file", "user.a", text, 65537, 0), E2BIG);
    CHECK_ERR(setxattr("file", "nosuch.a", "v", 1, 0), EOPNOTSUPP);
    CHECK_ERR(setxattr("file", BAD, "v", 1, 0), EFAULT);
    if (setxattr("file", "user.a", "value", 5, 0) == -1) {
        CHECK_EQ(errno, EOPNOTSUPP);
        return finish();
    }
    CHECK_EQ(getxattr("file", "user.a", text, 64), 5);
    CHECK(memcmp(text, "value", 5) == 0);
    CHECK_EQ(getxattr("link", "user.a", NULL, 0), 5);
    CHECK_EQ(fgetxattr(fd, "user.a", text, 64), 5);
    CHECK_ERR(getxattr("file", "user.a", text, 3), ERANGE);
    CHECK_ERR(getxattr("file", "user.none", text, 64), ENODATA);
    CHECK_ERR(setxattr("file", "user.a", "v", 1, XATTR_CREATE), EEXIST);
    CHECK_ERR(setxattr("file", "user.b", "v", 1, XATTR_REPLACE), ENODATA);
    CHECK_OK(fsetxattr(fd, "user.b", "", 0, XATTR_CREATE));
    CHECK_EQ(getxattr("file", "user.b", text, 64), 0);
    CHECK_ERR(lsetxattr("link", "user.a", "v", 1, 0), EPERM);
    CHECK_ERR(lgetxattr("link", "user.a", text, 64), ENODATA);
    CHECK_EQ(llistxattr("link", text, 64), 0);

    ssize_t length = CHECK_OK(listxattr("file", text, 64));
    CHECK(memmem(text, length, "user.a", 7) && memmem(text, length, "user.b", 7));
    CHECK_EQ(flistxattr(fd, NULL, 0), length);
    CHECK_EQ(llistxattr("file", text, 64), length);
    CHECK_ERR(listxattr("file", text, 5), ERANGE);
    CHECK_OK(removexattr("file", "user.a"));
    CHECK_ERR(removexattr("file", "user.a"), ENODATA);
    CHECK_OK(fremovexattr(fd, "user.b"));
    CHECK_ERR(fgetxattr(fd, "user.b", text, 64), ENODATA);
    CHECK_ERR(fremovexattr(fd, "user.b"), ENODATA);
    CHECK_ERR(lremovexattr("link", "user.b"), EPERM);
    return finish();
}

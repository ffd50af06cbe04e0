// syscalls: openat2
// openat2(2): strict flags, the size of the structure, and RESOLVE_*.
#include "../check.h"
#include <linux/openat2.h>

static long open2(int dir, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve)
{
    struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
    return syscall(SYS_openat2, dir, path, &how, sizeof how);
}

int main(void)
{
    begin();
    CHECK_OK(mkdir("root", 0755));
    CHECK_OK(mkdir("root/sub", 0755));
    put_file("root/file", "inside");
    put_file("outside", "outside");
    CHECK_OK(symlink("../outside", "root/escape"));
    CHECK_OK(symlink("/file", "root/absolute"));
    CHECK_OK(symlink("file", "root/link"));
    int root = CHECK_OK(open("root", O_PATH));

    CHECK_OK(close(CHECK_OK(open2(root, "file", O_RDONLY, 0, 0))));
    CHECK_OK(close(CHECK_OK(open2(root, "escape", O_RDONLY, 0, 0))));
    CHECK_OK(close(CHECK_OK(open2(root, "new", O_CREAT | O_WRONLY, 0600, 0))));

    /* Nothing is ignored. */
    CHECK_ERR(open2(root, "file", O_RDONLY, 0600, 0), EINVAL);
    CHECK_ERR(open2(root, "file", 1ull << 33, 0, 0), EINVAL);
    CHECK_ERR(open2(root, "file", O_RDONLY, 0, 0x1000), EINVAL);
    CHECK_ERR(open2(root, "file", O_CREAT | O_RDWR, 010000, 0), EINVAL);
    CHECK_ERR(open2(root, "file", O_PATH | O_RDWR, 0, 0), EINVAL);
    CHECK_ERR(open2(root, "file", O_RDONLY, 0, RESOLVE_BENEATH | RESOLVE_IN_ROOT), EINVAL);

    /* A larger structure is fine while the rest is zero. */
    struct { struct open_how how; uint64_t more[2]; } large = {{.flags = O_RDONLY}, {0, 0}};
    CHECK_ERR(syscall(SYS_openat2, root, "file", &large, 16), EINVAL);
    CHECK_OK(close(CHECK_OK(syscall(SYS_openat2, root, "file", &large, sizeof large))));
    large.more[1] = 1;
    CHECK_ERR(syscall(SYS_openat2, root, "file", &large, sizeof large), E2BIG);
    CHECK_ERR(syscall(SYS_openat2, root, "file", &large, 1 << 20), E2BIG);
    CHECK_ERR(syscall(SYS_openat2, root, "file", BAD, sizeof large.how), EFAULT);

    CHECK_ERR(open2(root, "escape", O_RDONLY, 0, RESOLVE_BENEATH), EXDEV);
    CHECK_ERR(open2(root, "..", O_RDONLY, 0, RESOLVE_BENEATH), EXDEV);
    CHECK_ERR(open2(root, "/", O_RDONLY, 0, RESOLVE_BENEATH), EXDEV);
    CHECK_ERR(open2(root, "absolute", O_RDONLY, 0, RESOLVE_BENEATH), EXDEV);
    CHECK_OK(close(CHECK_OK(open2(root, "sub/../link", O_RDONLY, 0, RESOLVE_BENEATH))));

    int fd = CHECK_OK(open2(root, "absolute", O_RDONLY, 0, RESOLVE_IN_ROOT));
    char text[8];
    CHECK_EQ(read(fd, text, 6), 6);
    CHECK(memcmp(text, "inside", 6) == 0);
    CHECK_OK(close(fd));
    CHECK_OK(close(CHECK_OK(open2(root, "/../../file", O_RDONLY, 0, RESOLVE_IN_ROOT))));
    CHECK_ERR(open2(root, "escape", O_RDONLY, 0, RESOLVE_IN_ROOT), ENOENT);

    /* Where a whole path begins at the root, the directory does not matter. */
    CHECK_OK(close(CHECK_OK(open2(-1, "/", O_RDONLY, 0, RESOLVE_NO_SYMLINKS))));
    CHECK_ERR(open2(-1, "/", O_RDONLY, 0, RESOLVE_BENEATH), EXDEV);
    CHECK_ERR(open2(-1, "/", O_RDONLY, 0, RESOLVE_IN_ROOT), EBADF);
    CHECK_ERR(open2(root, "link", O_RDONLY, 0, RESOLVE_NO_SYMLINKS), ELOOP);
    CHECK_ERR(open2(AT_FDCWD, "/proc/self/exe", O_RDONLY, 0, RESOLVE_NO_MAGICLINKS), ELOOP);
    CHECK_ERR(open2(AT_FDCWD, "/proc/self/stat", O_RDONLY, 0, RESOLVE_NO_XDEV), EXDEV);
    return finish();
}

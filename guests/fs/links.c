// syscalls: linkat symlinkat readlinkat unlinkat mkdirat mknodat
// Names: hard and symbolic links, removal, directories, fifos.
#include "../check.h"

int main(void)
{
    begin();
    char text[64];
    struct stat st;
    put_file("file", "x");
    CHECK_OK(symlink("file", "soft"));
    CHECK_EQ(readlink("soft", text, sizeof text), 4);
    CHECK(memcmp(text, "file", 4) == 0);
    CHECK_EQ(readlink("soft", text, 2), 2);
    CHECK_ERR(readlink("soft", text, 0), EINVAL);
    CHECK_ERR(readlink("file", text, sizeof text), EINVAL);
    CHECK_ERR(readlink("missing", text, sizeof text), ENOENT);
    CHECK_ERR(symlink("a", "soft"), EEXIST);
    CHECK_ERR(symlink("", "empty"), ENOENT);
    CHECK_ERR(symlink("a", "missing/x"), ENOENT);
    int path = CHECK_OK(open("soft", O_PATH | O_NOFOLLOW));
    CHECK_EQ(readlinkat(path, "", text, sizeof text), 4);

    CHECK_OK(link("file", "hard"));
    CHECK_OK(stat("hard", &st));
    CHECK_EQ(st.st_nlink, 2);
    CHECK_ERR(link("file", "hard"), EEXIST);
    CHECK_ERR(link("missing", "new"), ENOENT);
    CHECK_OK(mkdir("dir", 0777));
    CHECK_ERR(link("dir", "new"), EPERM);
    CHECK_OK(link("soft", "softer"));
    CHECK_OK(lstat("softer", &st));
    CHECK(S_ISLNK(st.st_mode));
    CHECK_OK(linkat(AT_FDCWD, "soft", AT_FDCWD, "followed", AT_SYMLINK_FOLLOW));
    CHECK_OK(lstat("followed", &st));
    CHECK(S_ISREG(st.st_mode));
    CHECK_ERR(linkat(AT_FDCWD, "file", AT_FDCWD, "new", 0x40000000), EINVAL);

    CHECK_ERR(unlink("dir"), EISDIR);
    CHECK_ERR(rmdir("file"), ENOTDIR);
    CHECK_ERR(rmdir("."), EINVAL);
    CHECK_ERR(rmdir("dir/.."), ENOTEMPTY);
    put_file("dir/inner", "");
    CHECK_ERR(rmdir("dir"), ENOTEMPTY);
    int dir = CHECK_OK(open("dir", O_RDONLY));
    CHECK_OK(unlinkat(dir, "inner", 0));
    CHECK_ERR(unlinkat(dir, "inner", 0), ENOENT);
    CHECK_ERR(unlinkat(AT_FDCWD, "dir", 1), EINVAL);
    CHECK_OK(unlinkat(AT_FDCWD, "dir", AT_REMOVEDIR));
    CHECK_ERR(openat(dir, "x", O_CREAT | O_WRONLY, 0600), ENOENT);
    CHECK_ERR(unlink("file/"), ENOTDIR);
    CHECK_ERR(unlink(""), ENOENT);

    CHECK_ERR(mkdir("file", 0777), EEXIST);
    CHECK_ERR(mkdir("soft", 0777), EEXIST);
    CHECK_ERR(mkdir("missing/dir", 0777), ENOENT);
    CHECK_OK(mkdir("slash/", 01777));
    CHECK_OK(stat("slash", &st));
    CHECK_EQ(st.st_mode, S_IFDIR | 01755);

    CHECK_OK(mkfifo("fifo", 0640));
    CHECK_OK(stat("fifo", &st));
    CHECK_EQ(st.st_mode, S_IFIFO | 0640);
    CHECK_OK(mknod("plain", 0600, 0));
    CHECK_OK(stat("plain", &st));
    CHECK_EQ(st.st_mode, S_IFREG | 0600);
    CHECK_ERR(mknod("plain", S_IFREG | 0600, 0), EEXIST);
    CHECK_ERR(mknod("dir", S_IFDIR | 0600, 0), EPERM);
    CHECK_ERR(mknod("bad", 0030000, 0), EINVAL);

    /* An unlinked file lives while it is open. */
    int fd = CHECK_OK(open("plain", O_RDWR));
    CHECK_OK(unlink("plain"));
    CHECK_OK(fstat(fd, &st));
    CHECK_EQ(st.st_nlink, 0);
    CHECK_EQ(write(fd, "x", 1), 1);
    return finish();
}

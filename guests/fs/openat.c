// syscalls: openat close
// openat(2): creation, flags, the errors of path walks, and descriptors as directories.
#include "../check.h"

int main(void)
{
    begin();
    int fd = CHECK_OK(open("file", O_RDWR | O_CREAT | O_EXCL, 0666));
    struct stat st;
    CHECK_OK(fstat(fd, &st));
    CHECK_EQ(st.st_mode, S_IFREG | 0644);
    CHECK_EQ(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
    CHECK_EQ(fcntl(fd, F_GETFD), 0);
    CHECK_ERR(open("file", O_RDWR | O_CREAT | O_EXCL, 0666), EEXIST);
    CHECK_EQ(write(fd, "text", 4), 4);
    CHECK_OK(close(fd));
    CHECK_ERR(close(fd), EBADF);

    CHECK_ERR(open("missing", O_RDONLY), ENOENT);
    CHECK_ERR(open("", O_RDONLY), ENOENT);
    CHECK_ERR(open("file/under", O_RDONLY), ENOTDIR);
    CHECK_ERR(open("file/", O_RDONLY), ENOTDIR);
    CHECK_ERR(open("file", O_RDONLY | O_DIRECTORY), ENOTDIR);
    CHECK_ERR(open(".", O_RDWR), EISDIR);
    CHECK_ERR(open("missing/", O_RDWR | O_CREAT, 0666), EISDIR);
    CHECK_ERR(syscall(SYS_openat, AT_FDCWD, BAD, O_RDONLY, 0), EFAULT);
    char name[300];
    memset(name, 'n', sizeof name);
    name[256] = 0;
    CHECK_ERR(open(name, O_RDONLY), ENAMETOOLONG);
    name[255] = 0;
    CHECK_ERR(open(name, O_RDONLY), ENOENT);
    static char path[PATH_MAX + 8];
    memset(path, '/', sizeof path - 1);
    CHECK_ERR(open(path, O_RDONLY), ENAMETOOLONG);

    /* Links. */
    CHECK_OK(symlink("file", "link"));
    CHECK_OK(symlink("loop", "loop"));
    CHECK_OK(symlink("nowhere", "dangling"));
    CHECK_ERR(open("link", O_RDONLY | O_NOFOLLOW), ELOOP);
    CHECK_ERR(open("loop", O_RDONLY), ELOOP);
    CHECK_ERR(open("dangling", O_RDONLY), ENOENT);
    CHECK_ERR(open("dangling", O_WRONLY | O_CREAT | O_EXCL, 0600), EEXIST);
    CHECK_OK(close(CHECK_OK(open("dangling", O_WRONLY | O_CREAT, 0600))));
    CHECK_OK(access("nowhere", F_OK));

    /* Descriptors as starting points. */
    CHECK_OK(mkdir("dir", 0755));
    int dir = CHECK_OK(open("dir", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    CHECK_EQ(fcntl(dir, F_GETFD), FD_CLOEXEC);
    CHECK_OK(close(CHECK_OK(openat(dir, "inner", O_CREAT | O_WRONLY, 0400))));
    CHECK_OK(stat("dir/inner", &st));
    CHECK_EQ(st.st_mode & 07777, 0400);
    CHECK_OK(close(CHECK_OK(openat(dir, "../file", O_RDONLY))));
    CHECK_ERR(openat(99, "file", O_RDONLY), EBADF);
    CHECK_OK(close(CHECK_OK(openat(99, "/", O_RDONLY))));
    fd = CHECK_OK(open("file", O_RDONLY));
    CHECK_ERR(openat(fd, "x", O_RDONLY), ENOTDIR);
    CHECK_ERR(openat(fd, "", O_RDONLY), ENOENT);

    /* Truncation and appending. */
    int append = CHECK_OK(open("file", O_WRONLY | O_APPEND));
    CHECK_EQ(lseek(append, 0, SEEK_SET), 0);
    CHECK_EQ(write(append, "more", 4), 4);
    check_file("file", "textmore");
    CHECK_OK(close(CHECK_OK(open("file", O_WRONLY | O_TRUNC))));
    check_file("file", "");
    CHECK_ERR(write(fd, "x", 1), EBADF);
    CHECK_ERR(read(append, name, 1), EBADF);

    /* The lowest free descriptor is used. */
    CHECK_OK(close(fd));
    CHECK_EQ(open("file", O_RDONLY), fd);
    /* A mode that the umask cuts, with bits above the permissions. */
    umask(077);
    CHECK_OK(close(CHECK_OK(open("masked", O_CREAT | O_RDONLY, 01777))));
    CHECK_OK(stat("masked", &st));
    CHECK_EQ(st.st_mode & 07777, 01700);
    return finish();
}

// syscalls: fchmod fchmodat fchmodat2 fchown fchownat utimensat
// Modes, owners and times.
#include "../check.h"
#include <sys/time.h>

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452 /* Linux 6.6; younger than some C libraries */
#endif

static mode_t mode_of(const char *path)
{
    struct stat st;
    CHECK_OK(lstat(path, &st));
    return st.st_mode & 07777;
}

int main(void)
{
    begin();
    put_file("file", "");
    CHECK_OK(symlink("file", "link"));
    int fd = CHECK_OK(open("file", O_RDWR));
    CHECK_OK(chmod("link", 0600));
    CHECK_EQ(mode_of("file"), 0600);
    CHECK_OK(fchmod(fd, 04755));
    CHECK_EQ(mode_of("file"), 04755);
    CHECK_OK(syscall(SYS_fchmodat, AT_FDCWD, "file", 0100644));
    CHECK_EQ(mode_of("file"), 0644);
    CHECK_ERR(chmod("missing", 0), ENOENT);
    CHECK_ERR(fchmod(99, 0), EBADF);
    int path = CHECK_OK(open("file", O_PATH));
    CHECK_ERR(fchmod(path, 0600), EBADF);

    /* fchmodat with flags: the empty path means the descriptor; a link has no mode of its own. */
    CHECK_OK(syscall(SYS_fchmodat2, AT_FDCWD, "link", 0640, 0));
    CHECK_EQ(mode_of("file"), 0640);
    CHECK_OK(syscall(SYS_fchmodat2, path, "", 0604, AT_EMPTY_PATH));
    CHECK_EQ(mode_of("file"), 0604);
    CHECK_ERR(syscall(SYS_fchmodat2, path, "", 0600, 0), ENOENT);
    CHECK_OK(syscall(SYS_fchmodat2, AT_FDCWD, "file", 0644, AT_SYMLINK_NOFOLLOW));
    CHECK_EQ(mode_of("file"), 0644);
    CHECK_ERR(syscall(SYS_fchmodat2, AT_FDCWD, "link", 0600, AT_SYMLINK_NOFOLLOW), EOPNOTSUPP);
    CHECK_ERR(syscall(SYS_fchmodat2, AT_FDCWD, "file", 0600, AT_REMOVEDIR), EINVAL);
    CHECK_ERR(syscall(SYS_fchmodat2, AT_FDCWD, "missing", 0600, 0), ENOENT);
    CHECK_EQ(mode_of("file"), 0644);

    struct stat st;
    CHECK_OK(chown("file", -1, -1));
    CHECK_OK(fchown(fd, geteuid(), getegid()));
    CHECK_ERR(chown("missing", -1, -1), ENOENT);
    CHECK_ERR(fchown(99, -1, -1), EBADF);
    CHECK_ERR(fchownat(AT_FDCWD, "file", -1, -1, 0x40000000), EINVAL);
    CHECK_OK(fchownat(path, "", -1, -1, AT_EMPTY_PATH));
    CHECK_OK(lchown("link", geteuid(), -1));

    struct timespec times[2] = {{1, 2}, {3, 4}};
    CHECK_OK(utimensat(AT_FDCWD, "link", times, 0));
    CHECK_OK(stat("file", &st));
    CHECK_EQ(st.st_atim.tv_sec, 1);
    CHECK_EQ(st.st_mtim.tv_sec, 3);
    CHECK_EQ(st.st_mtim.tv_nsec, 4);
    times[0].tv_nsec = UTIME_OMIT;
    times[1].tv_nsec = UTIME_NOW;
    CHECK_OK(futimens(fd, times));
    CHECK_OK(fstat(fd, &st));
    CHECK_EQ(st.st_atim.tv_sec, 1);
    CHECK(st.st_mtim.tv_sec > 1000000000);
    times[0] = (struct timespec){-5, 0};
    times[1] = (struct timespec){7, 999999999};
    CHECK_OK(utimensat(AT_FDCWD, "link", times, AT_SYMLINK_NOFOLLOW));
    CHECK_OK(lstat("link", &st));
    CHECK_EQ(st.st_atim.tv_sec, -5);
    CHECK_EQ(st.st_mtim.tv_nsec, 999999999);
    times[0].tv_nsec = 1000000000;
    CHECK_ERR(utimensat(AT_FDCWD, "file", times, 0), EINVAL);
    CHECK_ERR(utimensat(AT_FDCWD, "file", NULL, 0x40000000), EINVAL);
    CHECK_ERR(utimensat(AT_FDCWD, "missing", NULL, 0), ENOENT);
    CHECK_OK(utimensat(AT_FDCWD, "file", NULL, 0));
    CHECK_ERR(syscall(SYS_utimensat, AT_FDCWD, "file", BAD, 0), EFAULT);
    /* Where both times are to stay, the file is not even looked for. */
    times[0].tv_nsec = times[1].tv_nsec = UTIME_OMIT;
    CHECK_OK(utimensat(-1, "missing", times, 0));
    CHECK_ERR(syscall(SYS_utimensat, AT_FDCWD, NULL, NULL, 0), EFAULT);
    CHECK_OK(syscall(SYS_utimensat, fd, NULL, NULL, 0));
    return finish();
}

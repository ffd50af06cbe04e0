// syscalls: fstatat fstat statx
// The stat family, and the empty path.
#include "../check.h"
#include <sys/sysmacros.h>
#include <sys/time.h>

int main(void)
{
    begin();
    put_file("file", "12345");
    CHECK_OK(link("file", "hard"));
    CHECK_OK(symlink("file", "link"));
    CHECK_OK(mkdir("dir", 0711));
    struct timespec times[2] = {{1000000000, 123456789}, {1500000000, 987654321}};
    CHECK_OK(utimensat(AT_FDCWD, "file", times, 0));

    struct stat st, other;
    CHECK_OK(stat("file", &st));
    CHECK_EQ(st.st_mode, S_IFREG | 0644);
    CHECK_EQ(st.st_size, 5);
    CHECK_EQ(st.st_nlink, 2);
    CHECK_EQ(st.st_uid, geteuid());
    CHECK_EQ(st.st_gid, getegid());
    CHECK_EQ(st.st_atim.tv_sec, 1000000000);
    CHECK_EQ(st.st_atim.tv_nsec, 123456789);
    CHECK_EQ(st.st_mtim.tv_sec, 1500000000);
    CHECK_EQ(st.st_mtim.tv_nsec, 987654321);
    CHECK_OK(lstat("link", &other));
    CHECK_EQ(other.st_mode & S_IFMT, S_IFLNK);
    CHECK_EQ(other.st_size, 4);
    CHECK_OK(stat("link", &other));
    CHECK_EQ(other.st_ino, st.st_ino);
    CHECK_EQ(other.st_dev, st.st_dev);
    CHECK_OK(stat("dir", &other));
    CHECK_EQ(other.st_mode, S_IFDIR | 0711);
    int fd = CHECK_OK(open("file", O_RDONLY));
    CHECK_OK(fstat(fd, &other));
    CHECK_EQ(other.st_ino, st.st_ino);
    CHECK_OK(fstatat(fd, "", &other, AT_EMPTY_PATH));
    CHECK_EQ(other.st_ino, st.st_ino);
    CHECK_OK(fstatat(AT_FDCWD, "", &other, AT_EMPTY_PATH));
    CHECK(S_ISDIR(other.st_mode));
    CHECK_OK(stat("/dev/null", &other));
    CHECK(S_ISCHR(other.st_mode));
    CHECK_EQ(major(other.st_rdev), 1);
    CHECK_EQ(minor(other.st_rdev), 3);

    CHECK_ERR(stat("missing", &st), ENOENT);
    CHECK_ERR(stat("file/x", &st), ENOTDIR);
    CHECK_ERR(fstat(99, &st), EBADF);
    CHECK_ERR(fstatat(AT_FDCWD, "", &st, 0), ENOENT);
    CHECK_ERR(fstatat(AT_FDCWD, "file", &st, 0x40000000), EINVAL);
    CHECK_ERR(syscall(SYS_newfstatat, AT_FDCWD, "file", BAD, 0), EFAULT);
    CHECK_ERR(syscall(SYS_fstat, fd, BAD), EFAULT);

    struct statx sx;
    CHECK_OK(statx(AT_FDCWD, "file", 0, STATX_BASIC_STATS | STATX_BTIME, &sx));
    CHECK_EQ(sx.stx_mask & STATX_BASIC_STATS, STATX_BASIC_STATS);
    CHECK_EQ(sx.stx_mode, S_IFREG | 0644);
    CHECK_EQ(sx.stx_size, 5);
    CHECK_EQ(sx.stx_nlink, 2);
    CHECK_EQ(sx.stx_ino, st.st_ino);
    CHECK_EQ(sx.stx_mtime.tv_sec, 1500000000);
    CHECK_EQ(sx.stx_mtime.tv_nsec, 987654321);
    CHECK_EQ(makedev(sx.stx_dev_major, sx.stx_dev_minor), st.st_dev);
    CHECK_OK(statx(AT_FDCWD, "link", AT_SYMLINK_NOFOLLOW, STATX_TYPE, &sx));
    CHECK_EQ(sx.stx_mode & S_IFMT, S_IFLNK);
    CHECK_OK(statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_SIZE, &sx));
    CHECK_EQ(sx.stx_size, 5);
    CHECK_ERR(statx(AT_FDCWD, "missing", 0, STATX_SIZE, &sx), ENOENT);
    CHECK_ERR(statx(AT_FDCWD, "file", 0x40000000, STATX_SIZE, &sx), EINVAL);
    CHECK_ERR(statx(AT_FDCWD, "file", AT_STATX_SYNC_TYPE, STATX_SIZE, &sx), EINVAL);
    CHECK_ERR(statx(AT_FDCWD, "file", 0, STATX__RESERVED, &sx), EINVAL);
    CHECK_ERR(syscall(SYS_statx, AT_FDCWD, "file", 0, STATX_SIZE, BAD), EFAULT);
    return finish();
}

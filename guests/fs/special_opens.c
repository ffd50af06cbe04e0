// syscalls: openat linkat
// O_PATH, O_TMPFILE, and re-opening through /proc/self/fd.
#include "../check.h"

int main(void)
{
    begin();
    char text[64], name[64];
    put_file("file", "text");
    int path = CHECK_OK(open("file", O_PATH | O_CLOEXEC));
    CHECK_EQ(fcntl(path, F_GETFL), O_PATH);
    CHECK_ERR(read(path, text, 1), EBADF);
    CHECK_ERR(write(path, text, 1), EBADF);
    CHECK_ERR(lseek(path, 0, SEEK_SET), EBADF);
    CHECK_ERR(ftruncate(path, 0), EBADF);
    CHECK_ERR(fcntl(path, F_SETFL, 0), EBADF);
    struct stat st;
    CHECK_OK(fstat(path, &st));
    CHECK_EQ(st.st_size, 4);
    snprintf(name, sizeof name, "/proc/self/fd/%d", path);
    int again = CHECK_OK(open(name, O_RDWR));
    CHECK_EQ(read(again, text, 64), 4);
    int twin = CHECK_OK(dup(path));
    CHECK_OK(close(twin));
    /* O_PATH ignores what it does not know. */
    CHECK_OK(close(CHECK_OK(open("file", O_PATH | O_TRUNC | O_APPEND))));
    CHECK_OK(fstat(path, &st));
    CHECK_EQ(st.st_size, 4);
    int dir = CHECK_OK(open(".", O_PATH | O_DIRECTORY));
    CHECK_OK(close(CHECK_OK(openat(dir, "file", O_RDONLY))));
    CHECK_OK(fchdir(dir));
    CHECK_ERR(fchdir(path), ENOTDIR);

    CHECK_ERR(open(".", O_TMPFILE | O_RDONLY, 0600), EINVAL);
    CHECK_ERR(open("file", O_TMPFILE | O_RDWR, 0600), ENOTDIR);
    int hidden = open(".", O_TMPFILE | O_RDWR, 0640);
    if (hidden == -1) {
        CHECK_EQ(errno, EOPNOTSUPP);
        return finish();
    }
    CHECK_OK(fstat(hidden, &st));
    CHECK_EQ(st.st_nlink, 0);
    CHECK_EQ(st.st_mode, S_IFREG | 0640);
    CHECK_EQ(write(hidden, "now visible", 11), 11);
    snprintf(name, sizeof name, "/proc/self/fd/%d", hidden);
    CHECK_OK(linkat(AT_FDCWD, name, AT_FDCWD, "visible", AT_SYMLINK_FOLLOW));
    check_file("visible", "now visible");
    int single = CHECK_OK(open(".", O_TMPFILE | O_EXCL | O_RDWR, 0600));
    snprintf(name, sizeof name, "/proc/self/fd/%d", single);
    CHECK_ERR(linkat(AT_FDCWD, name, AT_FDCWD, "never", AT_SYMLINK_FOLLOW), ENOENT);
    return finish();
}

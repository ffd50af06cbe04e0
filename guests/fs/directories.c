// syscalls: chdir fchdir getcwd umask chroot
// The working directory and the file-creation mask.
#include "../check.h"

/* Down to where no path leads in one go, and up again. */
static void deeper_than_paths(void)
{
    enum { LEVELS = 2 * PATH_MAX / NAME_MAX };
    char name[NAME_MAX + 1];
    memset(name, 'd', NAME_MAX);
    name[NAME_MAX] = 0;
    for (int i = 0; i < LEVELS; i++) {
        CHECK_OK(mkdir(name, 0755));
        CHECK_OK(chdir(name));
    }
    char text[PATH_MAX];
    CHECK_ERR(syscall(SYS_getcwd, text, sizeof text), ENAMETOOLONG);
    int fd = CHECK_OK(open("file", O_CREAT | O_RDWR, 0644));
    struct stat by_name, by_fd;
    CHECK_OK(fstat(fd, &by_fd));
    CHECK_OK(stat("./file", &by_name));
    CHECK_EQ(by_name.st_ino, by_fd.st_ino);
    CHECK_ERR(open("missing", O_RDONLY), ENOENT);
    CHECK_OK(rename("file", "../other"));
    CHECK_OK(stat("../other", &by_name));
    CHECK_EQ(by_name.st_ino, by_fd.st_ino);
    CHECK_OK(unlink("../other"));
    for (int i = 0; i < LEVELS; i++) {
        CHECK_OK(chdir(".."));
        CHECK_OK(rmdir(name));
    }
}

/* The same below a root of its own. */
static void deeper_than_paths_below_a_root(void)
{
    if (IS_ROOT) {
        CHECK_OK(chroot("."));
        deeper_than_paths();
    }
}

int main(void)
{
    begin();
    char text[PATH_MAX], long_path[PATH_MAX];
    CHECK_OK(mkdir("dir", 0755));
    CHECK_OK(symlink("dir", "link"));
    int here = CHECK_OK(open(".", O_RDONLY));
    CHECK_OK(chdir("link"));
    CHECK(getcwd(text, sizeof text) != NULL);
    snprintf(long_path, sizeof long_path, "%s/dir", check_dir);
    CHECK_STR(text, long_path);
    CHECK_EQ(syscall(SYS_getcwd, text, sizeof text), strlen(long_path) + 1);
    CHECK_ERR(syscall(SYS_getcwd, text, 3), ERANGE);
    CHECK_ERR(syscall(SYS_getcwd, BAD, sizeof text), EFAULT);
    put_file("file", "");
    CHECK_ERR(chdir("file"), ENOTDIR);
    CHECK_ERR(chdir("missing"), ENOENT);
    CHECK_ERR(chdir(""), ENOENT);
    CHECK_ERR(fchdir(99), EBADF);
    CHECK_OK(unlink("file"));
    CHECK_OK(rmdir("../dir"));
    CHECK_ERR(syscall(SYS_getcwd, text, sizeof text), ENOENT);
    CHECK_ERR(open("new", O_CREAT | O_WRONLY, 0600), ENOENT);
    CHECK_OK(close(CHECK_OK(open(".", O_RDONLY))));
    CHECK_OK(fchdir(here));
    CHECK(getcwd(text, sizeof text) != NULL);
    CHECK_STR(text, check_dir);

    CHECK_EQ(umask(077), 022);
    CHECK_EQ(umask(0777777), 077);
    CHECK_EQ(umask(022), 0777);
    /* A child has its own directory and mask. */
    IN_CHILD({ CHECK_OK(chdir("/")); umask(0); });
    CHECK_EQ(umask(022), 022);
    CHECK(getcwd(text, sizeof text) != NULL);
    CHECK_STR(text, check_dir);
    CHECK_ERR(chroot("missing"), ENOENT);
    deeper_than_paths();
    IN_CHILD(deeper_than_paths_below_a_root());
    return finish();
}

// syscalls: chdir fchdir getcwd umask chroot
// The working directory and the file-creation mask.
#include "../check.h"

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
    return finish();
}

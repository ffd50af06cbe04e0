// syscalls: chroot openat renameat2 fstatat
// A link swapped in while a path is resolved does not lead out of the root.
#include "../check.h"
#include <signal.h>
#include <sys/syscall.h>

enum { TRIES = 4000 };

static void look(const char *path)
{
    char text[16] = "";
    struct stat st;
    int fd = open(path, O_RDONLY);
    if (fd >= 0) {
        CHECK(read(fd, text, sizeof text - 1) > 0);
        CHECK_STR(text, "inside");
        CHECK_OK(close(fd));
    } else
        CHECK(errno == ENOENT || errno == ELOOP);
    if (stat(path, &st) == 0)
        CHECK_EQ(st.st_size, 6);
    /* Nothing is made outside either. */
    fd = open("/swapped/made", O_CREAT | O_WRONLY, 0600);
    if (fd >= 0)
        close(fd);
}

int main(void)
{
    begin();
    if (IS_ROOT) {
        char outside[PATH_MAX];
        CHECK_OK(mkdir("outside", 0755));
        put_file("outside/file", "not inside");
        CHECK_OK(mkdir("jail", 0755));
        CHECK_OK(mkdir("jail/swapped", 0755));
        put_file("jail/swapped/file", "inside");
        CHECK_OK(mkdir("jail/dir", 0755));
        CHECK_OK(symlink("../outside", "jail/relative"));
        snprintf(outside, sizeof outside, "%s/outside", check_dir);
        CHECK_OK(symlink(outside, "jail/absolute"));
        pid_t swapper = fork();
        if (swapper == 0) {
            for (;;) {
                syscall(SYS_renameat2, AT_FDCWD, "jail/swapped", AT_FDCWD, "jail/relative", 2);
                syscall(SYS_renameat2, AT_FDCWD, "jail/swapped", AT_FDCWD, "jail/absolute", 2);
            }
        }
        CHECK_OK(swapper);
        IN_CHILD({
            CHECK_OK(chroot("jail"));
            CHECK_OK(chdir("/"));
            for (int i = 0; i < TRIES; i++) {
                look("/swapped/file");
                look("/dir/../swapped/file");
                look("swapped/./file");
            }
        });
        CHECK_OK(kill(swapper, SIGKILL));
        CHECK_EQ(waitpid(swapper, NULL, 0), swapper);
        CHECK_ERR(access("outside/made", F_OK), ENOENT);
    } else
        CHECK_ERR(chroot("."), EPERM);
    CHECK_EQ(syscall(SYS_renameat2, AT_FDCWD, "no", AT_FDCWD, "nor", 0), -1);
    return finish();
}

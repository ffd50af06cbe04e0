// syscalls: clone execve
// vfork: the child borrows the parent's memory, and the parent waits until it gives it back.
#include "../check.h"
#include <spawn.h>

static volatile int value;

int main(int argc, char **argv)
{
    char byte;
    if (argc == 2 && !strcmp(argv[1], "reader"))
        return read(0, &byte, 1) == 1 ? byte : 126;
    begin();
    /* The parent goes on after the child's exit, and sees what it wrote. */
    pid_t pid = CHECK_OK(vfork());
    if (pid == 0) {
        usleep(20000);
        value = 5;
        _exit(9);
    }
    CHECK_EQ(value, 5);
    CHECK_EXIT(pid, 9);

    /* It learns why the child could not execute a program ... */
    pid = CHECK_OK(vfork());
    if (pid == 0) {
        execl("no-such-file", "x", NULL);
        value = errno;
        _exit(127);
    }
    CHECK_EQ(value, ENOENT);
    CHECK_EXIT(pid, 127);
    char *arguments[] = {"x", NULL};
    CHECK_EQ(posix_spawn(&pid, "no-such-file", NULL, NULL, arguments, arguments + 1), ENOENT);
    CHECK_ERR(waitpid(-1, NULL, 0), ECHILD);

    /* ... and does not wait for the end of one that it did. */
    int ends[2];
    CHECK_OK(pipe(ends));
    pid = CHECK_OK(vfork());
    if (pid == 0) {
        dup2(ends[0], 0);
        execl("/proc/self/exe", "vfork", "reader", NULL);
        _exit(127);
    }
    CHECK_OK(close(ends[0]));
    CHECK_EQ(write(ends[1], "x", 1), 1);
    CHECK_EXIT(pid, 'x');
    return finish();
}

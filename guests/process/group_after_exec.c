// syscalls: setpgid getpgid
// When a child has executed a program its process group is its own affair.
#include "../check.h"

int main(int argc, char **argv)
{
    if (argc > 1)
        for (;;)
            pause();
    begin();
    int executed[2];
    char byte;
    CHECK_OK(pipe2(executed, O_CLOEXEC));
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        while (getpgrp() != getpid())
            usleep(1000);
        execl("/proc/self/exe", argv[0], "executed", NULL);
        _exit(1);
    }
    CHECK_OK(setpgid(pid, pid));
    CHECK_OK(close(executed[1]));
    CHECK_EQ(read(executed[0], &byte, 1), 0);
    CHECK_ERR(setpgid(pid, getpgrp()), EACCES);
    CHECK_EQ(getpgid(pid), pid);
    CHECK_OK(kill(-pid, SIGKILL));
    CHECK_KILLED(pid, SIGKILL);
    CHECK_OK(close(executed[0]));
    return finish();
}

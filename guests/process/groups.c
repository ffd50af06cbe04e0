// syscalls: setpgid getpgid setsid getsid
// Process groups and sessions.
#include "../check.h"

int main(void)
{
    begin();
    int channel[2];
    CHECK_OK(pipe(channel));
    CHECK_EQ(getpgid(0), getpgrp());
    CHECK_EQ(getpgid(getpid()), getpgrp());
    CHECK_EQ(getsid(0), getsid(getpid()));
    CHECK_ERR(getpgid(0x3fffffff), ESRCH);
    CHECK_ERR(getsid(0x3fffffff), ESRCH);
    CHECK_ERR(setpgid(0, -1), EINVAL);
    CHECK_ERR(setpgid(0x3fffffff, 0), ESRCH);
    CHECK_ERR(setpgid(getppid(), 0), ESRCH);
    IN_CHILD({
        CHECK_OK(setpgid(0, 0));
        CHECK_EQ(getpgrp(), getpid());
        CHECK_ERR(setsid(), EPERM);
        CHECK_ERR(setpgid(0, 0x3fffffff), EPERM);
    });
    IN_CHILD({
        CHECK_EQ(setsid(), getpid());
        CHECK_EQ(getsid(0), getpid());
        CHECK_EQ(getpgrp(), getpid());
        CHECK_ERR(setpgid(0, 0), EPERM);
    });
    /* After exec of the child its group is its own affair. */
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        CHECK_OK(setsid());
        CHECK_EQ(write(channel[1], "x", 1), 1);
        for (;;)
            pause();
    }
    char byte;
    CHECK_EQ(read(channel[0], &byte, 1), 1);
    CHECK_EQ(getsid(pid), pid);
    CHECK_ERR(setpgid(pid, pid), EPERM);
    CHECK_OK(kill(-pid, SIGKILL));
    CHECK_KILLED(pid, SIGKILL);
    CHECK_ERR(kill(-pid, 0), ESRCH);
    return finish();
}

// syscalls: setpgid getpgid setsid getsid
// Process groups and sessions.
#include "../check.h"

/* A child's group is its parent's to change, also when it sleeps, or for the second time. */
static void of_a_child(void)
{
    pid_t children[2];
    for (int i = 0; i < 2; i++) {
        children[i] = CHECK_OK(fork());
        if (children[i] == 0)
            for (;;)
                pause();
    }
    pid_t one = children[0], other = children[1];
    CHECK_OK(setpgid(one, one));
    CHECK_OK(setpgid(other, one));
    CHECK_EQ(getpgid(other), one);
    CHECK_ERR(setpgid(other, 0x3fffffff), EPERM);
    CHECK_ERR(setpgid(other, -1), EINVAL);
    CHECK_OK(setpgid(other, 0));
    CHECK_EQ(getpgid(other), other);
    for (int i = 0; i < 2; i++) {
        CHECK_OK(kill(-children[i], SIGKILL));
        CHECK_KILLED(children[i], SIGKILL);
    }
}

int main(void)
{
    begin();
    of_a_child();
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

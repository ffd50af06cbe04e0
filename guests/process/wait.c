// syscalls: wait4 waitid kill
// Waiting: statuses, options, selection of children, resource use.
#include "../check.h"
#include <sys/resource.h>

static pid_t child(int status)
{
    pid_t pid = CHECK_OK(fork());
    if (pid == 0)
        _exit(status);
    return pid;
}

static pid_t sleeper(void)
{
    pid_t pid = CHECK_OK(fork());
    if (pid == 0)
        for (;;)
            pause();
    return pid;
}

int main(void)
{
    begin();
    int status;
    siginfo_t info;
    CHECK_ERR(wait(&status), ECHILD);
    CHECK_ERR(waitpid(getppid(), &status, 0), ECHILD);
    CHECK_ERR(waitpid(-1, &status, 0x100), EINVAL);
    CHECK_ERR(waitid(P_ALL, 0, &info, 0), EINVAL);
    CHECK_ERR(waitid(P_ALL, 0, &info, WEXITED), ECHILD);
    CHECK_ERR(waitid(9, 0, &info, WEXITED), EINVAL);
    CHECK_ERR(waitid(P_PID, -1, &info, WEXITED), EINVAL);

    pid_t pid = child(5);
    struct rusage usage;
    memset(&usage, 0xff, sizeof usage);
    CHECK_EQ(wait4(pid, &status, 0, &usage), pid);
    CHECK_EQ(status, 5 << 8);
    CHECK(usage.ru_utime.tv_sec >= 0 && usage.ru_utime.tv_usec < 1000000);
    pid = child(0);
    CHECK_EQ(wait4(0, NULL, 0, NULL), pid);

    pid = sleeper();
    CHECK_EQ(waitpid(pid, &status, WNOHANG), 0);
    memset(&info, 0xff, sizeof info);
    CHECK_OK(waitid(P_PID, pid, &info, WEXITED | WNOHANG));
    CHECK_EQ(info.si_pid, 0);
    CHECK_EQ(info.si_signo, 0);
    CHECK_OK(kill(pid, SIGSTOP));
    CHECK_OK(waitid(P_PID, pid, &info, WSTOPPED | WNOWAIT));
    CHECK_EQ(info.si_code, CLD_STOPPED);
    CHECK_EQ(info.si_status, SIGSTOP);
    CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
    CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    CHECK_EQ(waitpid(pid, &status, WUNTRACED | WNOHANG), 0);
    CHECK_OK(kill(pid, SIGCONT));
    CHECK_EQ(waitpid(pid, &status, WCONTINUED), pid);
    CHECK(WIFCONTINUED(status));
    CHECK_OK(kill(pid, SIGTERM));
    CHECK_OK(waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
    CHECK_EQ(info.si_signo, SIGCHLD);
    CHECK_EQ(info.si_pid, pid);
    CHECK_EQ(info.si_uid, getuid());
    CHECK_EQ(info.si_code, CLD_KILLED);
    CHECK_EQ(info.si_status, SIGTERM);
    CHECK_KILLED(pid, SIGTERM);
    CHECK_ERR(kill(pid, 0), ESRCH);

    /* Process groups. */
    pid_t one = sleeper(), two = sleeper();
    CHECK_OK(setpgid(one, one));
    CHECK_OK(setpgid(two, one));
    CHECK_ERR(waitpid(0, &status, WNOHANG), ECHILD);
    CHECK_EQ(waitpid(-one, &status, WNOHANG), 0);
    CHECK_OK(kill(-one, SIGKILL));
    pid_t first = CHECK_OK(waitpid(-one, &status, 0));
    CHECK(first == one || first == two);
    CHECK_OK(waitid(P_PGID, one, &info, WEXITED));
    CHECK_EQ(info.si_pid, first == one ? two : one);
    CHECK_ERR(waitpid(-one, &status, 0), ECHILD);

    /* waitid's exit code, and a child that is not a zombie because SIGCHLD is ignored. */
    pid = child(77);
    CHECK_OK(waitid(P_PID, pid, &info, WEXITED));
    CHECK_EQ(info.si_code, CLD_EXITED);
    CHECK_EQ(info.si_status, 77);
    signal(SIGCHLD, SIG_IGN);
    pid = child(1);
    CHECK_ERR(waitpid(pid, &status, 0), ECHILD);
    CHECK_ERR(kill(pid, 0), ESRCH);
    signal(SIGCHLD, SIG_DFL);
    CHECK_ERR(syscall(SYS_wait4, child(0), BAD, 0, NULL), EFAULT);
    CHECK_ERR(kill(getpid(), 65), EINVAL);
    CHECK_ERR(kill(getpid(), -1), EINVAL);
    return finish();
}

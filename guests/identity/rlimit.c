// syscalls: prlimit64 getrlimit setrlimit
// Resource limits: reading, setting, inheritance, effect.
#include "../check.h"
#include <sys/resource.h>

int main(void)
{
    begin();
    struct rlimit limit, again;
    for (int i = 0; i < RLIM_NLIMITS; i++) {
        CHECK_OK(getrlimit(i, &limit));
        CHECK(limit.rlim_cur <= limit.rlim_max);
        CHECK_OK(setrlimit(i, &limit));
    }
    CHECK_ERR(getrlimit(RLIM_NLIMITS, &limit), EINVAL);
    /* The C library makes prlimit64 of these; here are the older calls. */
    CHECK_OK(syscall(SYS_getrlimit, RLIMIT_CORE, &limit));
    CHECK_OK(getrlimit(RLIMIT_CORE, &again));
    CHECK(limit.rlim_cur == again.rlim_cur && limit.rlim_max == again.rlim_max);
    limit.rlim_cur = 0;
    CHECK_OK(syscall(SYS_setrlimit, RLIMIT_CORE, &limit));
    CHECK_OK(getrlimit(RLIMIT_CORE, &again));
    CHECK_EQ(again.rlim_cur, 0);
    CHECK_ERR(syscall(SYS_getrlimit, RLIM_NLIMITS, &limit), EINVAL);
    CHECK_ERR(syscall(SYS_setrlimit, RLIM_NLIMITS, &limit), EINVAL);
    CHECK_ERR(syscall(SYS_getrlimit, RLIMIT_CORE, BAD), EFAULT);
    CHECK_ERR(syscall(SYS_setrlimit, RLIMIT_CORE, BAD), EFAULT);
    CHECK_ERR(syscall(SYS_prlimit64, 0, RLIMIT_CORE, BAD, NULL), EFAULT);
    CHECK_ERR(prlimit(0x3fffffff, RLIMIT_CORE, NULL, &limit), ESRCH);
    limit = (struct rlimit){10, 5};
    CHECK_ERR(setrlimit(RLIMIT_CORE, &limit), EINVAL);

    /* A stack limit that the program keeps, and passes on. */
    CHECK_OK(getrlimit(RLIMIT_STACK, &again));
    limit = (struct rlimit){1 << 20, again.rlim_max};
    CHECK_OK(prlimit(0, RLIMIT_STACK, &limit, &again));
    IN_CHILD({
        CHECK_OK(prlimit(getpid(), RLIMIT_STACK, NULL, &again));
        CHECK_EQ(again.rlim_cur, 1 << 20);
    });

    /* File size: SIGXFSZ, or EFBIG and a short write up to the limit. */
    limit = (struct rlimit){1000, 1000};
    CHECK_OK(setrlimit(RLIMIT_FSIZE, &limit));
    int fd = CHECK_OK(open("file", O_RDWR | O_CREAT, 0600));
    char block[800] = "";
    CHECK_EQ(write(fd, block, 800), 800);
    CHECK_EQ(write(fd, block, 800), 200);
    signal(SIGXFSZ, SIG_IGN);
    CHECK_ERR(write(fd, block, 1), EFBIG);
    CHECK_ERR(ftruncate(fd, 1001), EFBIG);
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        signal(SIGXFSZ, SIG_DFL);
        write(fd, block, 1);
        _exit(0);
    }
    CHECK_KILLED(pid, SIGXFSZ);
    return finish();
}

// syscalls: process_madvise process_mrelease
// Advice by descriptor of a process, and the memory of one that was killed.
#include "../check.h"
#include <sys/mman.h>
#include <sys/uio.h>

enum { PAGE = 65536 };

static long advise(int pidfd, struct iovec *iov, size_t count, int advice, unsigned flags)
{
    return syscall(SYS_process_madvise, pidfd, iov, count, advice, flags);
}

static long mrelease(int pidfd, unsigned flags)
{
    return syscall(SYS_process_mrelease, pidfd, flags);
}

int main(void)
{
    begin();
    char *at = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(at != MAP_FAILED);
    int self = CHECK_OK(syscall(SYS_pidfd_open, getpid(), 0));
    struct iovec iov[3] = {{at, PAGE}, {at + 2 * PAGE, PAGE}, {at + 3 * PAGE, PAGE}};
    CHECK_EQ(advise(self, iov, 2, MADV_WILLNEED, 0), 2 * PAGE);
    CHECK_EQ(advise(self, iov, 0, MADV_WILLNEED, 0), 0);
    CHECK_ERR(advise(self, iov, 1, MADV_WILLNEED, 1), EINVAL);
    CHECK_ERR(advise(-1, iov, 1, MADV_WILLNEED, 0), EBADF);
    CHECK_ERR(advise(0, iov, 1, MADV_WILLNEED, 0), EBADF);
    CHECK_ERR(advise(self, BAD, 1, MADV_WILLNEED, 0), EFAULT);
    CHECK_ERR(advise(self, iov, 1, 12345, 0), EINVAL);
    /* As far as it goes. */
    CHECK_OK(munmap(at + 3 * PAGE, PAGE));
    CHECK_EQ(advise(self, iov, 3, MADV_WILLNEED, 0), 2 * PAGE);
    CHECK_ERR(advise(self, &iov[2], 1, MADV_WILLNEED, 0), ENOMEM);

    pid_t child = CHECK_OK(fork());
    if (child == 0)
        for (;;)
            pause();
    int other = CHECK_OK(syscall(SYS_pidfd_open, child, 0));
    /* What would change contents is for the process itself. */
    CHECK_ERR(advise(other, iov, 1, MADV_DONTFORK, 0), EINVAL);
    if (IS_ROOT)
        CHECK_EQ(advise(other, iov, 1, MADV_COLD, 0), PAGE);
    CHECK_ERR(mrelease(other, 1), EINVAL);
    CHECK_ERR(mrelease(-1, 0), EBADF);
    CHECK_ERR(mrelease(other, 0), EINVAL);
    CHECK_OK(kill(child, SIGKILL));
    siginfo_t info;
    CHECK_OK(waitid(P_PID, child, &info, WEXITED | WNOWAIT));
    CHECK_ERR(mrelease(other, 0), ESRCH);
    CHECK_KILLED(child, SIGKILL);
    return finish();
}

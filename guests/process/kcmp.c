// syscalls: kcmp sched_setattr sched_getattr
// Whether processes share something, and scheduling attributes as one structure.
#include "../check.h"
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

enum { FILE_KIND, VM, FILES, FS, SIGHAND, IO, SYSVSEM, EPOLL_TARGET };

#define NOBODY 0x3fffffff

/* linux/sched/types.h, which clashes with sched.h. */
struct attributes {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
    uint32_t least, most;
};

static long compare(pid_t one, pid_t other, int kind, long a, long b)
{
    return syscall(SYS_kcmp, one, other, kind, a, b);
}

static void *shares(void *main)
{
    pid_t tid = gettid();
    for (int kind = VM; kind <= SIGHAND; kind++)
        CHECK_EQ(compare(*(pid_t *)main, tid, kind, 0, 0), 0);
    int fd = CHECK_OK(open(".", O_RDONLY));
    CHECK_EQ(compare(*(pid_t *)main, tid, FILE_KIND, fd, fd), 0);
    CHECK_OK(close(fd));
    return NULL;
}

static void comparisons(void)
{
    pid_t self = getpid();
    int one = CHECK_OK(open(".", O_RDONLY)), same = CHECK_OK(dup(one)), other = CHECK_OK(open(".", O_RDONLY));
    CHECK_EQ(compare(self, self, FILE_KIND, one, one), 0);
    CHECK_EQ(compare(self, self, FILE_KIND, one, same), 0);
    /* Less or greater, and the opposite the other way round. */
    long order = compare(self, self, FILE_KIND, one, other);
    CHECK(order == 1 || order == 2);
    CHECK_EQ(compare(self, self, FILE_KIND, other, one), 3 - order);
    CHECK_ERR(compare(self, self, FILE_KIND, one, 999), EBADF);
    CHECK_ERR(compare(self, self, FILE_KIND, -1, one), EBADF);
    CHECK_ERR(compare(self, NOBODY, FILE_KIND, one, one), ESRCH);
    CHECK_ERR(compare(self, NOBODY, VM, 0, 0), ESRCH);
    CHECK_ERR(compare(self, self, 99, 0, 0), EINVAL);
    CHECK_EQ(compare(self, self, SYSVSEM, 0, 0), 0);
    CHECK_OK(close(one));
    CHECK_OK(close(same));
    CHECK_OK(close(other));
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, shares, &self), 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    IN_CHILD({
        CHECK(compare(getpid(), getppid(), VM, 0, 0) > 0);
        CHECK(compare(getpid(), getppid(), FILES, 0, 0) > 0);
        CHECK(compare(getpid(), getppid(), FS, 0, 0) > 0);
    });
}

static void attributes(void)
{
    struct { struct attributes known; signed char more[64]; } set;
    memset(&set, 0xff, sizeof set);
    CHECK_OK(syscall(SYS_sched_getattr, 0, &set, sizeof set.known, 0));
    CHECK(set.known.size == sizeof set.known && set.known.policy == SCHED_OTHER && set.known.nice == 0);
    CHECK_EQ(set.more[0], -1);
    CHECK_OK(syscall(SYS_sched_getattr, getpid(), &set, 48, 0));
    CHECK_EQ(set.known.size, 48);
    CHECK_ERR(syscall(SYS_sched_getattr, 0, &set, 47, 0), EINVAL);
    CHECK_ERR(syscall(SYS_sched_getattr, 0, &set, 4097, 0), EINVAL);
    CHECK_ERR(syscall(SYS_sched_getattr, 0, &set, 48, 1), EINVAL);
    CHECK_ERR(syscall(SYS_sched_getattr, 0, NULL, 48, 0), EINVAL);
    CHECK_ERR(syscall(SYS_sched_getattr, -1, &set, 48, 0), EINVAL);
    CHECK_ERR(syscall(SYS_sched_getattr, NOBODY, &set, 48, 0), ESRCH);
    CHECK_ERR(syscall(SYS_sched_getattr, 0, BAD, 48, 0), EFAULT);

    IN_CHILD({
        memset(&set, 0, sizeof set);
        set.known.size = sizeof set;
        set.known.policy = SCHED_BATCH;
        set.known.nice = 7;
        CHECK_OK(syscall(SYS_sched_setattr, 0, &set, 0));
        CHECK_EQ(sched_getscheduler(0), SCHED_BATCH);
        CHECK_EQ(getpriority(PRIO_PROCESS, 0), 7);
        /* As the first programs did. */
        set.known.size = 0;
        set.known.policy = SCHED_IDLE;
        CHECK_OK(syscall(SYS_sched_setattr, getpid(), &set, 0));
        CHECK_EQ(sched_getscheduler(0), SCHED_IDLE);
    });
    /* Larger than anybody knows of. */
    memset(&set, 0, sizeof set);
    set.known.size = sizeof set;
    set.more[63] = 1;
    CHECK_ERR(syscall(SYS_sched_setattr, 0, &set, 0), E2BIG);
    CHECK(set.known.size >= 48 && set.known.size < sizeof set);
    set.known.size = 47;
    CHECK_ERR(syscall(SYS_sched_setattr, 0, &set, 0), E2BIG);
    set.known.size = 4097;
    CHECK_ERR(syscall(SYS_sched_setattr, 0, &set, 0), E2BIG);
    set.known.size = 48;
    set.known.policy = 77;
    CHECK_ERR(syscall(SYS_sched_setattr, 0, &set, 0), EINVAL);
    set.known.policy = -1;
    CHECK_ERR(syscall(SYS_sched_setattr, 0, &set, 0), EINVAL);
    set.known.policy = SCHED_OTHER;
    CHECK_ERR(syscall(SYS_sched_setattr, 0, &set, 1), EINVAL);
    CHECK_ERR(syscall(SYS_sched_setattr, 0, NULL, 0), EINVAL);
    CHECK_ERR(syscall(SYS_sched_setattr, 0, BAD, 0), EFAULT);
    CHECK_ERR(syscall(SYS_sched_setattr, NOBODY, &set, 0), ESRCH);
}

int main(void)
{
    begin();
    comparisons();
    attributes();
    return finish();
}

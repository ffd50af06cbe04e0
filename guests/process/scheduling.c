// syscalls: sched_setscheduler sched_getscheduler sched_setparam sched_getparam sched_get_priority_max sched_get_priority_min sched_rr_get_interval sched_setaffinity sched_getaffinity ioprio_set ioprio_get
// Scheduling policies, priorities and processors.
#include "../check.h"
#include <sched.h>

/* linux/ioprio.h, which not every distribution installs. */
enum { IOPRIO_WHO_PROCESS = 1, IOPRIO_CLASS_BE = 2, IOPRIO_CLASS_IDLE = 3, IOPRIO_CLASS_SHIFT = 13 };

#define NOBODY 0x3fffffff

static void policies(void)
{
    CHECK_EQ(sched_get_priority_min(SCHED_OTHER), 0);
    CHECK_EQ(sched_get_priority_max(SCHED_OTHER), 0);
    CHECK_EQ(sched_get_priority_min(SCHED_FIFO), 1);
    CHECK_EQ(sched_get_priority_max(SCHED_RR), 99);
    CHECK_ERR(sched_get_priority_min(77), EINVAL);
    CHECK_ERR(sched_get_priority_max(-1), EINVAL);

    struct sched_param parameter = {-1};
    CHECK_EQ(sched_getscheduler(0), SCHED_OTHER);
    CHECK_OK(sched_getparam(0, &parameter));
    CHECK_EQ(parameter.sched_priority, 0);
    CHECK_ERR(sched_getscheduler(-1), EINVAL);
    CHECK_ERR(sched_getscheduler(NOBODY), ESRCH);
    CHECK_ERR(sched_getparam(0, NULL), EINVAL);
    CHECK_ERR(sched_getparam(-1, &parameter), EINVAL);
    CHECK_ERR(syscall(SYS_sched_getparam, 0, BAD), EFAULT);
    CHECK_ERR(sched_getparam(NOBODY, &parameter), ESRCH);

    /* Without a real-time policy there is no priority but 0. */
    parameter.sched_priority = 0;
    CHECK_OK(sched_setparam(0, &parameter));
    parameter.sched_priority = 1;
    CHECK_ERR(sched_setparam(0, &parameter), EINVAL);
    CHECK_ERR(sched_setscheduler(0, SCHED_OTHER, &parameter), EINVAL);
    CHECK_ERR(sched_setscheduler(0, 77, &parameter), EINVAL);
    CHECK_ERR(sched_setscheduler(0, -1, &parameter), EINVAL);
    CHECK_ERR(sched_setparam(0, NULL), EINVAL);
    CHECK_ERR(syscall(SYS_sched_setparam, 0, BAD), EFAULT);
    CHECK_ERR(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, BAD), EFAULT);
    CHECK_ERR(sched_setparam(NOBODY, &(struct sched_param){0}), ESRCH);

    /* Anybody may become less urgent, and a child is what its parent was. */
    IN_CHILD({
        CHECK_OK(sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){0}));
        CHECK_EQ(sched_getscheduler(getpid()), SCHED_BATCH);
        IN_CHILD(CHECK_EQ(sched_getscheduler(0), SCHED_BATCH));
    });
    CHECK_EQ(sched_getscheduler(0), SCHED_OTHER);

    struct timespec interval = {-1, -1};
    CHECK_OK(syscall(SYS_sched_rr_get_interval, 0, &interval));
    CHECK(interval.tv_sec == 0 && interval.tv_nsec >= 0 && interval.tv_nsec < 1000000000);
    CHECK_ERR(syscall(SYS_sched_rr_get_interval, -1, &interval), EINVAL);
    CHECK_ERR(syscall(SYS_sched_rr_get_interval, NOBODY, &interval), ESRCH);
    CHECK_ERR(syscall(SYS_sched_rr_get_interval, 0, BAD), EFAULT);
}

static void processors(void)
{
    cpu_set_t all, one, now;
    CHECK_OK(sched_getaffinity(0, sizeof all, &all));
    int cpu = 0;
    while (!CPU_ISSET(cpu, &all))
        cpu++;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    IN_CHILD({
        CHECK_OK(sched_setaffinity(0, sizeof one, &one));
        CHECK_OK(sched_getaffinity(getpid(), sizeof now, &now));
        CHECK(CPU_EQUAL(&now, &one));
        CHECK_EQ(sched_getcpu(), cpu);
        IN_CHILD({
            CHECK_OK(sched_getaffinity(0, sizeof now, &now));
            CHECK(CPU_EQUAL(&now, &one));
        });
    });
    CHECK_OK(sched_getaffinity(0, sizeof now, &now));
    CHECK(CPU_EQUAL(&now, &all));
    CPU_ZERO(&one);
    CHECK_ERR(sched_setaffinity(0, sizeof one, &one), EINVAL);
    CHECK_ERR(sched_setaffinity(NOBODY, sizeof all, &all), ESRCH);
    CHECK_ERR(syscall(SYS_sched_setaffinity, 0, sizeof all, BAD), EFAULT);
    /* A mask longer than the kernel's own is cut off. */
    static char wide[16384];
    memcpy(wide, &all, sizeof all);
    memset(wide + sizeof all, 0xff, sizeof wide - sizeof all);
    CHECK_OK(syscall(SYS_sched_setaffinity, 0, sizeof wide, wide));
}

static void input_and_output(void)
{
    int idle = IOPRIO_CLASS_IDLE << IOPRIO_CLASS_SHIFT;
    int fifth = IOPRIO_CLASS_BE << IOPRIO_CLASS_SHIFT | 5;
    IN_CHILD({
        CHECK_OK(syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, fifth));
        CHECK_EQ(syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, getpid()), fifth);
        CHECK_OK(syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, getpid(), idle));
        CHECK_EQ(syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0), idle);
    });
    CHECK_ERR(syscall(SYS_ioprio_get, 9, 0), EINVAL);
    CHECK_ERR(syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, NOBODY), ESRCH);
    CHECK_ERR(syscall(SYS_ioprio_set, 9, 0, fifth), EINVAL);
    CHECK_ERR(syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, 7 << IOPRIO_CLASS_SHIFT), EINVAL);
    CHECK_ERR(syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, NOBODY, fifth), ESRCH);
}

int main(void)
{
    begin();
    policies();
    processors();
    input_and_output();
    return finish();
}

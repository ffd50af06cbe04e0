// syscalls: prctl personality sched_yield sched_getaffinity getcpu set_tid_address getpriority setpriority
// Basic prctl options and the scheduler's questions.
#include "../check.h"
#include <sched.h>
#include <sys/prctl.h>
#include <sys/personality.h>
#include <sys/resource.h>

static void of_memory(void)
{
    CHECK_EQ(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), 0);
    CHECK_OK(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
    CHECK_EQ(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), 1);
    IN_CHILD(CHECK_EQ(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), 1));
    CHECK_OK(prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0));
    CHECK_ERR(prctl(PR_GET_THP_DISABLE, 1, 0, 0, 0), EINVAL);
    CHECK_EQ(prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0), 0);
    CHECK_EQ(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0), PR_MCE_KILL_EARLY);
    CHECK_ERR(prctl(PR_MCE_KILL, PR_MCE_KILL_SET, 7, 0, 0), EINVAL);
    CHECK_OK(prctl(PR_MCE_KILL, PR_MCE_KILL_CLEAR, 0, 0, 0));
}

static void of_rights(void)
{
    CHECK_EQ(prctl(PR_GET_SECUREBITS), 0);
    CHECK_ERR(prctl(PR_SET_SECUREBITS, 0x1000, 0, 0, 0), EPERM);
    CHECK_ERR(prctl(PR_CAPBSET_DROP, 100, 0, 0, 0), IS_ROOT ? EINVAL : EPERM);
    if (IS_ROOT) {
        /* CAP_SYS_TIME, SECBIT_NOROOT */
        IN_CHILD(CHECK_EQ(prctl(PR_CAPBSET_READ, 25, 0, 0, 0), 1);
                 CHECK_OK(prctl(PR_CAPBSET_DROP, 25, 0, 0, 0));
                 CHECK_EQ(prctl(PR_CAPBSET_READ, 25, 0, 0, 0), 0);
                 CHECK_OK(prctl(PR_SET_SECUREBITS, 1, 0, 0, 0)); CHECK_EQ(prctl(PR_GET_SECUREBITS), 1));
        CHECK_EQ(prctl(PR_CAPBSET_READ, 25, 0, 0, 0), 1);
    } else {
        CHECK_ERR(prctl(PR_CAPBSET_DROP, 25, 0, 0, 0), EPERM);
    }
}

static void of_the_processor(void)
{
    CHECK_EQ(prctl(PR_GET_TIMING, 0, 0, 0, 0), PR_TIMING_STATISTICAL);
    CHECK_OK(prctl(PR_SET_TIMING, PR_TIMING_STATISTICAL, 0, 0, 0));
    CHECK_ERR(prctl(PR_SET_TIMING, PR_TIMING_TIMESTAMP, 0, 0, 0), EINVAL);
    CHECK(prctl(PR_GET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS, 0, 0, 0) >= 0);
    CHECK_ERR(prctl(PR_GET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS, 1, 0, 0), EINVAL);
    CHECK_ERR(prctl(PR_GET_SPECULATION_CTRL, 9, 0, 0, 0), ENODEV);
    CHECK_ERR(prctl(PR_SET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS, 9, 1, 0), EINVAL);
}

int main(void)
{
    begin();
    char name[32] = "";
    CHECK_OK(prctl(PR_GET_NAME, name));
    CHECK_STR(name, "prctl");
    CHECK_OK(prctl(PR_SET_NAME, "a name longer than fifteen"));
    CHECK_OK(prctl(PR_GET_NAME, name));
    CHECK_STR(name, "a name longer t");
    CHECK_ERR(prctl(PR_SET_NAME, BAD), EFAULT);
    int signal = -1;
    CHECK_OK(prctl(PR_GET_PDEATHSIG, &signal));
    CHECK_EQ(signal, 0);
    CHECK_OK(prctl(PR_SET_PDEATHSIG, SIGTERM));
    CHECK_OK(prctl(PR_GET_PDEATHSIG, &signal));
    CHECK_EQ(signal, SIGTERM);
    CHECK_ERR(prctl(PR_SET_PDEATHSIG, 65), EINVAL);
    CHECK_OK(prctl(PR_SET_PDEATHSIG, 0));
    CHECK_EQ(prctl(PR_GET_DUMPABLE), 1);
    CHECK_OK(prctl(PR_SET_DUMPABLE, 0));
    CHECK_EQ(prctl(PR_GET_DUMPABLE), 0);
    CHECK_ERR(prctl(PR_SET_DUMPABLE, 2), EINVAL);
    CHECK_OK(prctl(PR_SET_DUMPABLE, 1));
    CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
    CHECK_ERR(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0), EINVAL);
    CHECK_ERR(prctl(PR_SET_NO_NEW_PRIVS, 1, 1, 0, 0), EINVAL);
    IN_CHILD({
        CHECK_OK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
        CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
    });
    int reaper = -1;
    CHECK_OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
    CHECK_OK(prctl(PR_GET_CHILD_SUBREAPER, &reaper));
    CHECK_EQ(reaper, 1);
    CHECK_ERR(prctl(0x7fffffff), EINVAL);
    of_memory();
    of_rights();
    of_the_processor();

    CHECK_EQ(personality(0xffffffff), PER_LINUX);
    IN_CHILD({
        CHECK_EQ(personality(ADDR_NO_RANDOMIZE), PER_LINUX);
        IN_CHILD(CHECK_EQ(personality(0xffffffff), ADDR_NO_RANDOMIZE));
        CHECK_EQ(personality(PER_LINUX), ADDR_NO_RANDOMIZE);
    });
    CHECK_OK(sched_yield());
    cpu_set_t set;
    CHECK_OK(sched_getaffinity(0, sizeof set, &set));
    CHECK(CPU_COUNT(&set) >= 1);
    CHECK_ERR(sched_getaffinity(0x3fffffff, sizeof set, &set), ESRCH);
    CHECK_ERR(syscall(SYS_sched_getaffinity, 0, 1, &set), EINVAL);
    unsigned cpu = ~0u, node = ~0u;
    CHECK_OK(syscall(SYS_getcpu, &cpu, &node, 0));
    CHECK(cpu < 100000 && node < 100000);
    CHECK_EQ(syscall(SYS_set_tid_address, NULL), getpid());
    errno = 0;
    CHECK_EQ(getpriority(PRIO_PROCESS, 0), 0);
    CHECK_ERR(getpriority(9, 0), EINVAL);
    CHECK_ERR(getpriority(PRIO_PROCESS, 0x3fffffff), ESRCH);
    IN_CHILD({
        CHECK_OK(setpriority(PRIO_PROCESS, 0, 5));
        CHECK_EQ(getpriority(PRIO_PROCESS, 0), 5);
        CHECK_OK(setpriority(PRIO_PROCESS, 0, 500));
        CHECK_EQ(getpriority(PRIO_PROCESS, 0), 19);
    });
    return finish();
}

// syscalls: adjtimex clock_adjtime settimeofday syslog mount pivot_root fsopen fspick swapon swapoff acct reboot setdomainname vhangup
// What concerns the whole machine: asking is free, changing is refused without capabilities.
#include "../check.h"
#include <linux/capability.h>
#include <sys/timex.h>
#include <time.h>

static long raw_open(const char *type) { return syscall(SYS_fsopen, type, 0); }

int main(void)
{
    begin();
    struct timex timex = {0}, again = {0};
    int state = CHECK_OK(adjtimex(&timex));
    CHECK(state >= TIME_OK && state <= TIME_ERROR);
    CHECK(timex.tick > 9000 && timex.tick < 11000);
    struct timespec now;
    CHECK_OK(clock_gettime(CLOCK_REALTIME, &now));
    CHECK(timex.time.tv_sec >= now.tv_sec - 1 && timex.time.tv_sec <= now.tv_sec);
    CHECK_EQ(clock_adjtime(CLOCK_REALTIME, &again), state);
    CHECK_EQ(again.tick, timex.tick);
    CHECK_ERR(clock_adjtime(99, &again), EINVAL);
    CHECK_ERR(clock_adjtime(CLOCK_MONOTONIC, &again), EOPNOTSUPP);
    CHECK_ERR(syscall(SYS_adjtimex, BAD), EFAULT);
    CHECK_ERR(syscall(SYS_clock_adjtime, CLOCK_REALTIME, BAD), EFAULT);
    struct timeval wrong = {1, -1};
    CHECK_ERR(syscall(SYS_settimeofday, &wrong, NULL), EINVAL);
    CHECK_ERR(syscall(SYS_settimeofday, BAD, NULL), EFAULT);
    CHECK_ERR(syscall(SYS_settimeofday, NULL, BAD), EFAULT);
    CHECK_ERR(syscall(SYS_syslog, 3, NULL, -1), IS_ROOT ? EINVAL : EPERM);

    /* Without capabilities, whoever is asked: the host's kernel or elfuse. */
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[2] = {0};
    CHECK_OK(syscall(SYS_capset, &header, none));
    struct timeval same;
    CHECK_OK(gettimeofday(&same, NULL));
    CHECK_ERR(syscall(SYS_settimeofday, &same, NULL), EPERM);
    timex.modes = ADJ_TICK;
    CHECK_ERR(adjtimex(&timex), EPERM);
    CHECK_ERR(clock_adjtime(CLOCK_REALTIME, &timex), EPERM);
    CHECK_ERR(syscall(SYS_syslog, 5, NULL, 0), EPERM);
    CHECK_ERR(syscall(SYS_mount, "none", "/", "tmpfs", 0, NULL), EPERM);
    CHECK_ERR(syscall(SYS_pivot_root, "/", "/"), EPERM);
    CHECK_ERR(raw_open("tmpfs"), EPERM);
    CHECK_ERR(syscall(SYS_fspick, AT_FDCWD, "/", 0), EPERM);
    CHECK_ERR(syscall(SYS_swapon, "file", 0), EPERM);
    CHECK_ERR(syscall(SYS_swapoff, "file"), EPERM);
    CHECK_ERR(syscall(SYS_acct, NULL), EPERM);
    CHECK_ERR(syscall(SYS_reboot, 0xfee1dead, 672274793, 0, NULL), EPERM);
    CHECK_ERR(syscall(SYS_setdomainname, "name", 4), EPERM);
    CHECK_ERR(syscall(SYS_vhangup), EPERM);
    return finish();
}

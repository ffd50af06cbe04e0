// syscalls: clock_gettime clock_getres gettimeofday clock_settime
// Reading clocks, by the vDSO and by the call.
#include "../check.h"
#include <sys/time.h>
#include <time.h>

static long long nanoseconds(struct timespec t) { return t.tv_sec * 1000000000ll + t.tv_nsec; }

int main(void)
{
    begin();
    clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID,
                          CLOCK_THREAD_CPUTIME_ID, CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE,
                          CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME, CLOCK_TAI};
    for (unsigned i = 0; i < sizeof clocks / sizeof *clocks; i++) {
        struct timespec one, two, resolution;
        CHECK_OK(clock_gettime(clocks[i], &one));
        CHECK_OK(syscall(SYS_clock_gettime, clocks[i], &two));
        CHECK(two.tv_nsec >= 0 && two.tv_nsec < 1000000000);
        CHECK(nanoseconds(two) >= nanoseconds(one));
        CHECK(nanoseconds(two) - nanoseconds(one) < 5000000000ll);
        CHECK_OK(clock_getres(clocks[i], &resolution));
        CHECK(resolution.tv_sec == 0 && resolution.tv_nsec > 0);
    }
    struct timespec t;
    struct timeval now;
    CHECK_ERR(syscall(SYS_clock_gettime, 77, &t), EINVAL);
    CHECK_ERR(syscall(SYS_clock_gettime, CLOCK_REALTIME, BAD), EFAULT);
    CHECK_ERR(syscall(SYS_clock_getres, 77, &t), EINVAL);
    CHECK_OK(syscall(SYS_clock_getres, CLOCK_REALTIME, NULL));
    CHECK_OK(gettimeofday(&now, NULL));
    CHECK_OK(clock_gettime(CLOCK_REALTIME, &t));
    CHECK(t.tv_sec - now.tv_sec <= 2 && now.tv_sec > 1500000000);
    CHECK_OK(syscall(SYS_gettimeofday, &now, NULL));
    CHECK(now.tv_usec < 1000000);
    CHECK_ERR(syscall(SYS_gettimeofday, BAD, NULL), EFAULT);
    CHECK_ERR(clock_settime(CLOCK_MONOTONIC, &t), EINVAL);
    t.tv_nsec = 1000000000;
    CHECK_ERR(clock_settime(CLOCK_REALTIME, &t), EINVAL);

    /* The processor's time grows with work and not with sleep. */
    struct timespec before, after;
    CHECK_OK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before));
    usleep(100000);
    CHECK_OK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after));
    CHECK(nanoseconds(after) - nanoseconds(before) < 90000000);
    do
        CHECK_OK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after));
    while (nanoseconds(after) - nanoseconds(before) < 10000000);
    clockid_t own;
    CHECK_EQ(clock_getcpuclockid(0, &own), 0);
    CHECK_OK(clock_gettime(own, &t));
    return finish();
}

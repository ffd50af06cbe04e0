// syscalls: nanosleep clock_nanosleep getitimer setitimer
// Sleeping, interrupted sleep, and the interval timer.
#include "../check.h"
#include <sys/time.h>
#include <time.h>

static volatile int fired;
static void on_alarm(int signal) { fired += signal == SIGALRM; }

static double now(void)
{
    struct timespec t;
    CHECK_OK(clock_gettime(CLOCK_MONOTONIC, &t));
    return t.tv_sec + t.tv_nsec * 1e-9;
}

int main(void)
{
    begin();
    alarm(0);
    struct timespec request = {0, 50000000}, left = {0, 0};
    double start = now();
    CHECK_OK(nanosleep(&request, NULL));
    CHECK(now() - start >= 0.05);
    request.tv_nsec = 1000000000;
    CHECK_ERR(nanosleep(&request, NULL), EINVAL);
    request = (struct timespec){-1, 0};
    CHECK_ERR(nanosleep(&request, NULL), EINVAL);
    CHECK_ERR(syscall(SYS_nanosleep, BAD, NULL), EFAULT);

    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    CHECK_OK(sigaction(SIGALRM, &action, NULL));
    struct itimerval timer = {{0, 0}, {0, 50000}}, old;
    CHECK_OK(setitimer(ITIMER_REAL, &timer, NULL));
    CHECK_OK(getitimer(ITIMER_REAL, &old));
    CHECK(old.it_value.tv_sec == 0 && old.it_value.tv_usec > 0 && old.it_value.tv_usec <= 50000);
    request = (struct timespec){20, 0};
    CHECK_ERR(nanosleep(&request, &left), EINTR);
    CHECK_EQ(fired, 1);
    CHECK(left.tv_sec == 19);

    struct timespec until;
    CHECK_OK(clock_gettime(CLOCK_MONOTONIC, &until));
    until.tv_nsec += 30000000;
    if (until.tv_nsec >= 1000000000)
        until.tv_sec++, until.tv_nsec -= 1000000000;
    CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL), 0);
    CHECK(now() >= until.tv_sec + until.tv_nsec * 1e-9);
    until.tv_sec = 1;
    CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL), 0);
    CHECK_EQ(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &until, NULL), EINVAL);
    CHECK_EQ(clock_nanosleep(77, 0, &until, NULL), EINVAL);

    timer = (struct itimerval){{0, 10000}, {0, 10000}};
    fired = 0;
    CHECK_OK(setitimer(ITIMER_REAL, &timer, NULL));
    while (fired < 3)
        pause();
    timer = (struct itimerval){{0, 0}, {0, 0}};
    CHECK_OK(setitimer(ITIMER_REAL, &timer, &old));
    CHECK_EQ(old.it_interval.tv_usec, 10000);
    fired = 0;
    usleep(30000);
    CHECK_EQ(fired, 0);
    timer.it_value.tv_usec = 1000000;
    CHECK_ERR(setitimer(ITIMER_REAL, &timer, NULL), EINVAL);
    CHECK_ERR(setitimer(9, &timer, NULL), EINVAL);
    CHECK_ERR(getitimer(9, &timer), EINVAL);
    CHECK_EQ(alarm(100), 0);
    CHECK_EQ(alarm(0), 100);

    /* The virtual timer counts work. */
    signal(SIGVTALRM, on_alarm);
    timer = (struct itimerval){{0, 0}, {0, 20000}};
    CHECK_OK(setitimer(ITIMER_VIRTUAL, &timer, NULL));
    do
        CHECK_OK(getitimer(ITIMER_VIRTUAL, &old));
    while (old.it_value.tv_usec);
    return finish();
}

// syscalls: setitimer rt_sigaction
// A signal reaches a program that makes no system calls.
#include "../check.h"
#include <sys/time.h>

static volatile sig_atomic_t ticks;
static void tick(int signal) { ticks += signal == SIGALRM; }

int main(void)
{
    begin();
    signal(SIGALRM, tick);
    struct itimerval timer = {{0, 5000}, {0, 5000}};
    CHECK_OK(setitimer(ITIMER_REAL, &timer, NULL));
    volatile double x = 1;
    uint64_t sum = 0, expected = 0;
    while (ticks < 20) {
        x = x * 1.0000001;
        sum += 3;
        expected += 3;
    }
    CHECK_EQ(sum, expected);
    CHECK(x >= 1);
    timer = (struct itimerval){{0, 0}, {0, 0}};
    CHECK_OK(setitimer(ITIMER_REAL, &timer, NULL));
    /* From another process, ending the loop. */
    pid_t pid = CHECK_OK(fork());
    if (pid == 0)
        for (;;)
            x = x + 1;
    usleep(20000);
    CHECK_OK(kill(pid, SIGTERM));
    CHECK_KILLED(pid, SIGTERM);
    return finish();
}

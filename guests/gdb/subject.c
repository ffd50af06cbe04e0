// syscalls: tgkill clock_nanosleep futex
// What suite `gdb` debugs. Its argument says what it does in the end.
#include "../check.h"
#include <pthread.h>
#include <time.h>

#define FUNCTION __attribute__((noinline, noclone))

volatile int counter;
volatile int handled;
volatile int times;
volatile int may_go;
volatile long cell;

FUNCTION int add(int a, int b)
{
    counter += a + b;
    return counter;
}

FUNCTION int twice(int a)
{
    __asm__ volatile("");
    return a * 2;
}

static void on_signal(int number)
{
    handled = number;
    times++;
}

static void *work(void *argument)
{
    struct timespec moment = {0, 1000000};
    CHECK_OK(nanosleep(&moment, NULL));
    add(1, (int)(intptr_t)argument);
    __atomic_fetch_add(&cell, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

static void threads(void)
{
    pthread_t ids[2];
    for (intptr_t i = 0; i < 2; i++)
        CHECK_EQ(pthread_create(&ids[i], NULL, work, (void *)(10 + i)), 0);
    for (int i = 0; i < 2; i++)
        CHECK_EQ(pthread_join(ids[i], NULL), 0);
    CHECK_EQ(cell, 2);
}

static void forks(void)
{
    pid_t child = CHECK_OK(fork());
    if (child == 0)
        _exit(twice(4));
    CHECK_EXIT(child, 8);
}

/* Until the debugger writes to `may_go`. */
FUNCTION void wait_busily(void)
{
    while (!may_go)
        cell++;
}

/* For a second one, whose handler may have run before the sleep begins. */
FUNCTION void wait_for_a_signal(void)
{
    struct timespec second = {1, 0};
    while (times < 2)
        CHECK(nanosleep(&second, NULL) == 0 || errno == EINTR);
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "";
    begin();
    CHECK(signal(SIGUSR1, on_signal) != SIG_ERR);
    CHECK_EQ(add(2, 3), 5);
    CHECK_EQ(twice(21), 42);
    CHECK_EQ(raise(SIGUSR1), 0);
    CHECK_EQ(handled, SIGUSR1);
    threads();
    if (strcmp(mode, "abort") == 0)
        abort();
    if (strcmp(mode, "fault") == 0)
        *(volatile int *)BAD = 1;
    if (strcmp(mode, "busy") == 0)
        wait_busily();
    if (strcmp(mode, "asleep") == 0)
        wait_for_a_signal();
    if (strcmp(mode, "fork") == 0)
        forks();
    finish();
    if (strcmp(mode, "exec") == 0)
        CHECK_OK(execl(argv[0], argv[0], NULL));
    return strcmp(mode, "") == 0 ? 0 : 7;
}

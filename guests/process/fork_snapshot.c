// syscalls: clone wait4 exit_group
// A child has the memory of one moment: of two words that other threads write one after the other, it never
// sees the second without the first.
#include "../check.h"
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

/* Far apart, and the first one first, where a copy that takes its time begins. */
static struct {
    _Atomic long first;
    char between[1 << 20];
    _Atomic long second;
} words;
static atomic_int stop;

static void *writer(void *arg)
{
    while (!stop) {
        words.first++;
        words.second++;
    }
    return arg;
}

int main(void)
{
    begin();
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        CHECK_EQ(pthread_create(&threads[i], NULL, writer, NULL), 0);
    for (int i = 0; i < 20; i++) {
        pid_t pid = CHECK_OK(fork());
        if (pid == 0) {
            long second = words.second, first = words.first;
            _exit(second > first);
        }
        int status;
        CHECK_EQ(waitpid(pid, &status, 0), pid);
        CHECK_EQ(status, 0);
    }
    stop = 1;
    for (int i = 0; i < 2; i++)
        CHECK_EQ(pthread_join(threads[i], NULL), 0);
    return finish();
}

// syscalls: clone close read execve
// A descriptor that another thread is using while the process forks is the child's to close.
#include "../check.h"
#include <pthread.h>
#include <sys/socket.h>

static int ends[2], said[2], go_on[2];

static void *user(void *unused)
{
    char byte;
    CHECK_EQ(read(ends[0], &byte, 1), 1);
    return unused;
}

/* Says that it is there, and stays until it is told to go. */
static void stay(void)
{
    char byte;
    CHECK_EQ(write(said[1], "x", 1), 1);
    CHECK_OK(close(go_on[1]));
    CHECK_EQ(read(go_on[0], &byte, 1), 0);
    _exit(0);
}

/* Nobody has the file open any more but this process, which then closes it. */
static void check(void (*child)(char *), char *argument)
{
    char byte;
    pthread_t thread;
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
    CHECK_OK(pipe(said));
    CHECK_OK(pipe(go_on));
    CHECK_EQ(pthread_create(&thread, NULL, user, NULL), 0);
    /* Most likely it sleeps now. */
    usleep(30000);
    pid_t pid = CHECK_OK(fork());
    if (pid == 0)
        child(argument);
    CHECK_EQ(read(said[0], &byte, 1), 1);
    CHECK_EQ(write(ends[1], "x", 1), 1);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK_OK(close(ends[0]));
    CHECK_ERR(write(ends[1], "x", 1), EPIPE);
    CHECK_OK(close(ends[1]));
    CHECK_OK(close(go_on[1]));
    CHECK_EXIT(pid, 0);
    CHECK_OK(close(go_on[0]));
    CHECK_OK(close(said[0]));
    CHECK_OK(close(said[1]));
}

static void closes(char *unused)
{
    (void)unused;
    CHECK_OK(close(ends[0]));
    CHECK_OK(close(ends[1]));
    stay();
}

static void replaces(char *unused)
{
    (void)unused;
    CHECK_EQ(dup2(said[0], ends[0]), ends[0]);
    CHECK_OK(close(ends[1]));
    stay();
}

static void executes(char *program)
{
    char numbers[3][16];
    int fds[] = {said[1], go_on[0], go_on[1]};
    for (int i = 0; i < 3; i++)
        snprintf(numbers[i], sizeof numbers[i], "%d", fds[i]);
    execl(program, "stay", numbers[0], numbers[1], numbers[2], NULL);
    _exit(1);
}

int main(int argc, char **argv)
{
    if (argc == 4) {
        said[1] = atoi(argv[1]), go_on[0] = atoi(argv[2]), go_on[1] = atoi(argv[3]);
        stay();
    }
    char program[PATH_MAX] = {0};
    CHECK_OK(readlink("/proc/self/exe", program, sizeof program - 1));
    begin();
    signal(SIGPIPE, SIG_IGN);
    check(closes, NULL);
    check(replaces, NULL);
    check(executes, program);
    return finish();
}

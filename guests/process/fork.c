// syscalls: clone getpid getppid gettid exit exit_group
// fork-style clone: separate memory, shared descriptions, pending state that is not inherited.
#include "../check.h"
#include <sched.h>
#include <sys/mman.h>

static int in_clone(void *value)
{
    *(int *)value = 7;
    return 42;
}

int main(void)
{
    begin();
    static volatile int value = 1;
    pid_t parent = getpid();
    put_file("file", "0123456789");
    int fd = CHECK_OK(open("file", O_RDONLY));
    int *shared = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(shared != MAP_FAILED);
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        CHECK_EQ(getppid(), parent);
        CHECK(getpid() != parent);
        CHECK_EQ(syscall(SYS_gettid), getpid());
        value = 2;
        *shared = 3;
        CHECK_EQ(lseek(fd, 5, SEEK_SET), 5);
        CHECK_OK(fcntl(fd, F_SETFD, FD_CLOEXEC));
        _exit(3);
    }
    CHECK_EXIT(pid, 3);
    CHECK_EQ(value, 1);
    CHECK_EQ(*shared, 3);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 5);
    CHECK_EQ(fcntl(fd, F_GETFD), 0);

    /* An alarm and pending signals stay with the parent; the mask and handlers are copied. */
    sigset_t set, pending;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
    CHECK_OK(raise(SIGUSR1));
    IN_CHILD({
        CHECK_EQ(alarm(0), 0);
        CHECK_OK(sigpending(&pending));
        CHECK(!sigismember(&pending, SIGUSR1));
        CHECK_OK(sigprocmask(SIG_BLOCK, NULL, &set));
        CHECK(sigismember(&set, SIGUSR1));
    });
    CHECK_OK(sigpending(&pending));
    CHECK(sigismember(&pending, SIGUSR1));
    CHECK_EQ(sigtimedwait(&set, NULL, &(struct timespec){1, 0}), SIGUSR1);

    /* The raw call, with the child's id stored on both sides. */
    static volatile pid_t child_id, parent_id;
    pid = CHECK_OK(syscall(SYS_clone, CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | SIGCHLD, 0,
                           &parent_id,
#ifdef __aarch64__
                           0, &child_id
#else
                           &child_id, 0
#endif
                           ));
    if (pid == 0)
        _exit(child_id == getpid() && parent_id == 0 ? 0 : 1);
    CHECK_EXIT(pid, 0);
    CHECK_EQ(parent_id, pid);
    CHECK_EQ(child_id, 0);
    /* A child that is waited for has memory of its own, too. */
    parent_id = 0;
    pid = CHECK_OK(syscall(SYS_clone, CLONE_VFORK | CLONE_PARENT_SETTID | SIGCHLD, 0, &parent_id, 0, 0));
    if (pid == 0) {
        child_id = 7;
        _exit(parent_id);
    }
    CHECK_EXIT(pid, 0);
    CHECK_EQ(parent_id, pid);
    CHECK_EQ(child_id, 0);
    CHECK_ERR(syscall(SYS_clone, CLONE_THREAD | SIGCHLD, 0, 0, 0, 0), EINVAL);
    CHECK_ERR(syscall(SYS_clone, CLONE_SIGHAND | SIGCHLD, 0, 0, 0, 0), EINVAL);
    CHECK_ERR(syscall(SYS_clone, CLONE_FS | CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0), EINVAL);

    /* A stack of its own. */
    char *stack = mmap(0, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(stack != MAP_FAILED);
    *shared = 0;
    pid = CHECK_OK(clone(in_clone, stack + 65536, SIGCHLD, shared));
    CHECK_EXIT(pid, 42);
    CHECK_EQ(*shared, 7);

    /* exit keeps only the low byte; an orphan gets another parent. */
    pid = CHECK_OK(fork());
    if (pid == 0) {
        syscall(SYS_exit_group, 0x1234);
        _exit(1); /* would hide that it returned: the C library tries SYS_exit next */
    }
    CHECK_EXIT(pid, 0x34);
    int channel[2];
    CHECK_OK(pipe(channel));
    pid = CHECK_OK(fork());
    if (pid == 0) {
        pid_t middle = getpid();
        if (fork() == 0) {
            while (getppid() == middle)
                usleep(1000);
            CHECK_EQ(write(channel[1], "x", 1), 1);
            _exit(0);
        }
        syscall(SYS_exit, 0);
    }
    CHECK_EXIT(pid, 0);
    char byte;
    CHECK_EQ(read(channel[0], &byte, 1), 1);
    return finish();
}

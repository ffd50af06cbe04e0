// syscalls: unshare setns clone
// What a process that is alone shares with nobody, and namespaces, which are for administrators.
#include "../check.h"
#include <pthread.h>
#include <sched.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/syscall.h>

static void *cannot(void *unused)
{
    CHECK_OK(unshare(0));
    CHECK_OK(unshare(CLONE_SYSVSEM));
    CHECK_ERR(unshare(CLONE_THREAD), EINVAL);
    CHECK_ERR(unshare(CLONE_VM), EINVAL);
    CHECK_ERR(unshare(CLONE_SIGHAND), EINVAL);
    CHECK_ERR(unshare(CLONE_NEWUSER), EINVAL);
    return unused;
}

/* What is to be undone at the end is undone when it is not shared any more. */
static void semaphores(void)
{
    int set = CHECK_OK(semget(IPC_PRIVATE, 1, 0600));
    CHECK_OK(semop(set, &(struct sembuf){0, 3, SEM_UNDO}, 1));
    CHECK_EQ(semctl(set, 0, GETVAL), 3);
    CHECK_OK(unshare(CLONE_SYSVSEM));
    CHECK_EQ(semctl(set, 0, GETVAL), 0);
    CHECK_OK(semctl(set, 0, IPC_RMID));
}

static void namespaces(void)
{
    int null = CHECK_OK(open("/dev/null", O_RDONLY));
    int own = CHECK_OK(open("/proc/self/ns/uts", O_RDONLY));
    CHECK_ERR(syscall(SYS_setns, -1, 0), EBADF);
    CHECK_ERR(syscall(SYS_setns, null, 0), EINVAL);
    CHECK_ERR(syscall(SYS_clone, CLONE_NEWNS | CLONE_FS | SIGCHLD, 0, 0, 0, 0), EINVAL);
    CHECK_ERR(syscall(SYS_clone, CLONE_NEWUSER | CLONE_FS | SIGCHLD, 0, 0, 0, 0), EINVAL);
    IN_CHILD({
        if (IS_ROOT)
            CHECK_OK(setresuid(65534, 65534, 65534));
        int kinds[] = {CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET};
        for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) {
            CHECK_ERR(unshare(kinds[i]), EPERM);
            CHECK_ERR(unshare(kinds[i] | CLONE_FILES), EPERM);
            CHECK_ERR(syscall(SYS_clone, kinds[i] | SIGCHLD, 0, 0, 0, 0), EPERM);
        }
        CHECK_ERR(syscall(SYS_setns, own, 0), EPERM);
        CHECK_ERR(syscall(SYS_setns, own, CLONE_NEWUTS), EPERM);
    });
    CHECK_OK(close(null));
    CHECK_OK(close(own));
}

int main(void)
{
    begin();
    CHECK_OK(unshare(0));
    CHECK_OK(unshare(CLONE_FS | CLONE_FILES | CLONE_SYSVSEM));
    CHECK_OK(unshare(CLONE_THREAD | CLONE_VM | CLONE_SIGHAND));
    CHECK_ERR(unshare(CLONE_SETTLS), EINVAL);
    CHECK_ERR(unshare(SIGCHLD), EINVAL);
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, cannot, NULL), 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    semaphores();
    namespaces();
    return finish();
}

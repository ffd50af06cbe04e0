// syscalls: semget semop semtimedop semctl
// System V semaphores: values, waiting, undoing at the end of a process, records.
#include "../check.h"
#include <sys/ipc.h>
#include <sys/sem.h>
#include <time.h>

union semun {
    int val;
    struct semid_ds *buf;
    unsigned short *array;
    struct seminfo *info;
};

static volatile int handled;
static void on_signal(int signal) { handled = signal; }

int main(void)
{
    begin();
    int id = CHECK_OK(semget(IPC_PRIVATE, 3, IPC_CREAT | 0640));
    union semun arg = {.array = (unsigned short[]){1, 2, 3}};
    CHECK_OK(semctl(id, 0, SETALL, arg));
    unsigned short values[4] = {9, 9, 9, 9};
    arg.array = values;
    CHECK_OK(semctl(id, 0, GETALL, arg));
    CHECK(values[0] == 1 && values[1] == 2 && values[2] == 3 && values[3] == 9);
    CHECK_EQ(semctl(id, 1, GETVAL), 2);
    arg.val = 5;
    CHECK_OK(semctl(id, 1, SETVAL, arg));
    CHECK_EQ(semctl(id, 1, GETVAL), 5);
    CHECK_EQ(semctl(id, 1, GETNCNT), 0);
    CHECK_EQ(semctl(id, 1, GETZCNT), 0);

    struct semid_ds record;
    memset(&record, 0xff, sizeof record);
    arg.buf = &record;
    CHECK_OK(semctl(id, 0, IPC_STAT, arg));
    CHECK_EQ(record.sem_nsems, 3);
    CHECK_EQ(record.sem_perm.mode, 0640);
    CHECK_EQ(record.sem_perm.uid, geteuid());
    CHECK_EQ(record.sem_otime, 0);
    long age = time(NULL) - record.sem_ctime;
    CHECK(age >= 0 && age < 60);
    record.sem_perm.mode = 0600;
    CHECK_OK(semctl(id, 0, IPC_SET, arg));

    /* All of them or none, and undone when the process ends. */
    struct sembuf both[2] = {{0, -1, 0}, {2, -4, IPC_NOWAIT}};
    CHECK_ERR(semop(id, both, 2), EAGAIN);
    CHECK_EQ(semctl(id, 0, GETVAL), 1);
    IN_CHILD(struct sembuf take = {0, -1, SEM_UNDO}; CHECK_OK(semop(id, &take, 1));
             CHECK_EQ(semctl(id, 0, GETVAL), 0); CHECK_EQ(semctl(id, 0, GETPID), getpid()));
    CHECK_EQ(semctl(id, 0, GETVAL), 1);
    CHECK_OK(semctl(id, 0, IPC_STAT, arg));
    CHECK(record.sem_otime != 0);
    CHECK_EQ(record.sem_perm.mode, 0600);

    /* Waiting for another process, for a time, until a signal comes. */
    struct sembuf take = {0, -2, 0};
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        while (semctl(id, 0, GETNCNT) == 0)
            usleep(1000);
        struct sembuf give = {0, 1, 0};
        _exit(semop(id, &give, 1));
    }
    CHECK_OK(semop(id, &take, 1));
    CHECK_EXIT(pid, 0);
    struct timespec limit = {0, 20000000}, bad = {0, -1};
    CHECK_ERR(semtimedop(id, &take, 1, &limit), EAGAIN);
    CHECK_ERR(semtimedop(id, &take, 1, &bad), EINVAL);
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    CHECK_OK(sigaction(SIGUSR1, &action, NULL));
    pid = CHECK_OK(fork());
    if (pid == 0) {
        while (semctl(id, 0, GETNCNT) == 0)
            usleep(1000);
        _exit(kill(getppid(), SIGUSR1));
    }
    CHECK_ERR(semop(id, &take, 1), EINTR);
    CHECK_EQ(handled, SIGUSR1);
    CHECK_EXIT(pid, 0);

    struct seminfo info = {0};
    arg.info = &info;
    CHECK_OK(semctl(0, 0, IPC_INFO, arg));
    CHECK(info.semmsl > 0 && info.semopm > 0);
    CHECK_ERR(semop(id, &take, 0), EINVAL);
    CHECK_ERR(syscall(SYS_semop, id, &take, 1 << 30), E2BIG);
    CHECK_ERR(syscall(SYS_semop, id, BAD, 1), EFAULT);
    take.sem_num = 7;
    CHECK_ERR(semop(id, &take, 1), EFBIG);
    CHECK_ERR(semctl(id, 7, GETVAL), EINVAL);
    CHECK_ERR(semctl(id, 0, 99, arg), EINVAL);
    CHECK_ERR(syscall(SYS_semctl, id, 0, IPC_STAT, BAD), EFAULT);
    CHECK_ERR(semget(0x7e1f05e1, 1, 0), ENOENT);
    CHECK_OK(semctl(id, 0, IPC_RMID));
    CHECK_ERR(semctl(id, 0, GETVAL), EINVAL);
    return finish();
}

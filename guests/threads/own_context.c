// syscalls: unshare clone close_range execve chdir umask
// Threads with a current directory, a mask and open files of their own.
#include "../check.h"
#include <linux/close_range.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ipc.h>
#include <sys/resource.h>
#include <sys/sem.h>

static pthread_barrier_t turn;

static void in_thread(void *(*body)(void *))
{
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, body, NULL), 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);
}

static void at(const char *expected)
{
    char path[PATH_MAX], full[PATH_MAX + 16];
    CHECK_OK(getcwd(path, sizeof path) ? 0 : -1);
    snprintf(full, sizeof full, "%s%s", check_dir, expected);
    CHECK_STR(path, full);
}

static void mask_is(mode_t expected)
{
    mode_t mask = umask(0);
    umask(mask);
    CHECK_EQ(mask, expected);
}

static void *at_sub(void *unused)
{
    at("/sub");
    mask_is(077);
    CHECK_OK(chdir("../other"));
    return unused;
}

/* A directory and a mask. */
static void *place(void *unused)
{
    at("");
    CHECK_OK(unshare(CLONE_FS));
    at("");
    CHECK_OK(chdir("sub"));
    umask(077);
    pthread_barrier_wait(&turn);
    pthread_barrier_wait(&turn);
    at("/sub");
    mask_is(077);
    CHECK_OK(close(CHECK_OK(open("file", O_WRONLY | O_CREAT, 0666))));
    struct stat st;
    CHECK_OK(stat("file", &st));
    CHECK_EQ(st.st_mode & 0777, 0600);
    IN_CHILD(at("/sub"); mask_is(077); CHECK_OK(chdir("..")));
    /* The thread that it makes shares with it. */
    in_thread(at_sub);
    at("/other");
    CHECK_OK(chdir("/proc"));
    CHECK_OK(access("self/stat", R_OK));
    return unused;
}

static void places(void)
{
    CHECK_OK(mkdir("sub", 0755));
    CHECK_OK(mkdir("other", 0755));
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, place, NULL), 0);
    pthread_barrier_wait(&turn);
    at("");
    mask_is(022);
    CHECK_OK(chdir("other"));
    umask(027);
    pthread_barrier_wait(&turn);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    at("/other");
    mask_is(027);
    CHECK_ERR(access("self/stat", R_OK), ENOENT);
    umask(022);
    CHECK_OK(chdir(".."));
    at("");
}

static int ends[2];

/* Files: the table is copied, what is open is shared. */
static void *files(void *unused)
{
    int file = CHECK_OK(open("file", O_RDWR | O_CREAT, 0600));
    CHECK_OK(unshare(CLONE_FILES));
    pthread_barrier_wait(&turn);
    pthread_barrier_wait(&turn);
    CHECK_EQ(write(file, "abc", 3), 3);
    CHECK_OK(close(ends[0]));
    CHECK_OK(fcntl(ends[1], F_SETFD, FD_CLOEXEC));
    CHECK_ERR(fcntl(100, F_GETFD), EBADF);
    CHECK_OK(dup2(file, 101));
    IN_CHILD(CHECK_OK(fcntl(101, F_GETFD)); CHECK_ERR(fcntl(100, F_GETFD), EBADF);
             CHECK_ERR(fcntl(ends[0], F_GETFD), EBADF));
    pthread_barrier_wait(&turn);
    pthread_barrier_wait(&turn);
    /* The limit is the process's. */
    CHECK_ERR(dup2(file, 250), EBADF);
    return unused;
}

static void tables(void)
{
    CHECK_OK(pipe(ends));
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, files, NULL), 0);
    pthread_barrier_wait(&turn);
    int file = ends[1] + 1;
    CHECK_OK(dup2(file, 100));
    pthread_barrier_wait(&turn);
    pthread_barrier_wait(&turn);
    CHECK_EQ(lseek(file, 0, SEEK_CUR), 3);
    CHECK_EQ(fcntl(ends[1], F_GETFD), 0);
    CHECK_EQ(fcntl(ends[0], F_GETFD), 0);
    CHECK_ERR(fcntl(101, F_GETFD), EBADF);
    IN_CHILD(CHECK_OK(fcntl(100, F_GETFD)); CHECK_ERR(fcntl(101, F_GETFD), EBADF);
             CHECK_OK(fcntl(ends[0], F_GETFD)));
    /* Closed here, the end of the pipe is still open there. */
    CHECK_OK(close(ends[1]));
    CHECK_OK(fcntl(ends[0], F_SETFL, O_NONBLOCK));
    char byte;
    CHECK_ERR(read(ends[0], &byte, 1), EAGAIN);
    struct rlimit limit, less;
    CHECK_OK(getrlimit(RLIMIT_NOFILE, &limit));
    less = limit;
    less.rlim_cur = 200;
    CHECK_OK(setrlimit(RLIMIT_NOFILE, &less));
    pthread_barrier_wait(&turn);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK_OK(setrlimit(RLIMIT_NOFILE, &limit));
    /* Its table goes with the thread, a moment after that was joined. */
    for (int i = 0; read(ends[0], &byte, 1) != 0; i++) {
        CHECK(i < 1000);
        usleep(1000);
    }
    CHECK_OK(close(ends[0]));
    CHECK_OK(close(file));
    CHECK_OK(close(100));
}

static void *closes(void *unused)
{
    CHECK_OK(syscall(SYS_close_range, 0, ~0u, CLOSE_RANGE_UNSHARE));
    CHECK_ERR(fcntl(0, F_GETFD), EBADF);
    return unused;
}

/* Made with less than all: what pthread_create never does. The thread has no memory of its own but its stack. */
static volatile int tid = -1, done, set;

static int lonely(void *unused)
{
    (void)unused;
    done = 1;
    if (syscall(SYS_chdir, "sub") == 0 && syscall(SYS_umask, 0111) == 022 && syscall(SYS_close, 2) == 0 &&
        syscall(SYS_semtimedop, set, &(struct sembuf){0, 1, SEM_UNDO}, 1, NULL) == 0)
        done = 2;
    syscall(SYS_exit, 0);
    return 0;
}

static void less(void)
{
    static char stack[65536] __attribute__((aligned(16)));
    int flags = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
    set = CHECK_OK(semget(IPC_PRIVATE, 1, 0600));
    CHECK_OK(semop(set, &(struct sembuf){0, 4, SEM_UNDO}, 1));
    CHECK_OK(clone(lonely, stack + sizeof stack, flags, NULL, &tid, NULL, &tid));
    for (int value; (value = tid) != 0;)
        syscall(SYS_futex, &tid, FUTEX_WAIT, value, NULL, NULL, 0);
    CHECK_EQ(done, 2);
    at("");
    mask_is(022);
    CHECK_OK(fcntl(2, F_GETFD));
    /* It undid what was its own when it ended: that may be a moment after it said so. */
    for (int i = 0; semctl(set, 0, GETVAL) != 4; i++) {
        CHECK(i < 1000);
        usleep(1000);
    }
    CHECK_OK(semctl(set, 0, IPC_RMID));
}

static int nothing(void *unused)
{
    (void)unused;
    syscall(SYS_exit, 0);
    return 0;
}

/* A thread's descriptor tells of its end (since Linux 6.9). */
static void descriptor(void)
{
    static char stack[65536] __attribute__((aligned(16)));
    int fd = -1;
    int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_PIDFD;
    CHECK_OK(clone(nothing, stack + sizeof stack, flags, NULL, &fd));
    struct pollfd end = {.fd = fd, .events = POLLIN};
    CHECK_EQ(poll(&end, 1, -1), 1);
    CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    CHECK_OK(close(fd));
}

/* The new program goes on where the thread was that executed it. */
static void *executes(void *name)
{
    CHECK_OK(unshare(CLONE_FS | CLONE_FILES));
    CHECK_OK(chdir("sub"));
    umask(0123);
    CHECK_OK(dup2(1, 60));
    CHECK_OK(execl("/proc/self/exe", name, check_dir, NULL));
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        snprintf(check_dir, sizeof check_dir, "%s", argv[1]);
        at("/sub");
        mask_is(0123);
        CHECK_OK(fcntl(60, F_GETFD));
        return 0;
    }
    begin();
    CHECK_EQ(pthread_barrier_init(&turn, NULL, 2), 0);
    places();
    tables();
    in_thread(closes);
    CHECK_OK(fcntl(1, F_GETFD));
    less();
    descriptor();
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        pthread_t thread;
        CHECK_EQ(pthread_create(&thread, NULL, executes, argv[0]), 0);
        pause();
    }
    CHECK_EXIT(pid, 0);
    return finish();
}

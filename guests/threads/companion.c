// syscalls: clone ptrace getppid wait4 gettid
// A process in its creator's memory (CLONE_VM, without CLONE_THREAD and CLONE_VFORK), which looks at the creator's threads by
// ptrace(2): what LeakSanitizer does at the end of a program.
#include "../check.h"
#include <elf.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

enum { SHARED = CLONE_VM | CLONE_FS | CLONE_FILES, STACK = 256 << 10 };

static volatile int ready, allowed, done;
static pid_t creator;
static char *stack;

static pid_t begin_companion(int (*body)(void *), void *argument, int flags)
{
    ready = done = 0;
    return CHECK_OK(clone(body, stack + STACK, flags, argument, NULL, NULL, &ready));
}

/* Ends with this status. __WALL, because SIGCHLD need not tell of it. */
static void check_end(pid_t pid, int expected)
{
    int status;
    CHECK_EQ(waitpid(pid, &status, __WALL), pid);
    CHECK_EQ(status, expected);
}

/* ---- What it shares, and what is its own ---- */

struct errand {
    pid_t pid, parent;
    int fd;
};

static void nothing(int signal)
{
    (void)signal;
}

static int run_errand(void *argument)
{
    struct errand *errand = argument;
    errand->pid = getpid();
    errand->parent = getppid();
    errand->fd = open("file", O_RDWR | O_CREAT, 0600);
    signal(SIGUSR1, nothing);
    mkdir("below", 0700);
    return chdir("below") ? 1 : 33;
}

static void shares(void)
{
    struct errand errand = {0};
    pid_t pid = begin_companion(run_errand, &errand, SHARED | CLONE_UNTRACED);
    CHECK_ERR(waitpid(pid, NULL, 0), ECHILD);
    check_end(pid, 33 << 8);
    CHECK_EQ(errand.pid, pid);
    CHECK_EQ(errand.parent, creator);
    CHECK_EQ(write(errand.fd, "x", 1), 1);
    CHECK_OK(close(errand.fd));
    struct sigaction action;
    CHECK_OK(sigaction(SIGUSR1, NULL, &action));
    CHECK(action.sa_handler == SIG_DFL);
    check_file("../file", "x");
    CHECK_OK(chdir(".."));
    /* With a directory of its own, and a signal. */
    CHECK_OK(rmdir("below"));
    pid = begin_companion(run_errand, &errand, CLONE_VM | CLONE_FILES | SIGCHLD);
    CHECK_EXIT(pid, 33);
    CHECK_OK(close(errand.fd));
    check_file("file", "x");
}

static int fail(void *argument)
{
    (void)argument;
    *(volatile int *)BAD = 1;
    return 0;
}

static int stay(void *argument)
{
    (void)argument;
    ready = 1;
    for (;;)
        pause();
    return 0;
}

static void wait_until(volatile int *word)
{
    while (!*word)
        sched_yield();
}

static void deaths(void)
{
    struct rlimit { unsigned long soft, hard; } none = {0, 0};
    CHECK_OK(syscall(SYS_prlimit64, 0, 4 /* RLIMIT_CORE */, &none, NULL));
    pid_t pid = begin_companion(fail, NULL, SHARED | SIGCHLD);
    CHECK_KILLED(pid, SIGSEGV);
    pid = begin_companion(stay, NULL, SHARED | SIGCHLD);
    wait_until(&ready);
    CHECK_OK(kill(pid, SIGTERM));
    CHECK_KILLED(pid, SIGTERM);
    /* Its number is cleared when it is gone. */
    pid = begin_companion(stay, NULL, SHARED | CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | SIGCHLD);
    wait_until(&ready);
    CHECK_OK(kill(pid, SIGKILL));
    CHECK_KILLED(pid, SIGKILL);
}

static int end_at_once(void *argument)
{
    wait_until(argument);
    return 0;
}

static void number_is_cleared(void)
{
    pid_t pid = begin_companion(end_at_once, (void *)&done, SHARED | CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | SIGCHLD);
    wait_until(&ready);
    CHECK_EQ(ready, pid);
    done = 1;
    while (ready)
        syscall(SYS_futex, &ready, FUTEX_WAIT, pid, NULL, NULL, 0);
    CHECK_EXIT(pid, 0);
}

/* ---- Looking at threads ---- */

enum { THREADS = 4 };

static pid_t tids[THREADS + 1];
static volatile unsigned long counts[THREADS], seen[THREADS];
static pthread_barrier_t barrier;

static void *count(void *argument)
{
    long n = (long)argument;
    tids[n + 1] = syscall(SYS_gettid);
    pthread_barrier_wait(&barrier);
    int pipes[2];
    CHECK_OK(pipe(pipes));
    /* One sleeps, the others run. */
    struct timespec time = {0, 2000000};
    while (!done) {
        counts[n]++;
        if (n == 0)
            nanosleep(&time, NULL);
    }
    CHECK_OK(close(pipes[0]));
    CHECK_OK(close(pipes[1]));
    return NULL;
}

/* Its status says which line was wrong. */
#define EXPECT(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: not true: %s (errno %d)\n", __FILE__, __LINE__, #condition, errno); \
            done = 1; \
            _exit(1); \
        } \
    } while (0)

static unsigned long stack_pointer(pid_t tid)
{
    unsigned long regs[80];
    struct iovec place = {regs, sizeof regs};
    EXPECT(ptrace(PTRACE_GETREGSET, tid, (void *)NT_PRSTATUS, &place) == 0);
#ifdef __aarch64__
    EXPECT(place.iov_len == 34 * 8);
    return regs[31];
#else
    EXPECT(place.iov_len == 27 * 8);
    return regs[19];
#endif
}

static int look(void *argument)
{
    (void)argument;
    char rest[THREADS * 8];
    wait_until(&allowed);
    EXPECT(ptrace(PTRACE_CONT, tids[0], NULL, NULL) == -1 && errno == ESRCH);
    EXPECT(ptrace(PTRACE_ATTACH, 0x7ffffff, NULL, NULL) == -1 && errno == ESRCH);
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i <= THREADS; i++) {
            int status;
            EXPECT(ptrace(PTRACE_ATTACH, tids[i], NULL, NULL) == 0);
            EXPECT(waitpid(tids[i], &status, __WALL) == tids[i]);
            EXPECT(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
            EXPECT(ptrace(PTRACE_ATTACH, tids[i], NULL, NULL) == -1 && errno == EPERM);
            EXPECT(waitpid(tids[i], &status, __WALL | WNOHANG) == 0);
        }
        /* All of them stand still. */
        for (int i = 0; i < THREADS; i++)
            seen[i] = counts[i];
        usleep(3000);
        for (int i = 0; i < THREADS; i++)
            EXPECT(seen[i] == counts[i]);
        for (int i = 0; i <= THREADS; i++) {
            unsigned long sp = stack_pointer(tids[i]);
            EXPECT(sp % 8 == 0 && sp > 4096);
            errno = 0;
            long word = ptrace(PTRACE_PEEKDATA, tids[i], (void *)sp, NULL);
            EXPECT(errno == 0 && word == *(long *)sp);
            EXPECT(ptrace(PTRACE_POKEDATA, tids[i], (void *)&seen[0], 77L) == 0 && seen[0] == 77);
            EXPECT(ptrace(PTRACE_PEEKDATA, tids[i], BAD, NULL) == -1 && errno == EIO);
        }
        struct iovec place = {rest, sizeof rest};
        EXPECT(ptrace(PTRACE_GETREGSET, tids[0], (void *)0x12345, &place) == -1 && errno == EINVAL);
        for (int i = 0; i <= THREADS; i++)
            EXPECT(ptrace(PTRACE_DETACH, tids[i], NULL, NULL) == 0);
        EXPECT(ptrace(PTRACE_DETACH, tids[0], NULL, NULL) == -1 && errno == ESRCH);
        unsigned long before = counts[0], other = counts[1];
        while (counts[0] == before || counts[1] == other)
            sched_yield();
    }
    done = 1;
    return 0;
}

static int attach_and_die(void *argument)
{
    (void)argument;
    int status;
    EXPECT(ptrace(PTRACE_ATTACH, tids[1], NULL, NULL) == 0);
    EXPECT(waitpid(tids[1], &status, __WALL) == tids[1]);
    seen[0] = counts[0];
    return 0;
}

static void threads(void)
{
    pthread_t threads[THREADS];
    CHECK_OK(prctl(PR_SET_DUMPABLE, 1));
    pthread_barrier_init(&barrier, NULL, THREADS + 1);
    tids[0] = creator;
    done = 0;
    for (long i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_create(&threads[i], NULL, count, (void *)i), 0);
    pthread_barrier_wait(&barrier);
    pid_t pid = begin_companion(look, NULL, SHARED | CLONE_UNTRACED);
    prctl(PR_SET_PTRACER, pid);
    /* From here on, nothing that changes errno: the companion has the same. */
    allowed = 1;
    while (!done)
        sched_yield();
    check_end(pid, 0);
    for (int i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_join(threads[i], NULL), 0);
    /* A tracer that dies lets its tracees go. */
    CHECK_EQ(pthread_barrier_destroy(&barrier), 0);
    pthread_barrier_init(&barrier, NULL, 2);
    done = 0;
    CHECK_EQ(pthread_create(&threads[0], NULL, count, (void *)0), 0);
    pthread_barrier_wait(&barrier);
    pid = CHECK_OK(clone(attach_and_die, stack + STACK, SHARED | CLONE_UNTRACED, NULL));
    check_end(pid, 0);
    while (counts[0] == seen[0])
        sched_yield();
    done = 1;
    CHECK_EQ(pthread_join(threads[0], NULL), 0);
}

int main(void)
{
    begin();
    creator = getpid();
    stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(stack != MAP_FAILED);
    shares();
    deaths();
    number_is_cleared();
    threads();
    return finish();
}

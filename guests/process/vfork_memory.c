// syscalls: clone execve exit_group
// vfork: what the child does to the memory that it borrows, and what else may happen meanwhile.
#include "../check.h"
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/resource.h>

extern char **environ;

/* Each way of writing has a value of its own. */
static volatile int value;
static atomic_int atomic;
static volatile uint64_t pair[2] __attribute__((aligned(16)));
static char buffer[100000];
static volatile sig_atomic_t seen;
static struct { volatile long child, thread; } shared __attribute__((aligned(64)));
static atomic_int stop;

static void on_signal(int number) { seen = number; }

/* Deep enough for several pages of the stack below the parent's frame. */
__attribute__((noinline)) static int deep(int depth)
{
    volatile char here[1000];
    memset((char *)here, depth, sizeof here);
    return depth == 0 ? 0 : deep(depth - 1) + here[depth] - depth + 1;
}

static void kinds_of_writes(void)
{
    int ends[2];
    CHECK_OK(pipe(ends));
    int size = CHECK_OK(fcntl(ends[1], F_SETPIPE_SZ, 1 << 17));
    CHECK(size >= (int)sizeof buffer);
    static char full[sizeof buffer];
    memset(full, 'f', sizeof full);
    CHECK_EQ(write(ends[1], full, sizeof full), sizeof full);
    char *mapped = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(mapped != MAP_FAILED);
    char *heap = malloc(300000);
    CHECK(heap != NULL);
    struct stat *st = (void *)(heap + 4090);
    volatile int local = 1;
    pid_t pid = CHECK_OK(vfork());
    if (pid == 0) {
        value = 1;
        local = 2;
        atomic_fetch_add(&atomic, 3);
        int expected = 3;
        atomic_compare_exchange_strong(&atomic, &expected, 4);
        pair[0] = 5, pair[1] = 6;
        if (read(ends[0], buffer, sizeof buffer) != sizeof buffer)
            _exit(1);
        if (stat("/", st) || mprotect(mapped, 8192, PROT_READ) || mprotect(mapped, 8192, PROT_READ | PROT_WRITE))
            _exit(2);
        mapped[5000] = 7;
        memset(heap + 100000, 8, 100000);
        if (deep(20) != 20)
            _exit(3);
        _exit(0);
    }
    CHECK_EXIT(pid, 0);
    CHECK_EQ(value, 1);
    CHECK_EQ(local, 2);
    CHECK_EQ(atomic, 4);
    CHECK(pair[0] == 5 && pair[1] == 6);
    CHECK(memcmp(buffer, full, sizeof full) == 0);
    CHECK(S_ISDIR(st->st_mode));
    CHECK_EQ(mapped[5000], 7);
    CHECK(heap[100000] == 8 && heap[199999] == 8);
    CHECK_OK(close(ends[0]));
    CHECK_OK(close(ends[1]));
    free(heap);
}

/* What was written is there however the child ends. */
static void deaths(void)
{
    struct rlimit none = {0, 0};
    void *volatile bad = BAD;
    CHECK_OK(setrlimit(RLIMIT_CORE, &none));
    pid_t pid = CHECK_OK(vfork());
    if (pid == 0) {
        value = 11;
        kill(getpid(), SIGKILL);
        _exit(1);
    }
    CHECK_EQ(value, 11);
    CHECK_KILLED(pid, SIGKILL);
    pid = CHECK_OK(vfork());
    if (pid == 0) {
        value = 12;
        *(volatile int *)bad = 0;
        _exit(1);
    }
    CHECK_EQ(value, 12);
    CHECK_KILLED(pid, SIGSEGV);
    pid = CHECK_OK(vfork());
    if (pid == 0) {
        value = 13;
        raise(SIGTERM);
        _exit(1);
    }
    CHECK_EQ(value, 13);
    CHECK_KILLED(pid, SIGTERM);
}

static void failures(void)
{
    char *arguments[] = {"x", NULL};
    pid_t pid;
    put_file("plain", "#! /no/interpreter\n");
    CHECK_OK(mkdir("directory", 0755));
    CHECK_EQ(posix_spawn(&pid, "./plain", NULL, NULL, arguments, environ), EACCES);
    CHECK_EQ(posix_spawn(&pid, "./directory", NULL, NULL, arguments, environ), EACCES);
    CHECK_EQ(posix_spawn(&pid, "./nothing", NULL, NULL, arguments, environ), ENOENT);
    CHECK_OK(chmod("plain", 0755));
    CHECK_EQ(posix_spawn(&pid, "./plain", NULL, NULL, arguments, environ), ENOENT);
    put_file("empty", "");
    CHECK_OK(chmod("empty", 0755));
    CHECK_EQ(posix_spawn(&pid, "./empty", NULL, NULL, arguments, environ), ENOEXEC);
    static char large[200000];
    memset(large, 'x', sizeof large - 1);
    char *many[] = {"x", large, NULL};
    CHECK_EQ(posix_spawn(&pid, "/proc/self/exe", NULL, NULL, many, environ), E2BIG);
    posix_spawn_file_actions_t actions;
    CHECK_EQ(posix_spawn_file_actions_init(&actions), 0);
    CHECK_EQ(posix_spawn_file_actions_addopen(&actions, 5, "no/such", O_RDONLY, 0), 0);
    CHECK_EQ(posix_spawn(&pid, "/proc/self/exe", &actions, NULL, arguments, environ), ENOENT);
    CHECK_EQ(posix_spawn_file_actions_destroy(&actions), 0);
    CHECK_ERR(waitpid(-1, NULL, 0), ECHILD);
}

/* The parent's signals wait until it goes on. */
static void signals(void)
{
    CHECK(signal(SIGUSR1, on_signal) != SIG_ERR);
    pid_t pid = CHECK_OK(vfork());
    if (pid == 0) {
        kill(getppid(), SIGUSR1);
        usleep(20000);
        value = seen;
        _exit(0);
    }
    CHECK_EQ(value, 0);
    CHECK_EQ(seen, SIGUSR1);
    CHECK_EXIT(pid, 0);
}

/* Each of them borrows what is borrowed already. */
static void nested(void)
{
    pid_t pid = CHECK_OK(vfork());
    if (pid == 0) {
        value = 21;
        pid_t inner = vfork();
        if (inner == 0) {
            value += 1;
            atomic = 30;
            _exit(5);
        }
        int status;
        if (value != 22 || waitpid(inner, &status, 0) != inner || WEXITSTATUS(status) != 5)
            _exit(1);
        /* A plain child has a copy. */
        inner = fork();
        if (inner == 0) {
            value = 100;
            memset(buffer, 1, sizeof buffer);
            _exit(0);
        }
        if (waitpid(inner, &status, 0) != inner || status != 0)
            _exit(2);
        value += 10;
        _exit(0);
    }
    CHECK_EXIT(pid, 0);
    CHECK_EQ(value, 32);
    CHECK_EQ(atomic, 30);
    CHECK_EQ(buffer[0], 'f');
}

static void *count(void *unused)
{
    while (!atomic_load(&stop))
        shared.thread++;
    return unused;
}

/* The parent's other threads go on, and write beside the child. */
static void beside_threads(void)
{
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, count, NULL), 0);
    for (int i = 1; i <= 20; i++) {
        long before = shared.thread;
        pid_t pid = CHECK_OK(vfork());
        if (pid == 0) {
            shared.child = i;
            usleep(2000);
            _exit(0);
        }
        CHECK_EQ(shared.child, i);
        CHECK(shared.thread >= before);
        CHECK_EXIT(pid, 0);
    }
    stop = 1;
    CHECK_EQ(pthread_join(thread, NULL), 0);
}

static int ends[2];

static void *cont_later(void *advanced)
{
    pid_t pid;
    CHECK_EQ(read(ends[0], &pid, sizeof pid), sizeof pid);
    int status;
    CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
    CHECK(WIFSTOPPED(status));
    usleep(50000);
    CHECK_EQ(*(volatile int *)advanced, 0);
    CHECK_OK(kill(pid, SIGCONT));
    return NULL;
}

/* The parent waits for as long as the child lives, even if that is stopped. */
static void stopped(void)
{
    static volatile int advanced;
    pthread_t thread;
    CHECK_OK(pipe(ends));
    CHECK_EQ(pthread_create(&thread, NULL, cont_later, (void *)&advanced), 0);
    pid_t pid = CHECK_OK(vfork());
    if (pid == 0) {
        pid_t self = getpid();
        if (write(ends[1], &self, sizeof self) != sizeof self)
            _exit(1);
        kill(self, SIGSTOP);
        value = 41;
        _exit(0);
    }
    CHECK_EQ(value, 41);
    advanced = 1;
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK_EXIT(pid, 0);
    CHECK_OK(close(ends[0]));
    CHECK_OK(close(ends[1]));
}

static void *spawn_many(void *number)
{
    char *arguments[] = {"vfork_memory", "sleep", NULL};
    for (int i = 0; i < 5; i++) {
        pid_t pid;
        if (number == NULL) {
            CHECK_EQ(posix_spawn(&pid, "/proc/self/exe", NULL, NULL, arguments, environ), 0);
            CHECK_OK(kill(pid, SIGKILL));
            CHECK_KILLED(pid, SIGKILL);
        } else {
            CHECK_EQ(posix_spawn(&pid, "./nothing", NULL, NULL, arguments, environ), ENOENT);
        }
    }
    return NULL;
}

/* Children of several threads at a time do not keep each other's parents waiting. */
static void from_threads(void)
{
    pthread_t threads[6];
    for (long i = 0; i < 6; i++)
        CHECK_EQ(pthread_create(&threads[i], NULL, spawn_many, (void *)(i % 2)), 0);
    for (int i = 0; i < 6; i++)
        CHECK_EQ(pthread_join(threads[i], NULL), 0);
    CHECK_ERR(waitpid(-1, NULL, 0), ECHILD);
}

static int on_own_stack(void *argument)
{
    value = *(int *)argument;
    return 6;
}

/* With a stack of its own and its number told. */
static void cloned(void)
{
    static char stack[65536] __attribute__((aligned(16)));
    static pid_t tids[2];
    int flags = CLONE_VM | CLONE_VFORK | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | SIGCHLD;
    pid_t pid = CHECK_OK(clone(on_own_stack, stack + sizeof stack, flags, &(int){51}, &tids[0], NULL, &tids[1]));
    CHECK_EQ(value, 51);
    CHECK(tids[0] == pid && tids[1] == pid);
    CHECK_EXIT(pid, 6);
    /* Whoever gives memory back clears the number. */
    flags = CLONE_VM | CLONE_VFORK | CLONE_CHILD_CLEARTID | SIGCHLD;
    tids[1] = 1;
    pid = CHECK_OK(clone(on_own_stack, stack + sizeof stack, flags, &(int){52}, NULL, NULL, &tids[1]));
    CHECK_EQ(value, 52);
    CHECK_EQ(tids[1], 0);
    CHECK_EXIT(pid, 6);
}

static void *in_thread(void *unused)
{
    kinds_of_writes();
    return unused;
}

int main(int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], "sleep"))
        return sleep(30);
    begin();
    kinds_of_writes();
    deaths();
    failures();
    signals();
    nested();
    beside_threads();
    stopped();
    from_threads();
    cloned();
    atomic = 0;
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, in_thread, NULL), 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    return finish();
}

// syscalls: futex clone rt_tgsigqueueinfo tgkill timer_create
// Everything at once: 64 threads that compute, map, fault, lock, talk, fork and execute while signals and timers hit
// all of them. What each does follows from the seed alone, and each thing done is checked, so that whatever is
// lost, mixed up or left behind shows.
//
// Without arguments: two laps. With SECONDS and SEED: laps until the time is up, a line for each.
#include "../check.h"
#include <dirent.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <poll.h>
#include <spawn.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>

enum { THREADS = 64, SERVERS = 8, WORKERS = THREADS - SERVERS, LOCKS = 8, PAGE = 4096 };
/* Operations of a worker in a lap; of the laps the first is for warming up. */
enum { OPERATIONS = 40, LAPS = 2 };
/* What may differ after a lap: stacks of threads that the C library keeps, one for each that ran at once. */
enum { STACK = 128 << 10, MAPPINGS_SLACK = 3 * THREADS, KILOBYTES_SLACK = 16 << 10 };

typedef uint64_t u64;

struct thread {
    pthread_t thread;
    _Atomic pid_t tid;
    int number, answer_event;
    u64 random, chain, operations, locked[LOCKS];
    /* The sum of the values of queued signals, and whether others came at all. */
    _Atomic u64 sent, received, pokes_sent, pokes, ticks;
    /* A server's answer, and whether it is there. */
    u64 answer;
    _Atomic int answered;
    /* Where a write is to fault. */
    char *volatile fault_page;
    int fault_prot;
    char signal_stack[64 << 10];
};

struct request {
    u64 value;
    struct thread *from;
};

static char program[PATH_MAX];
static u64 lap_seed;
/* The last is for threads that have none of their own. */
static struct thread threads[THREADS + 1];
static __thread struct thread *self = &threads[THREADS];
static pthread_barrier_t start_line, finish_line;
static int server_pipes[SERVERS][2];
static pthread_mutex_t locks[LOCKS];
static u64 under_lock[LOCKS];
static _Atomic u64 process_sent, process_received, profiled;

/* ---- What follows from the seed ---- */

static u64 mix(u64 x)
{
    x ^= x >> 30, x *= 0xbf58476d1ce4e5b9;
    x ^= x >> 27, x *= 0x94d049bb133111eb;
    return x ^ x >> 31;
}

static u64 draw(struct thread *t)
{
    return mix(t->random += 0x9e3779b97f4a7c15);
}

/* Integers, vectors and floating point in registers, long enough to be interrupted. */
__attribute__((noinline)) static u64 compute(u64 x, int rounds)
{
    typedef u64 vector __attribute__((vector_size(16)));
    vector v = {x, ~x};
    double f = (double)(x & 0xffff) + 1;
    for (int i = 0; i < rounds; i++) {
        x = mix(x + i);
        v = ((v << 1) ^ (v >> 3)) + (vector){x, x};
        f = f * 1.0009765625 + (double)(x & 15);
        if (f > 1e12)
            f = f / 1048576;
    }
    u64 bits;
    memcpy(&bits, &f, sizeof bits);
    return x ^ v[0] ^ v[1] ^ bits;
}

/* ---- Signals ---- */

static void spoil_registers(int signal)
{
    int error = errno;
    u64 once = compute(signal, 25);
    getppid();
    CHECK_EQ(compute(signal, 25), once);
    errno = error;
}

static void on_value(int signal, siginfo_t *info, void *context)
{
    (void)context;
    if (signal == SIGRTMIN)
        self->received += info->si_value.sival_int;
    else
        process_received += info->si_value.sival_int;
    spoil_registers(signal);
}

static void on_poke(int signal)
{
    self->pokes++;
    spoil_registers(signal);
}

static void on_tick(int signal, siginfo_t *info, void *context)
{
    (void)context;
    self->ticks += 1 + info->si_overrun;
    spoil_registers(signal);
}

static void on_profile(int signal)
{
    profiled++;
    spoil_registers(signal);
}

static void on_child(int signal)
{
    spoil_registers(signal);
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)context;
    char *page = self->fault_page;
    CHECK((char *)info->si_addr >= page && (char *)info->si_addr < page + PAGE);
    CHECK_EQ(info->si_code, SEGV_ACCERR);
    self->fault_page = NULL;
    CHECK_OK(mprotect(page, PAGE, PROT_READ | PROT_WRITE));
}

static void handle(int signal, void *handler, int flags)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = flags};
    CHECK_OK(sigaction(signal, &action, NULL));
}

static void handle_all(void)
{
    handle(SIGRTMIN, on_value, SA_SIGINFO | SA_RESTART | SA_ONSTACK);
    handle(SIGRTMIN + 1, on_value, SA_SIGINFO);
    handle(SIGRTMIN + 2, on_tick, SA_SIGINFO | SA_RESTART);
    handle(SIGUSR1, on_poke, 0);
    handle(SIGUSR2, on_poke, SA_RESTART | SA_ONSTACK);
    handle(SIGPROF, on_profile, SA_RESTART);
    handle(SIGCHLD, on_child, SA_RESTART | SA_NOCLDSTOP);
    handle(SIGSEGV, on_fault, SA_SIGINFO);
}

/* A call, made again as often as a signal interrupts it. */
#define AGAIN(call) \
    ({ \
        long again_; \
        while ((again_ = (call)) == -1 && errno == EINTR) {} \
        if (again_ == -1) \
            check_fail("%s:%d: failed: %s", __FILE__, __LINE__, #call); \
        again_; \
    })

static void poke_others(struct thread *t)
{
    siginfo_t info = {.si_code = SI_QUEUE, .si_pid = getpid(), .si_uid = getuid()};
    for (int i = draw(t) % 4; i >= 0; i--) {
        struct thread *to = &threads[draw(t) % THREADS];
        info.si_value.sival_int = 1 + draw(t) % 1000;
        if (syscall(SYS_rt_tgsigqueueinfo, getpid(), to->tid, SIGRTMIN, &info) == 0)
            to->sent += info.si_value.sival_int;
        else
            CHECK_EQ(errno, EAGAIN);
        to = &threads[draw(t) % THREADS];
        CHECK_OK(syscall(SYS_tgkill, getpid(), to->tid, draw(t) % 2 ? SIGUSR1 : SIGUSR2));
        to->pokes_sent++;
    }
    info.si_value.sival_int = 1 + draw(t) % 1000;
    if (syscall(SYS_rt_sigqueueinfo, getpid(), SIGRTMIN + 1, &info) == 0)
        process_sent += info.si_value.sival_int;
    else
        CHECK_EQ(errno, EAGAIN);
}

/* ---- Operations ---- */

static void compute_twice(struct thread *t)
{
    u64 x = draw(t);
    int rounds = 200 + x % 2000;
    u64 once = compute(x, rounds);
    CHECK_EQ(compute(x, rounds), once);
}

static void map(struct thread *t)
{
    u64 x = draw(t);
    size_t pages = 2 + x % 30;
    char *at = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(at != MAP_FAILED);
    for (size_t i = 0; i < pages; i++)
        *(u64 *)(at + i * PAGE) = mix(x + i);
    for (int i = 0; i < 3; i++) {
        char *page = at + draw(t) % pages * PAGE;
        CHECK_OK(mprotect(page, PAGE, i == 2 ? PROT_NONE : PROT_READ));
        t->fault_page = page;
        *(volatile char *)(page + 100) = i;
        CHECK(t->fault_page == NULL);
    }
    char *moved = mremap(at, pages * PAGE, (pages + 3) * PAGE, MREMAP_MAYMOVE);
    CHECK(moved != MAP_FAILED);
    for (size_t i = 0; i < pages; i++)
        CHECK_EQ(*(u64 *)(moved + i * PAGE), mix(x + i));
    CHECK_EQ(moved[pages * PAGE], 0);
    CHECK_OK(madvise(moved, PAGE, MADV_DONTNEED));
    CHECK_EQ(*moved, 0);
    CHECK_OK(munmap(moved, PAGE));
    CHECK_OK(munmap(moved + PAGE, (pages + 2) * PAGE));
}

/* Code that is written, run, written again and unmapped. */
static void generate_code(struct thread *t)
{
    unsigned value = draw(t) & 0xffff;
    char *at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(at != MAP_FAILED);
    for (int i = 0; i < 3; i++, value ^= 0x5a5a) {
        CHECK_OK(mprotect(at, PAGE, PROT_READ | PROT_WRITE));
#ifdef __aarch64__
        /* mov w0, #value; ret */
        memcpy(at, (unsigned[]){0x52800000 | value << 5, 0xd65f03c0}, 8);
#else
        /* mov eax, value; ret */
        memcpy(at, "\xb8\0\0\0\0\xc3", 6);
        memcpy(at + 1, &value, sizeof value);
#endif
        __builtin___clear_cache(at, at + 8);
        CHECK_OK(mprotect(at, PAGE, PROT_READ | PROT_EXEC));
        for (int n = 0; n < 50; n++)
            CHECK_EQ(((unsigned (*)(void))at)(), value);
    }
    CHECK_OK(munmap(at, PAGE));
}

static void wait_exit(pid_t pid, int code)
{
    int status;
    CHECK_EQ(AGAIN(waitpid(pid, &status, 0)), pid);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != code)
        check_fail("child ended with wait status %#x, not exit code %d", status, code);
}

static void fork_and_exit(struct thread *t)
{
    volatile u64 local = draw(t);
    u64 expected = mix(local);
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        CHECK_EQ(syscall(SYS_gettid), getpid());
        local = mix(local);
        _exit(local == expected ? (int)(expected & 0x7f) : 0xff);
    }
    wait_exit(pid, expected & 0x7f);
    CHECK_EQ(mix(local), expected);
}

static void fork_and_kill(struct thread *t)
{
    int signals[] = {SIGKILL, SIGTERM, SIGRTMIN + 5}, status;
    int signal = signals[draw(t) % 3];
    pid_t pid = CHECK_OK(fork());
    while (pid == 0)
        pause();
    if (draw(t) % 2)
        sched_yield();
    CHECK_OK(kill(pid, signal));
    CHECK_EQ(AGAIN(waitpid(pid, &status, 0)), pid);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != signal)
        check_fail("child ended with wait status %#x, not by signal %d", status, signal);
}

static void *spin(void *arg)
{
    for (volatile unsigned i = 0;; i++) {}
    return arg;
}

static void *sleep_on(void *arg)
{
    for (;;)
        pause();
    return arg;
}

static void *exit_all(void *arg)
{
    _exit((int)(intptr_t)arg);
}

static void execute(int code)
{
    char text[16];
    snprintf(text, sizeof text, "%d", code);
    execl(program, "torture", "exit", text, NULL);
    _exit(0xfe);
}

static void *execute_in_thread(void *arg)
{
    execute((int)(intptr_t)arg);
    return arg;
}

static pthread_t small_thread(void *(*body)(void *), void *arg)
{
    pthread_t thread;
    pthread_attr_t attributes;
    CHECK_EQ(pthread_attr_init(&attributes), 0);
    CHECK_EQ(pthread_attr_setstacksize(&attributes, STACK), 0);
    CHECK_EQ(pthread_create(&thread, &attributes, body, arg), 0);
    pthread_attr_destroy(&attributes);
    return thread;
}

/* A child with threads, of which one ends or replaces it. */
static void fork_threads(struct thread *t)
{
    u64 x = draw(t);
    intptr_t code = x >> 8 & 0x7f;
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        small_thread(spin, NULL);
        small_thread(sleep_on, NULL);
        small_thread(x & 1 ? exit_all : execute_in_thread, (void *)code);
        if (x & 2)
            pthread_exit(NULL);
        sleep_on(NULL);
    }
    wait_exit(pid, code);
}

extern char **environ;

static void spawn(struct thread *t)
{
    char code[16];
    char *args[] = {"torture", "exit", code, NULL};
    pid_t pid;
    int number = draw(t) & 0x7f;
    snprintf(code, sizeof code, "%d", number);
    CHECK_EQ(posix_spawn(&pid, program, NULL, NULL, args, environ), 0);
    wait_exit(pid, number);
    CHECK_EQ(posix_spawn(&pid, "/no/such/program", NULL, NULL, args, environ), ENOENT);
}

/* A server reads the question from a pipe; its answer comes by a futex, or by an eventfd. */
static void ask(struct thread *t)
{
    for (int i = 0; i < 5; i++) {
        struct request request = {draw(t), t};
        int to = draw(t) % SERVERS;
        CHECK_EQ(AGAIN(write(server_pipes[to][1], &request, sizeof request)), sizeof request);
        if (t->number % 2) {
            u64 count;
            CHECK_EQ(AGAIN(read(t->answer_event, &count, sizeof count)), sizeof count);
            CHECK_EQ(count, 1);
        } else {
            while (!t->answered)
                syscall(SYS_futex, &t->answered, FUTEX_WAIT, 0, NULL, NULL, 0);
        }
        t->answered = 0;
        CHECK_EQ(t->answer, mix(request.value));
    }
}

static void lock(struct thread *t)
{
    for (int i = 0; i < 20; i++) {
        int n = draw(t) % LOCKS;
        CHECK_EQ(pthread_mutex_lock(&locks[n]), 0);
        u64 value = under_lock[n];
        if (i % 8 == 0)
            sched_yield();
        under_lock[n] = value + 1;
        CHECK_EQ(pthread_mutex_unlock(&locks[n]), 0);
        t->locked[n]++;
    }
}

static void *compute_in_thread(void *arg)
{
    return (void *)(uintptr_t)compute((uintptr_t)arg, 50);
}

static void create_threads(struct thread *t)
{
    u64 x = draw(t);
    void *result;
    for (int i = 0; i < 3; i++) {
        pthread_t thread = small_thread(compute_in_thread, (void *)(uintptr_t)(x + i));
        CHECK_EQ(pthread_join(thread, &result), 0);
        CHECK_EQ((uintptr_t)result, compute(x + i, 50));
    }
}

static void talk_to_self(struct thread *t)
{
    int p[2], status;
    u64 x = draw(t), got = 0;
    CHECK_OK(pipe2(p, O_CLOEXEC));
    int copy = CHECK_OK(fcntl(p[1], F_DUPFD_CLOEXEC, 100));
    CHECK_OK(close(p[1]));
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        x = mix(x);
        _exit(write(copy, &x, sizeof x) == sizeof x ? 0 : 1);
    }
    CHECK_OK(close(copy));
    int epoll = CHECK_OK(epoll_create1(EPOLL_CLOEXEC));
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = x};
    CHECK_OK(epoll_ctl(epoll, EPOLL_CTL_ADD, p[0], &event));
    event.data.u64 = 0;
    CHECK_EQ(AGAIN(epoll_wait(epoll, &event, 1, -1)), 1);
    CHECK_EQ(event.data.u64, x);
    CHECK_EQ(AGAIN(read(p[0], &got, sizeof got)), sizeof got);
    CHECK_EQ(got, mix(x));
    CHECK_EQ(AGAIN(waitpid(pid, &status, 0)), pid);
    CHECK_EQ(status, 0);
    CHECK_EQ(AGAIN(read(p[0], &got, sizeof got)), 0);
    CHECK_OK(close(epoll));
    CHECK_OK(close(p[0]));
}

/* Memory that parent and child share. */
static void share(struct thread *t)
{
    u64 x = draw(t);
    _Atomic int *word = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(word != MAP_FAILED);
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        *word = (int)(x & 0xffff) + 1;
        syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
        _exit(3);
    }
    while (*word == 0)
        syscall(SYS_futex, word, FUTEX_WAIT, 0, NULL, NULL, 0);
    CHECK_EQ(*word, (x & 0xffff) + 1);
    wait_exit(pid, 3);
    CHECK_OK(munmap((void *)word, PAGE));
}

static u64 nanoseconds(void)
{
    struct timespec now;
    CHECK_OK(clock_gettime(CLOCK_MONOTONIC, &now));
    return now.tv_sec * 1000000000ull + now.tv_nsec;
}

/* A timer of this thread's, awaited in one of three ways. */
static void tick(struct thread *t)
{
    timer_t timer;
    sigset_t ticks, before;
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMIN + 2};
    event._sigev_un._tid = t->tid;
    struct itimerspec often = {{0, 300000}, {0, 100000}};
    int way = draw(t) % 3;
    sigemptyset(&ticks);
    sigaddset(&ticks, SIGRTMIN + 2);
    CHECK_EQ(pthread_sigmask(SIG_BLOCK, &ticks, &before), 0);
    CHECK_OK(timer_create(CLOCK_MONOTONIC, &event, &timer));
    u64 goal = t->ticks + 3;
    CHECK_OK(timer_settime(timer, 0, &often, NULL));
    if (way == 0) {
        for (int i = 0; i < 3; i++)
            CHECK_EQ(AGAIN(sigwaitinfo(&ticks, NULL)), SIGRTMIN + 2);
    } else if (way == 1) {
        while (t->ticks < goal)
            CHECK_ERR(sigsuspend(&before), EINTR);
    } else {
        CHECK_EQ(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
        while (t->ticks < goal)
            compute(goal, 100);
    }
    CHECK_OK(timer_delete(timer));
    CHECK_EQ(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
}

static void sleep_a_little(struct thread *t)
{
    struct timespec left = {0, 100000 + draw(t) % 400000};
    u64 end = nanoseconds() + left.tv_nsec;
    AGAIN(nanosleep(&left, &left));
    CHECK(nanoseconds() >= end);
    struct timespec limit = {0, 100000};
    sigset_t none;
    sigemptyset(&none);
    CHECK_EQ(AGAIN(ppoll(NULL, 0, &limit, &none)), 0);
}

static void (*const operations[])(struct thread *) = {
    compute_twice, map,          generate_code, fork_and_exit, fork_and_kill, fork_threads, spawn, ask,
    ask,           lock,         lock,          lock,          poke_others,   poke_others,  tick,  map,
    share,         talk_to_self, create_threads, sleep_a_little, generate_code,
};

/* ---- Laps ---- */

static void set_up(struct thread *t)
{
    self = t;
    t->tid = syscall(SYS_gettid);
    stack_t stack = {.ss_sp = t->signal_stack, .ss_size = sizeof t->signal_stack};
    if (t->number % 3)
        CHECK_OK(sigaltstack(&stack, NULL));
    pthread_barrier_wait(&start_line);
}

/* All that was sent to this thread arrives, once nobody sends any more. */
static void take_what_is_left(struct thread *t)
{
    for (int i = 0; i < 20000 && t->received != t->sent; i++)
        usleep(1000);
    CHECK_EQ(t->received, t->sent);
    CHECK((t->pokes > 0) == (t->pokes_sent > 0) && t->pokes <= t->pokes_sent);
    /* No signal that comes from here on finds a stack that is gone. */
    sigset_t all;
    sigfillset(&all);
    CHECK_EQ(pthread_sigmask(SIG_BLOCK, &all, NULL), 0);
}

static void *work(void *arg)
{
    struct thread *t = arg;
    set_up(t);
    for (; t->operations < OPERATIONS; t->operations++) {
        operations[draw(t) % (sizeof operations / sizeof *operations)](t);
        t->chain = compute(t->chain, 10);
    }
    pthread_barrier_wait(&finish_line);
    take_what_is_left(t);
    return NULL;
}

static void *serve(void *arg)
{
    struct thread *t = arg;
    struct request request;
    set_up(t);
    for (;;) {
        CHECK_EQ(AGAIN(read(server_pipes[t->number - WORKERS][0], &request, sizeof request)),
                 sizeof request);
        struct thread *to = request.from;
        if (!to)
            break;
        to->answer = mix(request.value);
        to->answered = 1;
        if (to->number % 2)
            CHECK_EQ(AGAIN(write(to->answer_event, &(u64){1}, 8)), 8);
        else
            CHECK_OK(syscall(SYS_futex, &to->answered, FUTEX_WAKE, 1, NULL, NULL, 0));
        t->operations++;
    }
    take_what_is_left(t);
    return NULL;
}

static u64 first_chain(int number)
{
    return mix(lap_seed * THREADS + number);
}

static void lap(void)
{
    pthread_barrier_init(&start_line, NULL, THREADS);
    pthread_barrier_init(&finish_line, NULL, WORKERS);
    memset(under_lock, 0, sizeof under_lock);
    for (int i = 0; i < THREADS; i++) {
        struct thread *t = &threads[i];
        *t = (struct thread){.number = i, .chain = first_chain(i), .random = first_chain(i)};
        t->answer_event = CHECK_OK(eventfd(0, EFD_CLOEXEC));
        if (i >= WORKERS)
            CHECK_OK(pipe2(server_pipes[i - WORKERS], O_CLOEXEC));
    }
    struct itimerval often = {{0, 5000}, {0, 5000}}, never = {0};
    CHECK_OK(setitimer(ITIMER_PROF, &often, NULL));
    for (int i = 0; i < THREADS; i++)
        threads[i].thread = small_thread(i < WORKERS ? work : serve, &threads[i]);
    u64 answers = 0, locked[LOCKS] = {0};
    for (int i = 0; i < WORKERS; i++) {
        struct thread *t = &threads[i];
        CHECK_EQ(pthread_join(t->thread, NULL), 0);
        CHECK_OK(close(t->answer_event));
        u64 chain = first_chain(i);
        for (u64 n = 0; n < t->operations; n++)
            chain = compute(chain, 10);
        CHECK_EQ(t->chain, chain);
        for (int n = 0; n < LOCKS; n++)
            locked[n] += t->locked[n];
    }
    for (int i = WORKERS; i < THREADS; i++) {
        struct request stop = {0};
        CHECK_EQ(AGAIN(write(server_pipes[i - WORKERS][1], &stop, sizeof stop)), sizeof stop);
        CHECK_EQ(pthread_join(threads[i].thread, NULL), 0);
        CHECK_OK(close(threads[i].answer_event));
        CHECK_OK(close(server_pipes[i - WORKERS][0]));
        CHECK_OK(close(server_pipes[i - WORKERS][1]));
        answers += threads[i].operations;
    }
    CHECK_OK(setitimer(ITIMER_PROF, &never, NULL));
    CHECK(answers > 0 && profiled > 0);
    for (int n = 0; n < LOCKS; n++)
        CHECK_EQ(under_lock[n], locked[n]);
    for (int i = 0; i < 20000 && process_received != process_sent; i++)
        usleep(1000);
    CHECK_EQ(process_received, process_sent);
    CHECK_ERR(waitpid(-1, NULL, WNOHANG), ECHILD);
}

/* ---- What is left behind ---- */

struct resources {
    long descriptors, threads, mappings, kilobytes;
};

static long entries(const char *path)
{
    DIR *dir = opendir(path);
    CHECK(dir != NULL);
    long count = 0;
    while (readdir(dir))
        count++;
    closedir(dir);
    return count - 2;
}

static struct resources resources(void)
{
    struct resources r = {0};
    char line[512];
    /* A thread is joined a moment before it is gone. */
    for (int i = 0; i < 1000 && (r.threads = entries("/proc/self/task")) > 1; i++)
        usleep(1000);
    r.descriptors = entries("/proc/self/fd");
    FILE *file = fopen("/proc/self/maps", "r");
    CHECK(file != NULL);
    while (fgets(line, sizeof line, file))
        r.mappings++;
    fclose(file);
    file = fopen("/proc/self/status", "r");
    CHECK(file != NULL);
    while (fgets(line, sizeof line, file))
        sscanf(line, "VmRSS: %ld", &r.kilobytes);
    fclose(file);
    return r;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "exit") == 0)
        return atoi(argv[2]);
    CHECK_OK(readlink("/proc/self/exe", program, sizeof program - 1));
    begin();
    u64 seconds = argc > 1 ? strtoul(argv[1], NULL, 0) : 0;
    u64 seed = argc > 2 ? strtoul(argv[2], NULL, 0) : 1;
    alarm(seconds + 57);
    pthread_mutexattr_t inherits, robust;
    pthread_mutexattr_init(&inherits);
    pthread_mutexattr_setprotocol(&inherits, PTHREAD_PRIO_INHERIT);
    pthread_mutexattr_init(&robust);
    pthread_mutexattr_setrobust(&robust, PTHREAD_MUTEX_ROBUST);
    for (int i = 0; i < LOCKS; i++)
        pthread_mutex_init(&locks[i], i % 4 == 1 ? &inherits : i % 4 == 2 ? &robust : NULL);
    handle_all();
    struct resources first = {0};
    u64 start = nanoseconds();
    for (int n = 0; n < LAPS || nanoseconds() - start < seconds * 1000000000; n++) {
        lap_seed = mix(seed + n);
        lap();
        struct resources now = resources();
        if (seconds) {
            printf("lap %d: %ld descriptors, %ld threads, %ld mappings, %ld kB\n", n, now.descriptors,
                   now.threads, now.mappings, now.kilobytes);
            fflush(stdout);
            /* For whoever counts from outside. */
            usleep(200000);
        }
        if (n == 0)
            first = now;
        CHECK_EQ(now.descriptors, first.descriptors);
        CHECK_EQ(now.threads, 1);
        CHECK(now.mappings <= first.mappings + MAPPINGS_SLACK);
        CHECK(now.kilobytes <= first.kilobytes + KILOBYTES_SLACK);
    }
    return finish();
}

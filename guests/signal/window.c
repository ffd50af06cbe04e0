// syscalls: rt_sigsuspend read write futex clock_nanosleep ppoll epoll_pwait wait4 waitid accept recvfrom msgrcv semtimedop mq_timedreceive flock rt_sigtimedwait
// A signal is never slept through, at whatever moment of a call's beginning it comes: the calls wait for what
// never happens, and each signal must run its handler although nothing else wakes the thread.
#include "../check.h"
#include <linux/futex.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

/* Signals to each call. A handler that has not run after so many seconds never will. */
enum { SIGNALS = 1000, PATIENCE = 15 };

static int empty_pipe[2], full_pipe[2], pair[2], listener, epoll, message_queue, semaphore, locked[2];
static mqd_t posix_queue;
static pid_t child;
static char block[4096];
static const struct timespec long_time = {100000, 0};

static long in_read(void) { return read(empty_pipe[0], block, 1); }
static long in_write(void) { return write(full_pipe[1], block, sizeof block); }
static long in_sleep(void) { return nanosleep(&long_time, NULL); }
static long in_wait4(void) { return waitpid(child, NULL, 0); }
static long in_accept(void) { return accept(listener, NULL, NULL); }
static long in_recv(void) { return recv(pair[0], block, 1, 0); }
static long in_flock(void) { return flock(locked[1], LOCK_EX); }
static long in_mq(void) { return mq_timedreceive(posix_queue, block, sizeof block, NULL, NULL); }

static long in_waitid(void)
{
    siginfo_t info;
    return waitid(P_PID, child, &info, WEXITED);
}

static long in_futex(void)
{
    static int word;
    return syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0);
}

static long in_timed_futex(void)
{
    static int word;
    return syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &long_time, NULL, 0);
}

static long in_ppoll(void)
{
    struct pollfd fd = {.fd = empty_pipe[0], .events = POLLIN};
    return ppoll(&fd, 1, NULL, NULL);
}

static long in_msgrcv(void)
{
    struct { long type; char text[8]; } message;
    return msgrcv(message_queue, &message, sizeof message.text, 0, 0);
}

static long in_semop(void)
{
    struct sembuf take = {0, -1, 0};
    return semop(semaphore, &take, 1);
}

/* These have the signals blocked but while they wait. */
static long in_sigsuspend(void)
{
    sigset_t none;
    sigemptyset(&none);
    return sigsuspend(&none);
}

static long in_masked_ppoll(void)
{
    sigset_t none;
    sigemptyset(&none);
    return ppoll(NULL, 0, NULL, &none);
}

static long in_epoll_pwait(void)
{
    struct epoll_event event;
    sigset_t none;
    sigemptyset(&none);
    return epoll_pwait(epoll, &event, 1, -1, &none);
}

static long in_sigtimedwait(void)
{
    sigset_t other;
    sigemptyset(&other);
    sigaddset(&other, SIGRTMIN);
    return sigtimedwait(&other, NULL, &long_time);
}

static const struct call {
    const char *name;
    long (*wait)(void);
    int has_mask;
} calls[] = {
    {"read", in_read, 0},
    {"write", in_write, 0},
    {"futex", in_futex, 0},
    {"futex with a timeout", in_timed_futex, 0},
    {"nanosleep", in_sleep, 0},
    {"ppoll", in_ppoll, 0},
    {"wait4", in_wait4, 0},
    {"waitid", in_waitid, 0},
    {"accept", in_accept, 0},
    {"recv", in_recv, 0},
    {"msgrcv", in_msgrcv, 0},
    {"semop", in_semop, 0},
    {"mq_timedreceive", in_mq, 0},
    {"flock", in_flock, 0},
    {"sigtimedwait", in_sigtimedwait, 0},
    {"sigsuspend", in_sigsuspend, 1},
    {"ppoll with a mask", in_masked_ppoll, 1},
    {"epoll_pwait with a mask", in_epoll_pwait, 1},
};
enum { CALLS = sizeof calls / sizeof *calls };

static struct sleeper {
    pthread_t thread;
    _Atomic pid_t tid;
    const struct call *call;
    /* What begins to wait, and how often it has. */
    void (*round)(struct sleeper *);
    _Atomic unsigned rounds;
    _Atomic unsigned sent, handled;
    _Atomic int over, is_gone, was_roused;
    timer_t timer;
    long delay;
} sleepers[CALLS];
static __thread struct sleeper *self;

static void on_signal(int signal)
{
    (void)signal;
    self->handled++;
}

/* Only ends a call that the signal came too early for. */
static void on_rouse(int signal)
{
    (void)signal;
    self->was_roused = 1;
}

static void *sleep_on(void *arg)
{
    sigset_t set;
    self = arg;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(self->call->has_mask ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
    self->tid = syscall(SYS_gettid);
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1};
    event._sigev_un._tid = self->tid;
    CHECK_OK(timer_create(CLOCK_MONOTONIC, &event, &self->timer));
    for (; !self->over; self->rounds++)
        self->round(self);
    CHECK_OK(timer_delete(self->timer));
    self->is_gone = 1;
    /* Somebody may still rouse it. */
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    return NULL;
}

static void start(struct sleeper *s, const struct call *call, void (*round)(struct sleeper *))
{
    *s = (struct sleeper){.call = call, .round = round};
    CHECK_EQ(pthread_create(&s->thread, NULL, sleep_on, s), 0);
    while (!s->tid)
        sched_yield();
}

static void rouse(struct sleeper *s)
{
    CHECK(syscall(SYS_tgkill, getpid(), s->tid, SIGHUP) == 0 || errno == ESRCH);
}

static void stop(struct sleeper *s)
{
    s->over = 1;
    while (!s->is_gone) {
        rouse(s);
        usleep(100);
    }
    CHECK_EQ(pthread_join(s->thread, NULL), 0);
}

static void fail_after(time_t start, const struct sleeper *s)
{
    if (time(NULL) - start > PATIENCE)
        check_fail("%s slept through signal %u", s->call->name, s->sent);
}

/* ---- A timer of the thread's own: it fires on its processor, at any instruction around the call ---- */

static void time_and_wait(struct sleeper *s)
{
    static unsigned random = 1;
    random = random * 1103515245 + 12345;
    /* From a little before the call to when it sleeps. */
    struct itimerspec soon = {.it_value.tv_nsec = 1 + s->delay + (random >> 16) % 3000};
    s->was_roused = 0;
    s->sent++;
    CHECK_OK(timer_settime(s->timer, 0, &soon, NULL));
    do
        CHECK_ERR(s->call->wait(), EINTR);
    while (s->handled != s->sent);
    s->delay += s->was_roused ? 200 : s->delay > 0 ? -20 : 0;
    if (s->sent == SIGNALS)
        s->over = 1;
}

static void time_signals(const struct call *call)
{
    struct sleeper *s = &sleepers[0];
    start(s, call, time_and_wait);
    time_t begun = time(NULL);
    for (unsigned before = 0; !s->is_gone; before = s->rounds) {
        usleep(100);
        if (s->rounds != before)
            begun = time(NULL);
        else if (s->sent > before && s->handled == s->sent)
            rouse(s);
        else
            fail_after(begun, s);
    }
    stop(s);
}

/* ---- Signals from another thread, to all of them ---- */

static void just_wait(struct sleeper *s)
{
    CHECK_ERR(s->call->wait(), EINTR);
}

static void poke_all(void)
{
    for (int n = 0; n < CALLS; n++)
        start(&sleepers[n], &calls[n], just_wait);
    for (int i = 0; i < SIGNALS / 4; i++) {
        for (int n = 0; n < CALLS; n++) {
            sleepers[n].sent++;
            int signal = (i + n) % 3 ? SIGUSR1 : SIGUSR2;
            CHECK_OK(syscall(SYS_tgkill, getpid(), sleepers[n].tid, signal));
        }
        time_t begun = time(NULL);
        for (int n = 0; n < CALLS; n++) {
            while (sleepers[n].handled != sleepers[n].sent) {
                sched_yield();
                fail_after(begun, &sleepers[n]);
            }
        }
    }
    for (int n = 0; n < CALLS; n++)
        stop(&sleepers[n]);
}

static void make_what_never_happens(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
    struct mq_attr attributes = {.mq_maxmsg = 1, .mq_msgsize = sizeof block};
    char name[32];
    CHECK_OK(pipe(empty_pipe));
    CHECK_OK(pipe2(full_pipe, O_NONBLOCK));
    while (write(full_pipe[1], block, sizeof block) > 0) {}
    CHECK_OK(fcntl(full_pipe[1], F_SETFL, 0));
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    listener = CHECK_OK(socket(AF_UNIX, SOCK_STREAM, 0));
    CHECK_OK(bind(listener, (struct sockaddr *)&address, sizeof address));
    CHECK_OK(listen(listener, 1));
    epoll = CHECK_OK(epoll_create1(0));
    message_queue = CHECK_OK(msgget(IPC_PRIVATE, 0600));
    semaphore = CHECK_OK(semget(IPC_PRIVATE, 1, 0600));
    snprintf(name, sizeof name, "/window.%d", getpid());
    posix_queue = CHECK_OK(mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attributes));
    CHECK_OK(mq_unlink(name));
    put_file("locked", "");
    for (int i = 0; i < 2; i++)
        locked[i] = CHECK_OK(open("locked", O_RDWR));
    CHECK_OK(flock(locked[0], LOCK_EX));
    child = CHECK_OK(fork());
    if (child == 0)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (child == 0)
        pause();
}

int main(void)
{
    begin();
    alarm(55);
    make_what_never_happens();
    CHECK_OK(sigaction(SIGUSR1, &(struct sigaction){.sa_handler = on_signal}, NULL));
    CHECK_OK(sigaction(SIGUSR2, &(struct sigaction){.sa_handler = on_signal, .sa_flags = SA_RESTART}, NULL));
    CHECK_OK(sigaction(SIGHUP, &(struct sigaction){.sa_handler = on_rouse}, NULL));
    for (int n = 0; n < CALLS; n++)
        time_signals(&calls[n]);
    poke_all();
    CHECK_OK(kill(child, SIGKILL));
    CHECK_KILLED(child, SIGKILL);
    CHECK_OK(msgctl(message_queue, IPC_RMID, NULL));
    CHECK_OK(semctl(semaphore, 0, IPC_RMID));
    return finish();
}

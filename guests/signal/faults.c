// syscalls: rt_sigaction rt_sigreturn mprotect
// Synchronous faults: the signal, its code, its address, the machine state in the frame, and that a
// handler may repair the cause and return.
#include "../check.h"
#include <setjmp.h>
#include <sys/mman.h>
#include <ucontext.h>

static sigjmp_buf back;
static volatile siginfo_t seen;
static volatile uintptr_t at;
static char *page;

static uintptr_t counter_of(void *context)
{
#ifdef __aarch64__
    return ((ucontext_t *)context)->uc_mcontext.pc;
#else
    return ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
#endif
}

static void jump(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    seen = *info;
    at = counter_of(context);
    siglongjmp(back, 1);
}

static void repair(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)context;
    seen = *info;
    if (mprotect(page, 4096, PROT_READ | PROT_WRITE) != 0)
        _exit(99);
}

static void on(int signal, void (*handler)(int, siginfo_t *, void *))
{
    struct sigaction a = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    CHECK_OK(sigaction(signal, &a, NULL));
}

#define FAULTS(signal, code, address, statement) \
    do { \
        seen.si_signo = 0; \
        if (sigsetjmp(back, 1) == 0) { \
            statement; \
            check_fail("%s:%d: no fault", __FILE__, __LINE__); \
        } \
        CHECK_EQ(seen.si_signo, signal); \
        CHECK_EQ(seen.si_code, code); \
        CHECK_EQ((long)seen.si_addr, (long)(address)); \
    } while (0)

__attribute__((noinline)) static void undefined(void)
{
#ifdef __aarch64__
    __asm__ volatile("udf #0");
#else
    __asm__ volatile("ud2");
#endif
}

__attribute__((noinline)) static void breakpoint(void)
{
#ifdef __aarch64__
    __asm__ volatile("brk #1");
#else
    __asm__ volatile("int3");
#endif
}

int main(void)
{
    begin();
    for (int i = 0; i < 4; i++)
        on((int[]){SIGSEGV, SIGBUS, SIGILL, SIGTRAP}[i], jump);
    page = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(page != MAP_FAILED);
    CHECK_OK(munmap(page + 4096, 4096));
    volatile char *p = page;

    FAULTS(SIGSEGV, SEGV_MAPERR, 0x10, *(volatile char *)0x10);
    FAULTS(SIGSEGV, SEGV_MAPERR, 0x18, *(volatile char *)0x18 = 1);
    FAULTS(SIGSEGV, SEGV_MAPERR, page + 4097, p[4097]);
    /* An access over the edge reports the first byte that is not there. */
    FAULTS(SIGSEGV, SEGV_MAPERR, page + 4096, *(volatile long *)(page + 4092));
    CHECK_OK(mprotect(page, 4096, PROT_READ));
    (void)p[5];
    FAULTS(SIGSEGV, SEGV_ACCERR, page + 5, p[5] = 1);
    CHECK_OK(mprotect(page, 4096, PROT_NONE));
    FAULTS(SIGSEGV, SEGV_ACCERR, page + 6, (void)p[6]);
    FAULTS(SIGSEGV, SEGV_MAPERR, 0x1230, ((void (*)(void))0x1230)());
    CHECK_EQ(at, 0x1230);
    CHECK_OK(mprotect(page, 4096, PROT_READ | PROT_WRITE));
    FAULTS(SIGSEGV, SEGV_ACCERR, page, ((void (*)(void))page)());
    CHECK_EQ(at, (uintptr_t)page);

    /* Beyond the end of a file. */
    put_file("file", "x");
    int fd = CHECK_OK(open("file", O_RDWR));
    char *view = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(view != MAP_FAILED);
    CHECK_EQ(view[0], 'x');
    CHECK_EQ(view[4095], 0);
    FAULTS(SIGBUS, BUS_ADRERR, view + 4096 + 3, *(volatile char *)(view + 4096 + 3));
    FAULTS(SIGBUS, BUS_ADRERR, view + 4096, *(volatile char *)(view + 4096) = 1);

    seen.si_signo = 0;
    if (sigsetjmp(back, 1) == 0)
        undefined();
    CHECK_EQ(seen.si_signo, SIGILL);
#ifdef __aarch64__
    CHECK_EQ(seen.si_code, ILL_ILLOPC);
#endif
    CHECK_EQ((uintptr_t)seen.si_addr, at);
    if (sigsetjmp(back, 1) == 0)
        breakpoint();
    CHECK_EQ(seen.si_signo, SIGTRAP);
#ifdef __aarch64__
    CHECK_EQ(seen.si_code, TRAP_BRKPT);
    CHECK_EQ((uintptr_t)seen.si_addr, at);
#endif

    /* A handler that repairs: the instruction runs again. */
    on(SIGSEGV, repair);
    CHECK_OK(mprotect(page, 4096, PROT_NONE));
    p[7] = 'r';
    CHECK_EQ(p[7], 'r');
    CHECK_EQ((long)seen.si_addr, (long)page + 7);

    /* A blocked or ignored synchronous fault kills. */
    for (int ignored = 0; ignored < 2; ignored++) {
        pid_t pid = CHECK_OK(fork());
        if (pid == 0) {
            if (ignored) {
                signal(SIGSEGV, SIG_IGN);
            } else {
                on(SIGSEGV, jump);
                sigset_t set;
                sigemptyset(&set);
                sigaddset(&set, SIGSEGV);
                sigprocmask(SIG_BLOCK, &set, NULL);
            }
            *(volatile char *)0x10 = 1;
            _exit(0);
        }
        CHECK_KILLED(pid, SIGSEGV);
    }
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        signal(SIGILL, SIG_DFL);
        undefined();
    }
    CHECK_KILLED(pid, SIGILL);
    return finish();
}

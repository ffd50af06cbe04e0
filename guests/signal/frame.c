// syscalls: rt_sigreturn sigaltstack
// The frame: registers survive, the handler may change them, alternate stacks, jumps out.
#include "../check.h"
#include <setjmp.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <ucontext.h>

static char *stack, *where;
static volatile int on_stack, flags_inside, error_inside;
static sigjmp_buf back;

static void note(int signal)
{
    (void)signal;
    char local;
    where = &local;
    on_stack = where >= stack && where < stack + 65536;
    stack_t current;
    sigaltstack(NULL, &current);
    flags_inside = current.ss_flags;
    stack_t change = {.ss_flags = SS_DISABLE};
    error_inside = sigaltstack(&change, NULL) == -1 ? errno : 0;
    if (on_stack)
        CHECK_EQ((uintptr_t)__builtin_frame_address(0) % 16, 0);
}

static void again(int signal)
{
    char local;
    static char *first;
    if (!first) {
        first = &local;
        raise(SIGUSR2);
        /* Nested on the same alternate stack, below. */
        CHECK(where < first);
    } else
        where = &local;
    (void)signal;
}

static void leave(int signal) { siglongjmp(back, signal); }

static void change_mask(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)info;
    sigaddset(&((ucontext_t *)context)->uc_sigmask, SIGHUP);
}

#ifdef __aarch64__
static volatile uint64_t x_seen[31], fp_seen[4];

static void registers(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)info;
    ucontext_t *uc = context;
    for (int i = 0; i < 31; i++)
        x_seen[i] = uc->uc_mcontext.regs[i];
    struct fpsimd_context *fp = (void *)uc->uc_mcontext.__reserved;
    CHECK_EQ(fp->head.magic, FPSIMD_MAGIC);
    CHECK_EQ(fp->head.size, sizeof *fp);
    CHECK_EQ(uc->uc_mcontext.pstate >> 28, 6); /* Z and C: the comparison of equals below. */
    fp_seen[0] = fp->vregs[9];
    fp_seen[1] = fp->vregs[9] >> 64;
    CHECK_EQ((uintptr_t)uc % 16, 0);
    uc->uc_mcontext.regs[10] = 0x1010;
    fp->vregs[9] = 0x9999;
    uc->uc_mcontext.pc += 4;
}

/* A frame of a program that masks exceptions is nothing to return to. */
static void mask_exceptions(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)info;
    ((ucontext_t *)context)->uc_mcontext.pstate |= 0x80;
}

static void through_bad_state(void)
{
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        struct sigaction a = {.sa_sigaction = mask_exceptions, .sa_flags = SA_SIGINFO};
        signal(SIGSEGV, SIG_DFL);
        sigaction(SIGUSR1, &a, NULL);
        raise(SIGUSR1);
        _exit(0);
    }
    CHECK_KILLED(pid, SIGSEGV);
}

static void through_registers(void)
{
    struct sigaction a = {.sa_sigaction = registers, .sa_flags = SA_SIGINFO};
    CHECK_OK(sigaction(SIGTRAP, &a, NULL));
    uint64_t x10, x11, d9, flags;
    __asm__ volatile("mov x10, #0x1234\n mov x11, #0x5678\n"
                     "fmov d9, x11\n mov v9.d[1], x10\n"
                     "cmp x10, x10\n"
                     "brk #0\n"
                     "cset %3, eq\n mov %0, x10\n mov %1, x11\n fmov %2, d9\n"
                     : "=&r"(x10), "=&r"(x11), "=&r"(d9), "=&r"(flags)
                     :
                     : "x10", "x11", "v9", "cc", "memory");
    CHECK_EQ(x_seen[10], 0x1234);
    CHECK_EQ(x_seen[11], 0x5678);
    CHECK_EQ(fp_seen[0], 0x5678);
    CHECK_EQ(fp_seen[1], 0x1234);
    CHECK_EQ(x10, 0x1010);
    CHECK_EQ(x11, 0x5678);
    CHECK_EQ(d9, 0x9999);
    CHECK_EQ(flags, 1);
}
#endif

int main(void)
{
    begin();
    stack = mmap(0, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(stack != MAP_FAILED);
    stack_t st;
    CHECK_OK(sigaltstack(NULL, &st));
    CHECK_EQ(st.ss_flags, SS_DISABLE);
    st = (stack_t){.ss_sp = stack, .ss_size = 100};
    CHECK_ERR(sigaltstack(&st, NULL), ENOMEM);
    st = (stack_t){.ss_sp = stack, .ss_size = 65536, .ss_flags = 0x20};
    CHECK_ERR(sigaltstack(&st, NULL), EINVAL);
    CHECK_ERR(syscall(SYS_sigaltstack, BAD, NULL), EFAULT);
    st.ss_flags = 0;
    CHECK_OK(sigaltstack(&st, NULL));
    CHECK_OK(sigaltstack(NULL, &st));
    CHECK_EQ(st.ss_flags, 0);
    CHECK_EQ(st.ss_size, 65536);
    CHECK(st.ss_sp == stack);
    CHECK(getauxval(AT_MINSIGSTKSZ) >= 1024);

    struct sigaction a = {.sa_handler = note, .sa_flags = SA_ONSTACK};
    CHECK_OK(sigaction(SIGUSR1, &a, NULL));
    CHECK_OK(raise(SIGUSR1));
    CHECK(on_stack);
    CHECK_EQ(flags_inside, SS_ONSTACK);
    CHECK_EQ(error_inside, EPERM);
    a.sa_flags = 0;
    CHECK_OK(sigaction(SIGUSR1, &a, NULL));
    CHECK_OK(raise(SIGUSR1));
    CHECK(!on_stack);
    CHECK_EQ(error_inside, 0);
    st = (stack_t){.ss_sp = stack, .ss_size = 65536};
    CHECK_OK(sigaltstack(&st, NULL));
    a = (struct sigaction){.sa_handler = again, .sa_flags = SA_ONSTACK | SA_NODEFER};
    CHECK_OK(sigaction(SIGUSR2, &a, NULL));
    CHECK_OK(raise(SIGUSR2));

    /* Jumping out restores the mask, and the stack can be used again. */
    a = (struct sigaction){.sa_handler = leave, .sa_flags = SA_ONSTACK};
    CHECK_OK(sigaction(SIGHUP, &a, NULL));
    sigset_t mask;
    for (volatile int i = 0; i < 3; i++) {
        int value = sigsetjmp(back, 1);
        if (value == 0) {
            raise(SIGHUP);
            check_fail("no jump");
        }
        CHECK_EQ(value, SIGHUP);
        CHECK_OK(sigprocmask(SIG_BLOCK, NULL, &mask));
        CHECK(!sigismember(&mask, SIGHUP));
    }

    /* Stack overflow is survivable on the alternate stack only. */
    CHECK_OK(sigaction(SIGSEGV, &a, NULL));
    if (sigsetjmp(back, 1) == 0) {
        extern int overflow(int);
        overflow(1);
        check_fail("no overflow");
    }
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        extern int overflow(int);
        a.sa_flags = 0;
        sigaction(SIGSEGV, &a, NULL);
        overflow(1);
    }
    CHECK_KILLED(pid, SIGSEGV);

    /* The mask in the frame is what comes into force. */
    a = (struct sigaction){.sa_sigaction = change_mask, .sa_flags = SA_SIGINFO};
    CHECK_OK(sigaction(SIGUSR1, &a, NULL));
    CHECK_OK(raise(SIGUSR1));
    CHECK_OK(sigprocmask(SIG_BLOCK, NULL, &mask));
    CHECK(sigismember(&mask, SIGHUP));
    CHECK(!sigismember(&mask, SIGUSR1));
#ifdef __aarch64__
    through_registers();
    through_bad_state();
#endif
    return finish();
}

__attribute__((noinline)) int overflow(int n)
{
    volatile char block[4096];
    block[0] = n;
    return overflow(n + 1) + block[0];
}

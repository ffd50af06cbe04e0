// syscalls: rt_sigaction rt_sigreturn
// Unwinding out of signal handlers, as exceptions, cancellation and profilers do.
#include "../check.h"
#include <unwind.h>

static volatile int depth, found;

__attribute__((noinline)) static void faults(volatile int *at) { *at = 1; }

/* Not a tail call, so that it has a frame. */
__attribute__((noinline)) static void calls_it(volatile int *at)
{
    faults(at);
    depth++;
}

static _Unwind_Reason_Code frame(struct _Unwind_Context *context, void *argument)
{
    (void)argument;
    int before = 0;
    uintptr_t ip = _Unwind_GetIPInfo(context, &before);
    /* It takes a return address, and looks before it. */
    void *function = _Unwind_FindEnclosingFunction((void *)(ip + before));
    if (function == (void *)faults) {
        /* The frame that a signal interrupted: its address is not a return address. */
        CHECK_EQ(before, 1);
        found |= 1;
    }
    if (function == (void *)calls_it && found & 1)
        found |= 2;
    return ++depth > 100 ? _URC_END_OF_STACK : _URC_NO_REASON;
}

static int handled;

static void handler(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)info;
    found = depth = 0;
    _Unwind_Backtrace(frame, NULL);
    CHECK(depth > 3 && depth < 100);
    CHECK_EQ(found, 3);
    handled++;
#ifdef __aarch64__
    /* The other way out of a handler: go on behind the instruction. */
    ((ucontext_t *)context)->uc_mcontext.pc += 4;
#else
    (void)context;
    exit(finish());
#endif
}

int main(void)
{
    begin();
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    calls_it((volatile int *)16);
    CHECK_EQ(handled, 1);
    return finish();
}

// syscalls: mmap
// The stack and MAP_GROWSDOWN mappings grow on access, within the limit.
#include "../check.h"
#include <sys/mman.h>

__attribute__((noinline)) static long deep(int n)
{
    volatile char block[4096];
    block[0] = n;
    return n == 0 ? 0 : deep(n - 1) + block[0] - (char)n + 1;
}

int main(void)
{
    begin();
    CHECK_EQ(deep(1000), 1000); /* 4 MB */
    char *top = mmap(NULL, 64 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(top != MAP_FAILED);
    CHECK_OK(munmap(top, 64 << 20));
    top += 32 << 20;
    char *stack = mmap(top, 8192, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN, -1, 0);
    CHECK(stack == top);
    for (long i = 1; i <= 16; i++)
        stack[-4096 * i] = i;
    CHECK_EQ(stack[-4096 * 16], 16);
    /* Growing stops before another mapping. */
    char *below = mmap(top - (8 << 20), 4096, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    CHECK(below == top - (8 << 20));
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        for (long i = 1;; i++)
            *(volatile char *)(stack - 4096 * i) = 1;
    }
    CHECK_KILLED(pid, SIGSEGV);
    CHECK_EQ(below[4095], 0);
    return finish();
}

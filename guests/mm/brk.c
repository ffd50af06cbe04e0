// syscalls: brk
// The program break: growth, zeroes, shrinking, and that failure returns the old break.
#include "../check.h"
#include <sys/resource.h>

int main(void)
{
    begin();
    char *start = (char *)syscall(SYS_brk, 0);
    CHECK(start != NULL);
    char *end = start + 5 * 4096 + 100;
    CHECK((char *)syscall(SYS_brk, end) == end);
    for (char *p = start; p < end; p++)
        CHECK_EQ(*p, 0);
    memset(start, 'x', end - start);
    CHECK((char *)syscall(SYS_brk, 0) == end);
    CHECK((char *)syscall(SYS_brk, start + 4096) == start + 4096);
    CHECK((char *)syscall(SYS_brk, end) == end);
    CHECK_EQ(start[0], 'x');
    /* What was given back comes back as zeroes, from the next page on. */
    CHECK_EQ(start[3 * 4096], 0);
    CHECK((char *)syscall(SYS_brk, 1) == end);
    CHECK((char *)syscall(SYS_brk, -4096l) == end);
    IN_CHILD({
        CHECK((char *)syscall(SYS_brk, end + 4096) == end + 4096);
    });
    CHECK((char *)syscall(SYS_brk, 0) == end);
    struct rlimit limit;
    CHECK_OK(getrlimit(RLIMIT_DATA, &limit));
    limit.rlim_cur = 1 << 22;
    CHECK_OK(setrlimit(RLIMIT_DATA, &limit));
    CHECK((char *)syscall(SYS_brk, end + (1 << 24)) == end);
    return finish();
}

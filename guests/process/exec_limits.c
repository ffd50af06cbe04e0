// syscalls: execve
/* Argument lists that are too long: a string above MAX_ARG_STRLEN, and too many of them. */
#include "../check.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int main(void)
{
    begin();
    size_t huge = 100 << 20;
    char *text = mmap(0, huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(text != MAP_FAILED);
    memset(text, 'a', huge - 1);
    char *args[] = {"exec_limits", text, 0};
    char *none[] = {0};
    CHECK_ERR(execve("/proc/self/exe", args, none), E2BIG);
    CHECK_ERR(execve("/proc/self/exe", none, args), E2BIG);

    /* 131072 bytes with the NUL are allowed, one more is not. */
    text[131072] = 0;
    CHECK_ERR(execve("/proc/self/exe", args, none), E2BIG);

    enum { MANY = 2000000 };
    char **many = malloc((MANY + 1) * sizeof *many);
    CHECK(many);
    for (int i = 0; i < MANY; i++) many[i] = "argument";
    many[MANY] = 0;
    CHECK_ERR(execve("/proc/self/exe", many, none), E2BIG);
    return finish();
}

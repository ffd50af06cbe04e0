// syscalls: clone read futex exit
// Ten thousand threads that wait, in one process: no limit of our own is in the way of them. Bare threads, because a
// trace of what the library does for each is long.
#include "../check.h"
#include <linux/futex.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>

enum { STACK = 8192 };
static int gate[2];
static atomic_int woken;

static long setting(const char *path)
{
    long value = 0;
    FILE *file = fopen(path, "r");
    if (file) {
        if (fscanf(file, "%ld", &value) != 1)
            value = 0;
        fclose(file);
    }
    return value;
}

/* Has no thread-local storage of its own, so it leaves errno alone. */
static int wait_for_gate(void *arg)
{
    char byte;
    if (syscall(SYS_read, gate[0], &byte, 1) == 0)
        atomic_fetch_add(&woken, (int)(intptr_t)arg % 2 + 1);
    return 0;
}

int main(void)
{
    begin();
    /* The machine's own limits: each thread has a few mappings. */
    int enough = setting("/proc/sys/kernel/threads-max") > 40000 && setting("/proc/sys/vm/max_map_count") >= 65530;
    int count = enough ? 10000 : 1000;
    atomic_int *alive = calloc(count, sizeof *alive);
    char *stacks = mmap(NULL, (size_t)count * STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(stacks != MAP_FAILED);
    CHECK_OK(pipe(gate));
    int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_CHILD_CLEARTID;
    for (int i = 0; i < count; i++) {
        alive[i] = 1;
        char *top = stacks + (size_t)(i + 1) * STACK;
        CHECK_OK(clone(wait_for_gate, top, flags, (void *)(intptr_t)i, NULL, NULL, &alive[i]));
    }
    CHECK_OK(close(gate[1]));
    for (int i = 0; i < count; i++)
        while (alive[i])
            syscall(SYS_futex, &alive[i], FUTEX_WAIT, 1, NULL, NULL, 0);
    CHECK_EQ(woken, count / 2 * 3);
    return finish();
}

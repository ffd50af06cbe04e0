// syscalls: openat read readlinkat
// /proc/PID of another process of the family: what ps, pidof and service managers read there.
#include "../check.h"

static char content[1 << 18];

static size_t slurp(pid_t pid, const char *name)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    int fd = CHECK_OK(open(path, O_RDONLY));
    size_t length = 0;
    ssize_t count;
    while ((count = CHECK_OK(read(fd, content + length, sizeof content - 1 - length))) > 0)
        length += count;
    content[length] = 0;
    CHECK_OK(close(fd));
    return length;
}

/* Where the program is that a process runs. */
static void exe_of(pid_t pid, char *to)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "/proc/%d/exe", pid);
    ssize_t length = CHECK_OK(readlink(path, to, PATH_MAX - 1));
    to[length] = 0;
}

static void check_content(const char *expected, size_t length)
{
    CHECK(memcmp(content, expected, length) == 0);
    CHECK_EQ(content[length], 0);
}

/* Numbers of /proc/PID/stat as proc(5) counts them. */
static unsigned long field(int number)
{
    char *at = strrchr(content, ')') + 2;
    for (int i = 3; i < number; i++)
        at = strchr(at, ' ') + 1;
    return strtoul(at, NULL, 10);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        /* The other process: says that it is there, and waits for its end. */
        CHECK_EQ(write(1, "x", 1), 1);
        pause();
    }
    begin();
    char own[PATH_MAX], other[PATH_MAX];
    int ends[2];
    CHECK_OK(pipe(ends));
    exe_of(getpid(), own);
    pid_t child = CHECK_OK(fork());
    if (child == 0) {
        char *args[] = {"name", "one two", "", NULL}, *environment[] = {"A=1", "B=2", NULL};
        CHECK_OK(dup2(ends[1], 1));
        execve(own, args, environment);
        _exit(99);
    }
    char byte;
    CHECK_EQ(read(ends[0], &byte, 1), 1);

    exe_of(child, other);
    CHECK_STR(other, own);
    CHECK_EQ(slurp(child, "cmdline"), 14);
    check_content("name\0one two\0", 14);
    CHECK_EQ(slurp(child, "environ"), 8);
    check_content("A=1\0B=2", 8);
    slurp(child, "comm");
    CHECK_STR(content, "proc_others\n");

    /* Sizes are a small program's, and addresses are where its mappings are. */
    slurp(child, "stat");
    unsigned long code = field(26), stack = field(28), args = field(48);
    CHECK(field(23) > 4096 && field(23) < 1UL << 30);
    CHECK(field(24) > 0 && field(24) * 4096 <= field(23));
    slurp(child, "status");
    long size = strtol(strstr(content, "VmSize:") + 7, NULL, 10);
    CHECK(size > 4 && size < 1 << 20);
    CHECK(strtol(strstr(content, "VmRSS:") + 6, NULL, 10) <= size);
    slurp(child, "statm");
    long pages, resident;
    CHECK_EQ(sscanf(content, "%ld %ld", &pages, &resident), 2);
    CHECK(pages < 1 << 18 && resident <= pages);
    int has_code = 0, has_stack = 0, has_args = 0;
    slurp(child, "maps");
    for (char *line = strtok(content, "\n"); line; line = strtok(NULL, "\n")) {
        unsigned long start, end;
        char prot[8];
        CHECK_EQ(sscanf(line, "%lx-%lx %7s", &start, &end, prot), 3);
        has_args += start <= args && args < end;
        has_stack += start <= stack && stack < end && prot[1] == 'w';
        if (start <= code && code < end) {
            has_code++;
            CHECK_EQ(prot[2], 'x');
            CHECK_STR(strchr(line, '/'), own);
        }
    }
    CHECK_EQ(has_code, 1);
    CHECK_EQ(has_stack, 1);
    CHECK_EQ(has_args, 1);
    snprintf(other, sizeof other, "task/%d/stat", child);
    slurp(child, other);
    CHECK_EQ(field(26), code);

    /* A process that is forked, and does not execute, is what its parent is. */
    pid_t copy = CHECK_OK(fork());
    if (copy == 0) {
        pause();
        _exit(0);
    }
    exe_of(copy, other);
    CHECK_STR(other, own);
    slurp(copy, "cmdline");
    CHECK_STR(content, argv[0]);
    CHECK_OK(kill(copy, SIGKILL));
    CHECK_OK(kill(child, SIGKILL));
    CHECK_EQ(waitpid(child, NULL, 0), child);
    CHECK_EQ(waitpid(copy, NULL, 0), copy);
    return finish();
}

// syscalls: openat read
// The lines of the files of /proc that are generated for a guest: all that the kernel writes, in its order and with its units.
#include "../check.h"
#include <sys/mman.h>

static char content[1 << 18];

static void slurp(pid_t pid, const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    int fd = CHECK_OK(open(path, O_RDONLY));
    size_t length = 0;
    ssize_t count;
    while ((count = CHECK_OK(read(fd, content + length, sizeof content - 1 - length))) > 0)
        length += count;
    content[length] = 0;
    CHECK_OK(close(fd));
}

/* Whether there are lines from `*at` on that begin with these words and a colon, in this order; other lines may lie between, which
   other kernels and architectures have. A word with a `=` behind it is followed by a size in kB. `*at` is then behind the last. */
static void check_keys(const char *file, const char **at, const char *words)
{
    while (*words) {
        size_t length = strcspn(words, " =");
        int found = 0;
        while (!found && **at) {
            const char *end = strchr(*at, '\n');
            CHECK(end != NULL);
            if (!end)
                return;
            found = end - *at > (long)length && !memcmp(*at, words, length) && (*at)[length] == ':';
            if (found && words[length] == '=') {
                char *rest;
                strtoull(*at + length + 1, &rest, 10);
                CHECK(!memcmp(rest, " kB\n", 4));
            }
            *at = end + 1;
        }
        if (!found)
            fprintf(stderr, "%s: no line %.*s\n", file, (int)length, words);
        CHECK(found);
        words += length + (words[length] == '=');
        words += *words == ' ';
    }
}

/* The fields of a line, separated by single spaces. */
static int fields(const char *text)
{
    int count = 1;
    for (; *text && *text != '\n'; text++)
        count += *text == ' ';
    return count;
}

/* What smaps says of one mapping, and smaps_rollup of all, has these in common. */
#define PAGES                                                                                                             \
    "Shared_Clean= Shared_Dirty= Private_Clean= Private_Dirty= Referenced= Anonymous= "                                   \
    "LazyFree= AnonHugePages= ShmemPmdMapped= FilePmdMapped= Shared_Hugetlb= Private_Hugetlb= Swap= SwapPss= Locked="

static void check_process(pid_t pid)
{
    slurp(pid, "status");
    const char *at = content;
    check_keys("status", &at,
               "Name Umask State Tgid Ngid Pid PPid TracerPid Uid Gid FDSize Groups NStgid NSpid NSpgid NSsid VmPeak= VmSize= "
               "VmLck= VmPin= VmHWM= VmRSS= RssAnon= RssFile= RssShmem= VmData= VmStk= VmExe= VmLib= VmPTE= VmSwap= CoreDumping "
               "THP_enabled Threads SigQ SigPnd ShdPnd SigBlk SigIgn SigCgt CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs "
               "Cpus_allowed Cpus_allowed_list Mems_allowed Mems_allowed_list voluntary_ctxt_switches nonvoluntary_ctxt_switches");
    CHECK_EQ(*at, 0);

    slurp(pid, "stat");
    char *rest = strrchr(content, ')');
    CHECK(rest != NULL && rest[1] == ' ');
    CHECK_EQ(fields(rest + 2) + 2, 52);
    slurp(pid, "statm");
    CHECK_EQ(fields(content), 7);

    slurp(pid, "smaps");
    int mappings = 0;
    for (at = content; *at; mappings++) {
        unsigned long start, end, offset, inode;
        unsigned int major, minor;
        char rights[5], flags[200];
        CHECK_EQ(sscanf(at, "%lx-%lx %4s %lx %x:%x %lu", &start, &end, rights, &offset, &major, &minor, &inode), 7);
        const char *line = strchr(at, '\n') + 1;
        check_keys("smaps", &line, "Size= KernelPageSize= MMUPageSize= Rss= Pss= " PAGES " THPeligible VmFlags");
        CHECK(line > at);
        /* Each flag is two letters and a space. */
        const char *last = line - 2;
        while (*last != '\n')
            last--;
        CHECK_EQ(sscanf(last, "\nVmFlags: %199[^\n]", flags), 1);
        CHECK_EQ(strlen(flags) % 3, 0);
        if (line <= at)
            break;
        at = line;
    }
    slurp(pid, "maps");
    int lines = 0;
    for (at = content; (at = strchr(at, '\n')); at++)
        lines++;
    CHECK(mappings > 3 && lines > 3);
}

int main(void)
{
    begin();
    check_process(getpid());

    slurp(getpid(), "smaps_rollup");
    CHECK(strstr(content, " [rollup]\n") != NULL);
    const char *at = strchr(content, '\n') + 1;
    check_keys("smaps_rollup", &at, "Rss= Pss= Pss_Anon= Pss_File= Pss_Shmem= " PAGES);
    CHECK_EQ(*at, 0);

    slurp(getpid(), "limits");
    static const char *const limits[] = {"Limit", "Max cpu time", "Max file size", "Max data size", "Max stack size",
                                         "Max core file size", "Max resident set", "Max processes", "Max open files",
                                         "Max locked memory", "Max address space", "Max file locks", "Max pending signals",
                                         "Max msgqueue size", "Max nice priority", "Max realtime priority", "Max realtime timeout"};
    at = content;
    for (size_t i = 0; i < sizeof limits / sizeof *limits && at; i++) {
        /* Columns of 26, 21, 21 and 10 characters. */
        CHECK(!strncmp(at, limits[i], strlen(limits[i])));
        CHECK(at[25] == ' ' && at[26] != ' ' && at[46] == ' ' && at[47] != ' ');
        at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL;
    }
    CHECK(at && !*at);

    slurp(getpid(), "io");
    at = content;
    check_keys("io", &at, "rchar wchar syscr syscw read_bytes write_bytes cancelled_write_bytes");
    slurp(getpid(), "mountinfo");
    for (at = content; at && *at; at = strchr(at, '\n') + 1) {
        int id, parent, major, minor;
        char root[300], place[300];
        CHECK_EQ(sscanf(at, "%d %d %d:%d %299s %299s", &id, &parent, &major, &minor, root, place), 6);
        CHECK(strstr(at, " - ") != NULL && strstr(at, " - ") < strchr(at, '\n'));
    }

    /* What another process is told. */
    int channel[2];
    char byte;
    CHECK_OK(pipe(channel));
    pid_t child = CHECK_OK(fork());
    if (child == 0) {
        close(channel[1]);
        _exit(read(channel[0], &byte, 1) != 0);
    }
    check_process(child);
    CHECK_OK(close(channel[1]));
    int status;
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK_EQ(status, 0);
    return finish();
}

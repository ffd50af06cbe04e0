// syscalls: mmap mlock openat
// What /proc/self says about the amount of memory, and of which kind.
#include "../check.h"
#include <sys/mman.h>
#include <sys/resource.h>

enum { SIZE = 8 << 20 };

/* A line of /proc/self/status, in bytes. */
static long status(const char *key)
{
    char line[256];
    size_t length = strlen(key);
    FILE *file = fopen("/proc/self/status", "r");
    CHECK(file != NULL);
    while (fgets(line, sizeof line, file))
        if (strncmp(line, key, length) == 0 && line[length] == ':') {
            fclose(file);
            return strtol(line + length + 1, NULL, 10) << 10;
        }
    check_fail("no %s", key);
}

/* The fields of /proc/self/statm, in bytes. */
static void statm(long fields[7])
{
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file != NULL);
    for (int i = 0; i < 7; i++) {
        CHECK_EQ(fscanf(file, "%ld", &fields[i]), 1);
        fields[i] *= sysconf(_SC_PAGESIZE);
    }
    fclose(file);
}

/* By how much a line changed while SIZE bytes were mapped like this. */
static long change(const char *key, int prot, int flags)
{
    long before = status(key);
    char *at = mmap(NULL, SIZE, prot, flags | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(at != MAP_FAILED);
    long after = status(key);
    CHECK_OK(munmap(at, SIZE));
    CHECK_EQ(status(key), before);
    return after - before;
}

int main(void)
{
    begin();
    status("VmSize");
    CHECK_EQ(change("VmSize", PROT_NONE, MAP_PRIVATE), SIZE);
    CHECK_EQ(change("VmData", PROT_NONE, MAP_PRIVATE), 0);
    CHECK_EQ(change("VmData", PROT_READ, MAP_PRIVATE), 0);
    CHECK_EQ(change("VmData", PROT_READ | PROT_WRITE, MAP_SHARED), 0);
    CHECK_EQ(change("VmData", PROT_READ | PROT_WRITE, MAP_PRIVATE), SIZE);
    CHECK_EQ(change("VmStk", PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_GROWSDOWN), SIZE);
    CHECK_EQ(change("VmData", PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_GROWSDOWN), 0);
    CHECK_EQ(change("VmLib", PROT_READ | PROT_EXEC, MAP_PRIVATE), SIZE);
    CHECK_EQ(change("VmExe", PROT_READ | PROT_EXEC, MAP_PRIVATE), 0);
    CHECK(status("VmExe") > 0);
    CHECK(status("VmStk") >= 2 * sysconf(_SC_PAGESIZE));

    CHECK_EQ(status("VmLck"), 0);
    char *at = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK_OK(mlock(at, 65536));
    CHECK_EQ(status("VmLck"), 65536);
    CHECK_OK(munlock(at, 65536));

    long before[7], after[7];
    statm(before);
    CHECK_OK(munmap(at, SIZE));
    statm(after);
    CHECK_EQ(before[0] - after[0], SIZE);
    CHECK_EQ(before[5] - after[5], SIZE);
    CHECK_EQ(after[0], status("VmSize"));
    CHECK_EQ(after[5], status("VmData") + status("VmStk"));
    CHECK_EQ(after[3], status("VmExe"));
    CHECK(after[1] > 0 && after[1] <= after[0]);
    CHECK_EQ(after[4], 0);
    CHECK_EQ(after[6], 0);
    return finish();
}

// syscalls: openat read getdents64
// What /sys says about processors and memory: the machine's numbers, and nothing of another architecture.
#include "../check.h"
#include <dirent.h>

static char text[1 << 16];

/* Reads a file, from a directory; its length, or -1. */
static ssize_t take(int dir, const char *path)
{
    int fd = openat(dir, path, O_RDONLY);
    if (fd < 0)
        return -1;
    ssize_t length = read(fd, text, sizeof text - 1);
    text[length < 0 ? 0 : length] = 0;
    CHECK_OK(close(fd));
    return length;
}

/* How many numbers a list like 0-2,5 has. */
static int count(const char *list)
{
    int sum = 0;
    char *end;
    for (; *list >= '0' && *list <= '9'; list = end + (*end == ',')) {
        long first = strtol(list, &end, 10), last = first;
        if (*end == '-')
            last = strtol(end + 1, &end, 10);
        sum += last - first + 1;
    }
    return sum;
}

/* No words that only x86 has. */
static void check_text(void)
{
#ifdef __aarch64__
    const char *words[] = {"x86", "PTI", "IBRS", "IBPB", "Retpoline", "icrocode", "SMT", "Clear CPU", "lfence"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        CHECK(strstr(text, words[i]) == NULL);
#endif
}

int main(void)
{
    begin();
    int cpu = open("/sys/devices/system/cpu", O_RDONLY | O_DIRECTORY);
    if (cpu < 0)
        return finish();
    CHECK(take(cpu, "online") > 0);
    CHECK_EQ(count(text), sysconf(_SC_NPROCESSORS_ONLN));
    int online = count(text);
    CHECK(take(cpu, "possible") > 0);
    CHECK(count(text) >= online);
    CHECK(take(cpu, "present") > 0);
    CHECK(count(text) >= online);
    CHECK(take(AT_FDCWD, "/proc/cpuinfo") > 0);
    int listed = 0;
    for (char *at = text; (at = strstr(at, "processor\t:")) != NULL; at++)
        listed++;
    CHECK_EQ(listed, online);

    if (take(cpu, "cpu0/topology/core_id") >= 0)
        CHECK(atoi(text) >= 0);
    if (take(cpu, "cpu0/cache/index0/coherency_line_size") >= 0)
        CHECK(atoi(text) >= 16);
    if (take(AT_FDCWD, "/sys/devices/system/node/online") >= 0)
        CHECK(count(text) >= 1);

    /* By every way that leads there. */
    const char *files[] = {"modalias", "cpu0/uevent", "vulnerabilities/meltdown", "vulnerabilities/spectre_v2"};
    int sys = CHECK_OK(open("/sys", O_PATH | O_DIRECTORY));
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[PATH_MAX], first[sizeof text];
        if (take(cpu, files[i]) < 0)
            continue;
        check_text();
        memcpy(first, text, sizeof text);
        snprintf(path, sizeof path, "devices/system/cpu/%s", files[i]);
        CHECK(take(sys, path) > 0);
        CHECK_STR(text, first);
        snprintf(path, sizeof path, "/sys/bus/cpu/devices/cpu0/../%s", files[i]);
        CHECK(take(AT_FDCWD, path) > 0);
        CHECK_STR(text, first);
        CHECK_OK(fchdir(cpu));
        CHECK(take(AT_FDCWD, files[i]) > 0);
        CHECK_STR(text, first);
        CHECK_OK(chdir(check_dir));
    }
    DIR *dir = opendir("/sys/devices/system/cpu/vulnerabilities");
    for (struct dirent *entry; dir && (entry = readdir(dir)) != NULL;)
        if (entry->d_name[0] != '.') {
            CHECK(take(dirfd(dir), entry->d_name) > 0);
            check_text();
        }
    if (dir)
        closedir(dir);
    CHECK(take(cpu, "vulnerabilities/none_such") < 0);
    return finish();
}

// syscalls: clock_gettime clock_getres gettimeofday
// The vDSO: found, read and called as a C library does it, and compared with the calls.
#include "../check.h"
#include <elf.h>
#include <link.h>
#include <sys/auxv.h>
#include <sys/time.h>
#include <time.h>

#ifdef __aarch64__
#define PREFIX "__kernel_"
#define VERSION "LINUX_2.6.39"
#else
#define PREFIX "__vdso_"
#define VERSION "LINUX_2.6"
#endif

static const ElfW(Ehdr) * image;
static uintptr_t base;
static const ElfW(Sym) * symbols;
static const char *strings;
static const ElfW(Half) * versions;
static const ElfW(Verdef) * definitions;
static const uint32_t *hash, *gnu_hash;

static void read_dynamic(const ElfW(Dyn) * entry)
{
    for (; entry->d_tag != DT_NULL; entry++) {
        const void *at = (const void *)(base + entry->d_un.d_ptr);
        switch (entry->d_tag) {
        case DT_STRTAB: strings = at; break;
        case DT_SYMTAB: symbols = at; break;
        case DT_VERSYM: versions = at; break;
        case DT_VERDEF: definitions = at; break;
        case DT_HASH: hash = at; break;
        case DT_GNU_HASH: gnu_hash = at; break;
        }
    }
}

static void read_image(void)
{
    image = (const void *)getauxval(AT_SYSINFO_EHDR);
    CHECK(image && memcmp(image->e_ident, ELFMAG, SELFMAG) == 0);
    const ElfW(Phdr) *segments = (const void *)((const char *)image + image->e_phoff);
    const ElfW(Dyn) *dynamic = NULL;
    for (int i = 0; i < image->e_phnum; i++)
        if (segments[i].p_type == PT_LOAD)
            base = (uintptr_t)image + segments[i].p_offset - segments[i].p_vaddr;
    for (int i = 0; i < image->e_phnum; i++)
        if (segments[i].p_type == PT_DYNAMIC)
            dynamic = (const void *)(base + segments[i].p_vaddr);
    CHECK(dynamic);
    read_dynamic(dynamic);
    CHECK(strings && symbols && versions && definitions && (hash || gnu_hash));
}

/* The index of VERSION, as symbols have it. */
static int version_index(void)
{
    const ElfW(Verdef) *definition = definitions;
    for (;;) {
        const ElfW(Verdaux) *name = (const void *)((const char *)definition + definition->vd_aux);
        if (!(definition->vd_flags & VER_FLG_BASE) && !strcmp(strings + name->vda_name, VERSION))
            return definition->vd_ndx & 0x7fff;
        CHECK(definition->vd_next);
        definition = (const void *)((const char *)definition + definition->vd_next);
    }
}

static int by_hash(const char *name)
{
    uint32_t h = 0;
    for (const char *c = name; *c; c++) {
        h = (h << 4) + (unsigned char)*c;
        h = (h ^ ((h & 0xf0000000) >> 24)) & 0x0fffffff;
    }
    const uint32_t *buckets = hash + 2, *chains = buckets + hash[0];
    for (uint32_t i = buckets[h % hash[0]]; i; i = chains[i])
        if (!strcmp(strings + symbols[i].st_name, name))
            return i;
    return 0;
}

static int by_gnu_hash(const char *name)
{
    uint32_t h = 5381;
    for (const char *c = name; *c; c++)
        h = h * 33 + (unsigned char)*c;
    const ElfW(Addr) *filter = (const void *)(gnu_hash + 4);
    const uint32_t *buckets = (const void *)(filter + gnu_hash[2]);
    const uint32_t *chains = buckets + gnu_hash[0];
    ElfW(Addr) word = filter[h / 64 % gnu_hash[2]];
    if (!(word >> (h % 64) & 1) || !(word >> ((h >> gnu_hash[3]) % 64) & 1))
        return 0;
    for (uint32_t i = buckets[h % gnu_hash[0]]; i; i++) {
        uint32_t found = chains[i - gnu_hash[1]];
        if ((found | 1) == (h | 1) && !strcmp(strings + symbols[i].st_name, name))
            return i;
        if (found & 1)
            break;
    }
    return 0;
}

/* By each hash table that there is; they agree. */
static void *find(const char *name)
{
    int index = hash ? by_hash(name) : by_gnu_hash(name);
    if (gnu_hash)
        CHECK_EQ(by_gnu_hash(name), index);
    if (!index)
        return NULL;
    CHECK(symbols[index].st_shndx != SHN_UNDEF);
    CHECK_EQ(versions[index] & 0x7fff, version_index());
    return (void *)(base + symbols[index].st_value);
}

static long long nanoseconds(struct timespec t) { return t.tv_sec * 1000000000ll + t.tv_nsec; }

static void clocks(void)
{
    int (*get)(clockid_t, struct timespec *) = find(PREFIX "clock_gettime");
    int (*resolution)(clockid_t, struct timespec *) = find(PREFIX "clock_getres");
    int (*day)(struct timeval *, struct timezone *) = find(PREFIX "gettimeofday");
    CHECK(get && resolution && day);
    clockid_t all[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID,
                       CLOCK_THREAD_CPUTIME_ID, CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE,
                       CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME, CLOCK_TAI};
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
        struct timespec before, read, after, ours, theirs;
        CHECK_OK(syscall(SYS_clock_gettime, all[i], &before));
        CHECK_EQ(get(all[i], &read), 0);
        CHECK_OK(syscall(SYS_clock_gettime, all[i], &after));
        CHECK(read.tv_nsec >= 0 && read.tv_nsec < 1000000000);
        CHECK(nanoseconds(before) <= nanoseconds(read));
        CHECK(nanoseconds(read) <= nanoseconds(after));
        CHECK_EQ(resolution(all[i], &ours), 0);
        CHECK_OK(syscall(SYS_clock_getres, all[i], &theirs));
        CHECK_EQ(nanoseconds(ours), nanoseconds(theirs));
    }
    struct timespec t;
    CHECK_EQ(get(77, &t), -EINVAL);
    CHECK_EQ(resolution(77, &t), -EINVAL);
    CHECK_EQ(resolution(CLOCK_REALTIME, NULL), 0);

    struct timeval before, read, after;
    struct timezone zone = {1, 1}, same;
    CHECK_OK(syscall(SYS_gettimeofday, &before, &same));
    CHECK_EQ(day(&read, &zone), 0);
    CHECK_OK(syscall(SYS_gettimeofday, &after, NULL));
    CHECK(read.tv_usec >= 0 && read.tv_usec < 1000000);
    CHECK(!timercmp(&before, &read, >) && !timercmp(&read, &after, >));
    CHECK(zone.tz_minuteswest == same.tz_minuteswest && zone.tz_dsttime == same.tz_dsttime);
    zone.tz_minuteswest = 7;
    CHECK_EQ(day(NULL, &zone), 0);
    CHECK_EQ(zone.tz_minuteswest, same.tz_minuteswest);
    CHECK_EQ(day(NULL, NULL), 0);
}

/* The pages that the image says it has, and how the process shows them. */
static void mapping(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[300], rights[5];
    unsigned long start, end;
    int found = 0;
    while (fgets(line, sizeof line, maps)) {
        CHECK_EQ(sscanf(line, "%lx-%lx %4s", &start, &end, rights), 3);
        if (start <= (uintptr_t)image && (uintptr_t)image < end) {
            CHECK(strstr(line, "[vdso]"));
            CHECK(!strcmp(rights, "r-xp"));
            found++;
        }
    }
    fclose(maps);
    CHECK_EQ(found, 1);
}

#ifdef __aarch64__
static void *volatile returns_to;

static void handler(int signal)
{
    (void)signal;
    returns_to = __builtin_return_address(0);
}

/* A handler without a restorer returns to the vDSO. */
static void signal_return(void)
{
    struct {
        void (*handler)(int);
        unsigned long flags;
        void (*restorer)(void);
        unsigned long mask;
    } action = {.handler = handler};
    CHECK_OK(syscall(SYS_rt_sigaction, SIGUSR1, &action, NULL, 8));
    raise(SIGUSR1);
    CHECK(returns_to && returns_to == find("__kernel_rt_sigreturn"));
}
#else
static void signal_return(void) {}
#endif

int main(void)
{
    begin();
    read_image();
    clocks();
    mapping();
    signal_return();
    CHECK(find("__kernel_no_such_function") == NULL);
    return finish();
}

// syscalls: openat readlinkat getdents64
// What a program reads about itself: /proc/self, and the machine's files beside it.
#include "../check.h"
#include <dirent.h>
#include <elf.h>
#include <sys/auxv.h>
#include <sys/mman.h>

static char content[1 << 16];

static size_t slurp(const char *path)
{
    int fd = CHECK_OK(open(path, O_RDONLY));
    size_t length = 0;
    ssize_t count;
    while ((count = CHECK_OK(read(fd, content + length, sizeof content - 1 - length))) > 0)
        length += count;
    content[length] = 0;
    CHECK_OK(close(fd));
    return length;
}

int main(int argc, char **argv)
{
    char text[PATH_MAX], path[64];
    /* Before the directory changes: argv[0] may be relative. */
    char exe[PATH_MAX];
    CHECK(argc >= 1 && realpath(argv[0], exe));
    begin();
    ssize_t length = CHECK_OK(readlink("/proc/self/exe", text, sizeof text - 1));
    text[length] = 0;
    CHECK_STR(text, exe);
    int self = CHECK_OK(open("/proc/self/exe", O_RDONLY));
    Elf64_Ehdr header;
    CHECK_EQ(read(self, &header, sizeof header), sizeof header);
#ifdef __aarch64__
    CHECK_EQ(header.e_machine, EM_AARCH64);
#else
    CHECK_EQ(header.e_machine, EM_X86_64);
#endif
    struct stat by_link, by_name;
    CHECK_OK(stat("/proc/self/exe", &by_link));
    CHECK_OK(stat(exe, &by_name));
    CHECK_EQ(by_link.st_ino, by_name.st_ino);

    size_t size = slurp("/proc/self/cmdline");
    CHECK(size > 0 && content[size - 1] == 0);
    CHECK_STR(content, argv[0]);
    size = slurp("/proc/self/environ");
    const char *tmp = getenv("TMPDIR");
    if (tmp) {
        char wanted[PATH_MAX];
        snprintf(wanted, sizeof wanted, "TMPDIR=%s", tmp);
        CHECK(memmem(content, size, wanted, strlen(wanted) + 1));
    }
    size = slurp("/proc/self/auxv");
    Elf64_auxv_t *aux = (void *)content;
    int found = 0;
    for (; aux->a_type != AT_NULL; aux++)
        if (aux->a_type == AT_ENTRY) {
            CHECK_EQ(aux->a_un.a_val, getauxval(AT_ENTRY));
            found = 1;
        }
    CHECK(found);

    slurp("/proc/self/stat");
    int pid, ppid, pgrp, session;
    char state;
    char *rest = strrchr(content, ')');
    CHECK(rest && sscanf(content, "%d (", &pid) == 1);
    CHECK_EQ(sscanf(rest, ") %c %d %d %d", &state, &ppid, &pgrp, &session), 4);
    CHECK_EQ(pid, getpid());
    CHECK_EQ(ppid, getppid());
    CHECK_EQ(pgrp, getpgrp());
    CHECK_EQ(session, getsid(0));
    CHECK_EQ(state, 'R');
    slurp("/proc/self/status");
    snprintf(text, sizeof text, "\nPid:\t%d\n", getpid());
    CHECK(strstr(content, "Name:\tproc_self") == content);
    CHECK(strstr(content, text));
    slurp("/proc/self/comm");
    CHECK_STR(content, "proc_self\n");

    /* A new mapping shows, with its rights and its file. */
    put_file("mapped", "x");
    int fd = CHECK_OK(open("mapped", O_RDONLY));
    char *view = mmap(0, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
    CHECK(view != MAP_FAILED);
    slurp("/proc/self/maps");
    snprintf(text, sizeof text, "%08lx-%08lx r--p 00000000", (long)view, (long)view + 4096);
    char *line = strstr(content, text);
    CHECK(line);
    *strchr(line, '\n') = 0;
    snprintf(text, sizeof text, "%s/mapped", check_dir);
    CHECK(strstr(line, text));
    /* Text is made when it is read from its start, each time. */
    int maps = CHECK_OK(open("/proc/self/maps", O_RDONLY));
    CHECK_OK(munmap(view, 4096));
    for (int i = 0; i < 2; i++) {
        size = 0;
        CHECK_OK(lseek(maps, 0, SEEK_SET));
        while ((length = CHECK_OK(read(maps, content + size, sizeof content - 1 - size))) > 0)
            size += length;
        content[size] = 0;
        CHECK_EQ(!strstr(content, "/mapped\n"), i == 0);
        view = mmap(view, 4096, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0);
        CHECK(view != MAP_FAILED);
    }
    CHECK(pread(maps, content, 100, 50) > 0);
    CHECK_OK(close(maps));
    maps = CHECK_OK(open("/proc/self/maps", O_RDONLY));
    CHECK(pread(maps, content, 100, 50) > 0);
    CHECK_OK(close(maps));
    slurp("/proc/self/maps");
    CHECK(strstr(content, "[stack]\n"));
    CHECK(strstr(content, exe));

    /* Descriptors. */
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    length = CHECK_OK(readlink(path, text, sizeof text - 1));
    text[length] = 0;
    snprintf(content, sizeof content, "%s/mapped", check_dir);
    CHECK_STR(text, content);
    const char *strange[] = {"+%d", "0%d", " %d", "%d "};
    for (int i = 0; i < 4; i++) {
        strcpy(path, "/proc/self/fd/");
        sprintf(path + strlen(path), strange[i], fd);
        CHECK_ERR(readlink(path, text, sizeof text), ENOENT);
    }
    DIR *dir = opendir("/proc/self/fd");
    CHECK(dir);
    /* It is open itself, and what was opened since is there from the beginning of the next reading. */
    for (int later = -1, round = 0; round < 2; round++) {
        int seen = 0;
        for (struct dirent *entry; (entry = readdir(dir));)
            if (entry->d_name[0] != '.') {
                int number = atoi(entry->d_name);
                CHECK(fcntl(number, F_GETFD) != -1);
                seen += number == fd || number == dirfd(dir) || number == later;
            }
        CHECK_EQ(seen, 2 + round);
        if (round == 0)
            later = CHECK_OK(dup(fd));
        else
            CHECK_OK(close(later));
        rewinddir(dir);
    }
    closedir(dir);
    CHECK_ERR(open("/proc/self/fd/99", O_RDONLY), ENOENT);
    CHECK_ERR(open("/proc/self/nosuch", O_RDONLY), ENOENT);
    snprintf(path, sizeof path, "/proc/%d/stat", getpid());
    slurp(path);
    CHECK(atoi(content) == getpid());
    length = CHECK_OK(readlink("/proc/self/cwd", text, sizeof text - 1));
    text[length] = 0;
    CHECK_STR(text, check_dir);
    length = CHECK_OK(readlink("/proc/self", text, sizeof text - 1));
    text[length] = 0;
    CHECK_EQ(atoi(text), getpid());

    slurp("/proc/meminfo");
    CHECK(strstr(content, "MemTotal:") == content);
    slurp("/proc/uptime");
    CHECK(atof(content) > 0);
    slurp("/proc/version");
    CHECK(strstr(content, "Linux version ") == content);
    slurp("/proc/stat");
    CHECK(strstr(content, "cpu ") == content);
    slurp("/proc/filesystems");
    CHECK(strstr(content, "proc\n"));
    slurp("/proc/mounts");
    CHECK(strstr(content, " / "));
    slurp("/proc/cpuinfo");
#ifdef __aarch64__
    CHECK(strstr(content, "CPU implementer"));
    CHECK(strstr(content, "Features"));
#endif
    return finish();
}

// syscalls: openat read getdents64 readlinkat chdir fstatfs fchmod
// Files of /proc that programs read about themselves, by every way that leads there.
#include "../check.h"
#include <dirent.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/vfs.h>
#include <sys/utsname.h>

static char content[1 << 18];

static size_t take(int fd)
{
    size_t length = 0;
    ssize_t count;
    CHECK_OK(fd);
    while ((count = CHECK_OK(read(fd, content + length, sizeof content - 1 - length))) > 0)
        length += count;
    content[length] = 0;
    CHECK_OK(close(fd));
    return length;
}

static size_t slurp(const char *path)
{
    return take(open(path, O_RDONLY));
}

/* The number behind `name` in a text of lines. */
static long number(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    CHECK(at != NULL);
    return at ? strtol(at + strlen(name), NULL, 10) : -1;
}

int main(void)
{
    begin();
    char text[PATH_MAX], path[PATH_MAX];

    /* A mapping of 64 pages, half of them touched. */
    size_t size = 64 * 4096;
    char *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(map != MAP_FAILED);
    memset(map, 1, size / 2);
    slurp("/proc/self/smaps");
    snprintf(text, sizeof text, "%08lx-", (long)map);
    char *at = strstr(content, text);
    if (at) {
        CHECK(number(at, "Size:") >= (long)size / 1024);
        CHECK(number(at, "\nRss:") >= (long)size / 2048);
        CHECK_EQ(number(at, "KernelPageSize:"), 4);
        CHECK(strstr(at, "VmFlags: rd wr") != NULL);
    } else
        CHECK(strstr(content, "VmFlags: ") != NULL);
    slurp("/proc/self/smaps_rollup");
    CHECK(strstr(content, "[rollup]\nRss:") != NULL);
    CHECK(number(content, "\nRss:") >= (long)size / 2048);
    CHECK(number(content, "\nPss_Anon:") >= (long)size / 2048);

    struct rlimit limit;
    CHECK_OK(getrlimit(RLIMIT_NOFILE, &limit));
    limit.rlim_cur = 77;
    CHECK_OK(setrlimit(RLIMIT_NOFILE, &limit));
    slurp("/proc/self/limits");
    CHECK(strncmp(content, "Limit                     Soft Limit           Hard Limit           Units     \n", 79) == 0);
    CHECK_EQ(number(content, "Max open files"), 77);

    /* The machine's settings agree with uname(2). */
    struct utsname name;
    CHECK_OK(uname(&name));
    slurp("/proc/sys/kernel/osrelease");
    content[strcspn(content, "\n")] = 0;
    CHECK_STR(content, name.release);
    slurp("/proc/sys/kernel/ostype");
    CHECK_STR(content, "Linux\n");
    slurp("/proc/sys/kernel/version");
    content[strcspn(content, "\n")] = 0;
    CHECK_STR(content, name.version);
    CHECK(slurp("/proc/sys/vm/mmap_min_addr") > 1);
    CHECK(slurp("/proc/self/personality") == 9);

    /* From a descriptor, from the current directory, through the thread and through links. */
    slurp("/proc/self/cmdline");
    strcpy(text, content);
    int proc = CHECK_OK(open("/proc", O_RDONLY | O_DIRECTORY));
    take(openat(proc, "self/cmdline", O_RDONLY));
    CHECK_STR(content, text);
    snprintf(path, sizeof path, "%d/task/../task/%d/cmdline", getpid(), getpid());
    take(openat(proc, path, O_RDONLY));
    CHECK_STR(content, text);
    int self = CHECK_OK(openat(proc, "self", O_PATH | O_DIRECTORY));
    take(openat(self, "cmdline", O_RDONLY));
    CHECK_STR(content, text);
    CHECK_OK(symlink("/proc/self", "link"));
    CHECK_ERR(open("link/cmdline/", O_RDONLY), ENOTDIR);
    CHECK_ERR(open("/proc/self/cmdline/x", O_RDONLY), ENOTDIR);
    CHECK_ERR(open("/proc/self/no", O_RDONLY), ENOENT);
    CHECK_OK(chdir("/proc/self"));
    slurp("cmdline");
    CHECK_STR(content, text);
    slurp("../self/./cmdline");
    CHECK_STR(content, text);
    CHECK_OK(chdir("task"));
    snprintf(path, sizeof path, "%d/comm", getpid());
    slurp(path);
    CHECK_STR(content, "proc_entries\n");
    CHECK_OK(chdir(check_dir));

    /* Where links lead. */
    ssize_t length = CHECK_OK(readlink("/proc/self/root", text, sizeof text - 1));
    text[length] = 0;
    CHECK_STR(text, "/");
    length = CHECK_OK(readlinkat(self, "cwd", text, sizeof text - 1));
    text[length] = 0;
    CHECK_STR(text, check_dir);
    put_file("file", "in the directory");
    check_file("/proc/self/cwd/file", "in the directory");
    /* A slash goes through a link, whatever else is asked for. */
    struct stat there;
    CHECK_OK(lstat("/proc/self/cwd", &there));
    CHECK(S_ISLNK(there.st_mode));
    CHECK_OK(lstat("/proc/self/cwd/", &there));
    CHECK(S_ISDIR(there.st_mode));
    CHECK_ERR(readlink("/proc/self/cwd/", text, sizeof text), EINVAL);
    CHECK_ERR(stat("/proc/self/exe/", &there), ENOTDIR);
    int null = CHECK_OK(open("/dev/null", O_RDONLY));
    snprintf(path, sizeof path, "/proc/self/fd/%d/", null);
    CHECK_ERR(stat(path, &there), ENOTDIR);
    CHECK_ERR(open(path, O_RDONLY), ENOTDIR);
    CHECK_ERR(lstat(path, &there), ENOTDIR);
    CHECK_OK(close(null));
    int here = CHECK_OK(open(".", O_PATH));
    snprintf(path, sizeof path, "/proc/self/fd/%d/file", here);
    check_file(path, "in the directory");
    snprintf(path, sizeof path, "/dev/fd/%d/../%s/file", here, strrchr(check_dir, '/') + 1);
    check_file(path, "in the directory");
    snprintf(path, sizeof path, "/proc/self/root%s/file", check_dir);
    check_file(path, "in the directory");

    /* What is open: the same in fd and fdinfo. */
    int file = CHECK_OK(open("file", O_RDONLY));
    CHECK_EQ(lseek(file, 5, SEEK_SET), 5);
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", file);
    slurp(path);
    CHECK_EQ(number(content, "pos:"), 5);
    DIR *dir = opendir("/proc/self/fdinfo");
    CHECK(dir != NULL);
    int found = 0;
    for (struct dirent *entry; dir && (entry = readdir(dir)) != NULL;)
        found += atoi(entry->d_name) == file && entry->d_name[0] != '.';
    CHECK_EQ(found, 1);
    closedir(dir);

    /* Two descriptors of one directory read on where the other has stopped. */
    char entries[4096];
    int one = CHECK_OK(open("/proc/self/fd", O_RDONLY | O_DIRECTORY));
    int two = CHECK_OK(dup(one));
    CHECK(syscall(SYS_getdents64, one, entries, sizeof entries) > 0);
    CHECK_EQ(syscall(SYS_getdents64, two, entries, sizeof entries), 0);
    CHECK_EQ(lseek(two, 0, SEEK_SET), 0);
    CHECK(syscall(SYS_getdents64, one, entries, sizeof entries) > 0);
    CHECK_OK(close(one));
    CHECK_OK(close(two));

    /* An open one is the file that its path names. */
    const char *named[] = {"/proc/self/status", "/proc/self/maps", "/proc/version", "/proc/cpuinfo"};
    for (size_t i = 0; i < 4; i++) {
        struct stat by_path, by_fd;
        struct statfs fs;
        int open_file = CHECK_OK(open(named[i], O_RDONLY));
        CHECK_OK(stat(named[i], &by_path));
        CHECK_OK(fstat(open_file, &by_fd));
        CHECK_EQ(by_fd.st_mode, by_path.st_mode);
        CHECK_EQ(by_fd.st_ino, by_path.st_ino);
        CHECK_EQ(by_fd.st_size, 0);
        CHECK_OK(fstatfs(open_file, &fs));
        CHECK_EQ(fs.f_type, 0x9fa0);
        CHECK_OK(close(open_file));
    }
    int status = CHECK_OK(open("/proc/self/status", O_RDONLY));
    CHECK_ERR(fchmod(status, 0600), EPERM);
    CHECK_ERR(chmod("/proc/self/status", 0600), EPERM);
    CHECK_OK(close(status));
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", 400);
    CHECK_ERR(open(path, O_RDONLY), ENOENT);
    return finish();
}

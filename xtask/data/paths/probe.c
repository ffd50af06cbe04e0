// Makes the path calls that it reads and prints what each answers, for suite `paths`.
//
// Standard input holds records of three strings, each ended by NUL: an operation and two paths. A
// file is told by its mode, its size and its time of change, which the suite gives each file.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <dirent.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

static const char *op, *one, *two;

static int is(const char *name)
{
    return strcmp(op, name) == 0;
}

static void say(long result)
{
    printf("%s %s %s: %s", op, one, two, result < 0 ? strerrorname_np(errno) : "ok");
}

static void say_file(const struct stat *st)
{
    printf(" %o %ld", st->st_mode, (long)st->st_mtime);
    if (!S_ISDIR(st->st_mode))
        printf(" %ld", (long)st->st_size);
}

static void look(int result, const struct stat *st)
{
    say(result);
    if (result == 0)
        say_file(st);
}

static void try_open(int dir, const char *path, int flags)
{
    struct stat st;
    int fd = openat(dir, path, flags | O_NONBLOCK | O_NOCTTY, 0640);
    say(fd);
    if (fd >= 0 && fstat(fd, &st) == 0) {
        /* The times of what is made are those of this run. */
        if (flags & O_CREAT)
            st.st_mtime = 0;
        say_file(&st);
        close(fd);
    }
}

/* `resolve-HEX`: openat2(2) by these rules, from a directory. */
static void try_rules(unsigned long rules)
{
    struct open_how how = {.flags = O_RDONLY | O_NONBLOCK | O_NOCTTY, .resolve = rules};
    struct stat st;
    int dir = open(one, O_PATH);
    int fd = (int)syscall(SYS_openat2, dir < 0 ? AT_FDCWD : dir, two, &how, sizeof how);
    say(fd);
    if (fd >= 0 && fstat(fd, &st) == 0)
        say_file(&st);
    if (fd >= 0)
        close(fd);
    if (dir >= 0)
        close(dir);
}

/* Everything below a directory. */
static void list(const char *directory)
{
    char path[2 * PATH_MAX], target[PATH_MAX];
    struct dirent **names;
    struct stat st;
    int count = scandir(directory, &names, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        const char *name = names[i]->d_name;
        snprintf(path, sizeof path, "%s/%s", directory, name);
        if (!strcmp(name, ".") || !strcmp(name, "..") || !strcmp(path, "//probe"))
            continue;
        if (lstat(path, &st) < 0)
            printf(" %s: %s", path, strerrorname_np(errno));
        else
            printf(" %s %o", path, st.st_mode);
        if (S_ISREG(st.st_mode))
            printf(" %ld", (long)st.st_size);
        ssize_t length = readlink(path, target, sizeof target);
        if (length >= 0)
            printf(" %.*s", (int)length, target);
        if (S_ISDIR(st.st_mode))
            list(path);
        free(names[i]);
    }
    if (count >= 0)
        free(names);
}

/* A tree made by the guest: `two` is a mode, a size and a time, or the target of a link. */
static void trees(void)
{
    unsigned mode, size, time;
    if (is("make-link"))
        say(symlink(two, one));
    else if (is("list"))
        list("/");
    if (strncmp(op, "make-", 5) != 0 || sscanf(two, "%o %u %u", &mode, &size, &time) != 3)
        return;
    struct timespec times[2] = {{time, 0}, {time, 0}};
    if (is("make-dir"))
        say(mkdir(one, mode));
    else if (is("make-file")) {
        int fd = open(one, O_WRONLY | O_CREAT | O_EXCL, mode);
        say(fd < 0 ? fd : ftruncate(fd, size));
        close(fd);
    } else if (is("make-time"))
        say(utimensat(AT_FDCWD, one, times, AT_SYMLINK_NOFOLLOW));
}

static void lookups(void)
{
    struct stat st;
    char text[2 * PATH_MAX];
    if (is("stat"))
        look(stat(one, &st), &st);
    else if (is("lstat"))
        look(lstat(one, &st), &st);
    else if (is("open"))
        try_open(AT_FDCWD, one, O_RDONLY);
    else if (is("open-directory"))
        try_open(AT_FDCWD, one, O_RDONLY | O_DIRECTORY);
    else if (is("open-path"))
        try_open(AT_FDCWD, one, O_PATH | O_NOFOLLOW);
    else if (is("open-nofollow"))
        try_open(AT_FDCWD, one, O_RDONLY | O_NOFOLLOW);
    else if (is("openat")) {
        int dir = open(one, O_PATH);
        try_open(dir < 0 ? AT_FDCWD : dir, two, O_RDONLY);
        if (dir >= 0)
            close(dir);
    } else if (is("readlink")) {
        ssize_t length = readlink(one, text, sizeof text);
        say(length);
        if (length >= 0)
            printf(" %.*s", (int)length, text);
    } else if (is("access"))
        say(access(one, X_OK));
    else if (strncmp(op, "resolve-", 8) == 0)
        try_rules(strtoul(op + 8, NULL, 16));
    else if (is("statfs")) {
        struct statfs fs;
        say(statfs(one, &fs));
    } else if (is("getxattr"))
        say(getxattr(one, "user.none", text, sizeof text));
    else if (is("chdir")) {
        int back = open(".", O_PATH);
        say(chdir(one));
        if (getcwd(text, sizeof text))
            printf(" %s", text);
        look(stat(two, &st), &st);
        if (fchdir(back) < 0)
            exit(3);
        close(back);
    }
}

static void changes(void)
{
    struct timespec times[2] = {{1000, 0}, {2000, 0}};
    if (is("mkdir"))
        say(mkdir(one, 0750));
    else if (is("rmdir"))
        say(rmdir(one));
    else if (is("unlink"))
        say(unlink(one));
    else if (is("rename"))
        say(rename(one, two));
    else if (is("link"))
        say(link(one, two));
    else if (is("link-follow"))
        say(linkat(AT_FDCWD, one, AT_FDCWD, two, AT_SYMLINK_FOLLOW));
    else if (is("symlink"))
        say(symlink(one, two));
    else if (is("mkfifo"))
        say(mkfifo(one, 0600));
    else if (is("create"))
        try_open(AT_FDCWD, one, O_WRONLY | O_CREAT);
    else if (is("create-new"))
        try_open(AT_FDCWD, one, O_WRONLY | O_CREAT | O_EXCL);
    else if (is("truncate"))
        say(truncate(one, 3));
    else if (is("chmod"))
        say(chmod(one, 0711));
    else if (is("utimes"))
        say(utimensat(AT_FDCWD, one, times, 0));
    else if (is("lutimes"))
        say(utimensat(AT_FDCWD, one, times, AT_SYMLINK_NOFOLLOW));
    else if (is("chroot")) {
        int result = chroot(one);
        say(result);
        /* What is outside of the new root differs. */
        if (result == 0 && chdir("/") < 0)
            exit(6);
    }
}

int main(int argc, char **argv)
{
    static char input[1 << 20];
    size_t length = fread(input, 1, sizeof input, stdin);
    /* `probe ROOT`: there, and not where it was started. */
    if (argc > 1 && argv[1][0] == '/' && (chroot(argv[1]) < 0 || chdir("/") < 0))
        return 4;
    umask(0);
    /* `… nobody`: without the rights of root. */
    if (strcmp(argv[argc - 1], "nobody") == 0 && (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0))
        return 5;
    const char *end = input + length;
    for (const char *at = input; at < end;) {
        op = at;
        one = op + strlen(op) + 1;
        two = one + strlen(one) + 1;
        at = two + strlen(two) + 1;
        lookups();
        changes();
        trees();
        putchar('\n');
    }
    return 0;
}

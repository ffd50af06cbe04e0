/* Assertions for guest tests.
 *
 * A test is a program that is right on a real Linux kernel: built for the host it must be green,
 * and built for arm64 it must be green under elfuse. It prints `ok` and exits 0, or prints the first
 * thing that is wrong and exits 1. It works in a directory of its own, and an alarm bounds it.
 */
#ifndef CHECK_H
#define CHECK_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static char check_dir[PATH_MAX];
static pid_t check_main;

__attribute__((noreturn, format(printf, 1, 2))) static void check_fail(const char *format, ...)
{
    int error = errno;
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, " (errno %d: %s)\n", error, strerror(error));
    fflush(stderr);
    _exit(1);
}

/* The condition holds. */
#define CHECK(condition) \
    do { \
        if (!(condition)) \
            check_fail("%s:%d: not true: %s", __FILE__, __LINE__, #condition); \
    } while (0)

/* Two integers are equal. */
#define CHECK_EQ(actual, expected) \
    do { \
        long long actual_ = (long long)(actual), expected_ = (long long)(expected); \
        if (actual_ != expected_) \
            check_fail("%s:%d: %s is %lld (%#llx), expected %lld (%#llx)", __FILE__, __LINE__, \
                       #actual, actual_, actual_, expected_, expected_); \
    } while (0)

/* The call does not fail; yields its result. */
#define CHECK_OK(call) \
    ({ \
        errno = 0; \
        __typeof__(call) result_ = (call); \
        if ((long)result_ == -1) \
            check_fail("%s:%d: failed: %s", __FILE__, __LINE__, #call); \
        result_; \
    })

/* The call fails with this errno. */
#define CHECK_ERR(call, expected) \
    do { \
        errno = 0; \
        long result_ = (long)(call); \
        if (result_ != -1) \
            check_fail("%s:%d: %s returned %ld, expected %s", __FILE__, __LINE__, #call, result_, \
                       #expected); \
        if (errno != (expected)) \
            check_fail("%s:%d: %s failed otherwise than with %s", __FILE__, __LINE__, #call, \
                       #expected); \
    } while (0)

/* The two strings are equal. */
#define CHECK_STR(actual, expected) \
    do { \
        const char *actual_ = (actual), *expected_ = (expected); \
        if (strcmp(actual_, expected_) != 0) \
            check_fail("%s:%d: %s is \"%s\", expected \"%s\"", __FILE__, __LINE__, #actual, \
                       actual_, expected_); \
    } while (0)

/* The child exits with this status. */
#define CHECK_EXIT(pid, status) \
    do { \
        int status_; \
        pid_t pid_ = (pid); \
        CHECK_EQ(waitpid(pid_, &status_, 0), pid_); \
        if (!WIFEXITED(status_) || WEXITSTATUS(status_) != (status)) \
            check_fail("%s:%d: child ended with wait status %#x", __FILE__, __LINE__, status_); \
    } while (0)

/* A signal ends the child. */
#define CHECK_KILLED(pid, signal) \
    do { \
        int status_; \
        pid_t pid_ = (pid); \
        CHECK_EQ(waitpid(pid_, &status_, 0), pid_); \
        if (!WIFSIGNALED(status_) || WTERMSIG(status_) != (signal)) \
            check_fail("%s:%d: child ended with wait status %#x", __FILE__, __LINE__, status_); \
    } while (0)

/* Runs the block in a child that exits 0 after it; checks that it does. */
#define IN_CHILD(...) \
    do { \
        pid_t child_ = CHECK_OK(fork()); \
        if (child_ == 0) { \
            __VA_ARGS__; \
            _exit(0); \
        } \
        CHECK_EXIT(child_, 0); \
    } while (0)

/* Skips what needs rights that the test lacks, or what the file system does not have. */
#define IS_ROOT (geteuid() == 0)

/* Starts a test: a bound on its time, and an empty current directory. PATIENCE is for engines that are slow. */
static inline void begin(void)
{
    const char *patience = getenv("PATIENCE");
    alarm(30 * (patience ? atoi(patience) : 1));
    check_main = getpid();
    umask(022);
    const char *parent = getenv("TMPDIR");
    snprintf(check_dir, sizeof check_dir, "%s/guest.XXXXXX", parent ? parent : "/tmp");
    if (!mkdtemp(check_dir))
        check_fail("mkdtemp %s", check_dir);
    CHECK_OK(chdir(check_dir));
}

static inline int check_remove(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

/* Ends a test. */
static inline int finish(void)
{
    CHECK_EQ(getpid(), check_main);
    CHECK_OK(chdir("/"));
    CHECK_OK(nftw(check_dir, check_remove, 16, FTW_DEPTH | FTW_PHYS));
    puts("ok");
    return fflush(stdout);
}

/* Makes a file with this content. */
static inline void put_file(const char *path, const char *content)
{
    int fd = CHECK_OK(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644));
    CHECK_EQ(write(fd, content, strlen(content)), strlen(content));
    CHECK_OK(close(fd));
}

/* Checks that a file has this content. */
static inline void check_file(const char *path, const char *content)
{
    char buffer[4096];
    int fd = CHECK_OK(open(path, O_RDONLY));
    ssize_t length = CHECK_OK(read(fd, buffer, sizeof buffer - 1));
    buffer[length] = 0;
    CHECK_STR(buffer, content);
    CHECK_OK(close(fd));
}

/* An address that is never mapped, for EFAULT. */
#define BAD ((void *)8)

#endif

// syscalls: execve execveat
// Replacing the program: arguments, descriptors, signals, scripts, and errors that leave it alone.
#include "../check.h"
#include <sys/socket.h>

static char exe[PATH_MAX];

/* What the new program checks, by its first argument. */
static int after(char **argv)
{
    if (!strcmp(argv[1], "arguments")) {
        CHECK_STR(argv[0], "zero");
        CHECK_STR(argv[2], "");
        CHECK_STR(argv[3], "a b");
        CHECK(argv[4] == NULL);
        CHECK_STR(getenv("ONE"), "1");
        CHECK(getenv("PATH") == NULL);
    } else if (!strcmp(argv[1], "descriptors")) {
        CHECK_ERR(fcntl(20, F_GETFD), EBADF);
        CHECK_EQ(fcntl(21, F_GETFD), 0);
    } else if (!strcmp(argv[1], "signals")) {
        struct sigaction action;
        sigset_t set;
        CHECK_OK(sigaction(SIGUSR1, NULL, &action));
        CHECK(action.sa_handler == SIG_DFL);
        CHECK_OK(sigaction(SIGUSR2, NULL, &action));
        CHECK(action.sa_handler == SIG_IGN);
        CHECK_OK(sigprocmask(SIG_BLOCK, NULL, &set));
        CHECK(sigismember(&set, SIGHUP));
        CHECK_OK(sigpending(&set));
        CHECK(sigismember(&set, SIGHUP));
        stack_t stack;
        CHECK_OK(sigaltstack(NULL, &stack));
        CHECK_EQ(stack.ss_flags, SS_DISABLE);
        CHECK(alarm(0) > 0);
    }
    return 0;
}

static void on_signal(int signal) { (void)signal; }

int main(int argc, char **argv)
{
    if (argc > 1) {
        if (!strcmp(argv[1], "script one  two")) {
            /* Everything after the interpreter is one argument. */
            CHECK(argc == 4 && strstr(argv[2], "script"));
            CHECK_STR(argv[3], "argument");
            return 0;
        }
        return after(argv);
    }
    CHECK_OK(readlink("/proc/self/exe", exe, sizeof exe - 1));
    begin();
    char *environment[] = {"ONE=1", NULL};
    char *arguments[] = {"zero", "arguments", "", "a b", NULL};
    IN_CHILD(execve(exe, arguments, environment); check_fail("execve"));

    IN_CHILD({
        int fd = open("/dev/null", O_RDONLY);
        dup3(fd, 20, O_CLOEXEC);
        dup3(fd, 21, 0);
        execl(exe, "x", "descriptors", NULL);
        check_fail("execl");
    });
    IN_CHILD({
        signal(SIGUSR1, on_signal);
        signal(SIGUSR2, SIG_IGN);
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGHUP);
        sigprocmask(SIG_BLOCK, &set, NULL);
        raise(SIGHUP);
        static char stack[65536];
        sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof stack}, NULL);
        alarm(20);
        execl(exe, "x", "signals", NULL);
        check_fail("execl");
    });

    /* Scripts. */
    char text[PATH_MAX + 64];
    snprintf(text, sizeof text, "#! %s  script one  two  \nignored\n", exe);
    put_file("script", text);
    CHECK_ERR(execl("script", "script", NULL), EACCES);
    CHECK_OK(chmod("script", 0755));
    IN_CHILD(execl("./script", "replaced", "argument", NULL); check_fail("script"));
    put_file("missing-interpreter", "#!/no/such/interpreter\n");
    put_file("endless", "#!./endless\n");
    put_file("garbage", "\x7f" "ELFgarbage");
    put_file("empty", "");
    put_file("text", "plain text\n");
    const char *files[] = {"missing-interpreter", "endless", "garbage", "empty", "text"};
    for (int i = 0; i < 5; i++)
        CHECK_OK(chmod(files[i], 0755));
    CHECK_ERR(execl("missing-interpreter", "x", NULL), ENOENT);
    CHECK_ERR(execl("endless", "x", NULL), ELOOP);
    CHECK_ERR(execl("garbage", "x", NULL), ENOEXEC);
    CHECK_ERR(execl("empty", "x", NULL), ENOEXEC);
    CHECK_ERR(execl("text", "x", NULL), ENOEXEC);
    CHECK_ERR(execl("no-such-file", "x", NULL), ENOENT);
    CHECK_ERR(execl(".", "x", NULL), EACCES);
    int sockets[2];
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
    CHECK_ERR(fexecve(sockets[0], arguments, environment), EACCES);
    CHECK_OK(mknod("socket", S_IFSOCK | 0755, 0));
    CHECK_ERR(execl("./socket", "x", NULL), EACCES);
    CHECK_ERR(execl("text/x", "x", NULL), ENOTDIR);
    CHECK_ERR(syscall(SYS_execve, BAD, arguments, environment), EFAULT);
    CHECK_ERR(syscall(SYS_execve, exe, BAD, environment), EFAULT);
    char *bad_strings[] = {"x", BAD, NULL};
    CHECK_ERR(syscall(SYS_execve, exe, bad_strings, environment), EFAULT);
    static char huge[200000];
    memset(huge, 'x', sizeof huge - 1);
    char *too_long[] = {"x", huge, NULL};
    CHECK_ERR(execve(exe, too_long, environment), E2BIG);

    /* By descriptor. */
    arguments[1] = "nothing";
    int fd = CHECK_OK(open(exe, O_PATH | O_CLOEXEC));
    IN_CHILD(syscall(SYS_execveat, fd, "", arguments, environment, AT_EMPTY_PATH); check_fail("execveat"));
    CHECK_OK(symlink(exe, "link"));
    CHECK_ERR(syscall(SYS_execveat, AT_FDCWD, "link", arguments, environment, AT_SYMLINK_NOFOLLOW), ELOOP);
    CHECK_ERR(syscall(SYS_execveat, fd, "", arguments, environment, 0), ENOENT);
    CHECK_ERR(syscall(SYS_execveat, AT_FDCWD, exe, arguments, environment, 0x40000000), EINVAL);
    CHECK_ERR(syscall(SYS_execveat, 99, "x", arguments, environment, 0), EBADF);
    IN_CHILD(syscall(SYS_execveat, AT_FDCWD, "link", arguments, environment, 0); check_fail("execveat"));
    IN_CHILD(execl("/proc/self/exe", "x", "nothing", NULL); check_fail("execl"));
    return finish();
}

// syscalls: openat write read fcntl
// How `--strace` shows calls: `//>` lines are found in the trace, in this order; `*` is anything.
#include "../check.h"
#include <arpa/inet.h>
#include <poll.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/xattr.h>
#include <time.h>

static char buffer[200];

static void files(void)
{
    int fd = open("f", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    //> openat(AT_FDCWD, "f", O_RDWR|O_CREAT|O_TRUNC|O_CLOEXEC, 0640) = 3
    open("none", O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    //> openat(AT_FDCWD, "none", O_RDONLY|O_NOFOLLOW|O_DIRECTORY) = -1 ENOENT (No such file or directory)
    write(fd, "hello\n\t\"quoted\\\0\1\0012\377 and a long text, cut off", 45);
    //> write(3, "hello\n\t\"quoted\\\0\1\0012\377 and a long "..., 45) = 45
    lseek(fd, -2, SEEK_END);
    //> lseek(3, -2, SEEK_END)            = 43
    read(fd, buffer, 100);
    //> read(3, "*", 100)                = 2
    read(99, buffer, 10);
    //> read(99, 0x*, 10)*= -1 EBADF (Bad file descriptor)
    struct iovec parts[2] = {{"abc", 3}, {"de", 2}};
    writev(fd, parts, 2);
    //> writev(3, [{iov_base="abc", iov_len=3}, {iov_base="de", iov_len=2}], 2) = 5
    struct iovec rooms[2] = {{buffer, 3}, {buffer + 3, 50}};
    preadv(fd, rooms, 2, 45);
    //> preadv(3, [{iov_base="abc", iov_len=3}, {iov_base="de", iov_len=50}], 2, 45) = 5
    struct stat stat;
    fstatat(AT_FDCWD, "/dev/null", &stat, AT_SYMLINK_NOFOLLOW);
    //> newfstatat(AT_FDCWD, "/dev/null", {st_mode=S_IFCHR|0666, st_rdev=makedev(0x1, 0x3), ...}, AT_SYMLINK_NOFOLLOW) = 0
    fstatat(AT_FDCWD, "f", &stat, 0);
    //> newfstatat(AT_FDCWD, "f", {st_mode=S_IFREG|0640, st_size=50, ...}, 0) = 0
    fstatat(AT_FDCWD, "/tmp", &stat, 0);
    //> newfstatat(AT_FDCWD, "/tmp", {st_mode=S_IFDIR|S_ISVTX|0777, st_size=*, ...}, 0) = 0
    struct statx statx_;
    statx(AT_FDCWD, "f", AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC, STATX_ALL, &statx_);
    //> statx(AT_FDCWD, "f", AT_STATX_DONT_SYNC|AT_SYMLINK_NOFOLLOW, STATX_ALL, {stx_mask=STATX_ALL|*, stx_attributes=0, stx_mode=S_IFREG|0640, stx_size=50, ...}) = 0
    syscall(SYS_faccessat, AT_FDCWD, "f", R_OK | X_OK);
    //> faccessat(AT_FDCWD, "f", R_OK|X_OK) = -1 EACCES (Permission denied)
    fchown(fd, -1, 0);
    //> fchown(3, -1, 0)
    mknodat(AT_FDCWD, "p", S_IFIFO | 0600, 0);
    //> mknodat(AT_FDCWD, "p", S_IFIFO|0600) = 0
    unlinkat(AT_FDCWD, "p", 0);
    //> unlinkat(AT_FDCWD, "p", 0)        = 0
    unlinkat(AT_FDCWD, "p", AT_REMOVEDIR);
    //> unlinkat(AT_FDCWD, "p", AT_REMOVEDIR) = -1 ENOENT (No such file or directory)
    getcwd(buffer, 200);
    //> getcwd("/*", 200)
    struct timespec times[2] = {{0, UTIME_OMIT}, {0, UTIME_NOW}};
    futimens(fd, times);
    //> utimensat(3, NULL, [UTIME_OMIT, UTIME_NOW], 0) = 0
    umask(umask(022));
    //> umask(022)
    setxattr("f", "user.a", "value", 5, XATTR_CREATE);
    //> setxattr("f", "user.a", "value", 5, XATTR_CREATE)
}

static void descriptors(void)
{
    int ends[2];
    pipe2(ends, O_CLOEXEC | O_NONBLOCK);
    //> pipe2([4, 5], O_NONBLOCK|O_CLOEXEC) = 0
    dup3(1, 50, O_CLOEXEC);
    //> dup3(1, 50, O_CLOEXEC)            = 50
    fcntl(3, F_SETFL, O_APPEND | O_NONBLOCK);
    //> fcntl(3, F_SETFL, O_RDONLY|O_APPEND|O_NONBLOCK) = 0
    fcntl(3, F_GETFL);
    //> fcntl(3, F_GETFL)                 = 0x*c02 (flags O_RDWR|O_APPEND|O_NONBLOCK|O_LARGEFILE)
    fcntl(3, F_GETFD);
    //> fcntl(3, F_GETFD)                 = 0x1 (flags FD_CLOEXEC)
    fcntl(3, F_DUPFD_CLOEXEC, 10);
    //> fcntl(3, F_DUPFD_CLOEXEC, 10)     = 
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 10};
    fcntl(3, F_SETLK, &lock);
    //> fcntl(3, F_SETLK, {l_type=F_WRLCK, l_whence=SEEK_SET, l_start=0, l_len=10}) = 0
    fcntl(3, F_GETLK, &lock);
    //> fcntl(3, F_GETLK, {l_type=F_UNLCK, l_whence=SEEK_SET, l_start=0, l_len=10, l_pid=0}) = 0
    fcntl(3, 4242, 3);
    //> fcntl(3, 0x1092 /* F_??? */, 0x3) = -1 EINVAL (Invalid argument)
    flock(3, LOCK_EX | LOCK_NB);
    //> flock(3, LOCK_EX|LOCK_NB)         = 0
    ioctl(4, 0x541b /* FIONREAD */, buffer);
    //> ioctl(4, FIONREAD, [0])           = 0
    ioctl(4, 0x1234, 5);
    //> ioctl(4, _IOC(_IOC_NONE, 0x12, 0x34, 0), 0x5) = -1 ENOTTY (Inappropriate ioctl for device)
    struct pollfd fds[2] = {{5, POLLOUT, 0}, {4, POLLIN | POLLPRI, 0}};
    ppoll(fds, 2, NULL, NULL);
    //> ppoll([{fd=5, events=POLLOUT}, {fd=4, events=POLLIN|POLLPRI}], 2, NULL, NULL, 8) = 1 ([{fd=5, revents=POLLOUT}])
    struct timespec soon = {0, 1000};
    fd_set set;
    FD_ZERO(&set);
    FD_SET(4, &set);
    pselect(10, &set, NULL, NULL, &soon, NULL);
    //> pselect6(10, [4], NULL, NULL, {tv_sec=0, tv_nsec=1000}, *) = 0 (Timeout)
}

static void sockets(void)
{
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    //> socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, *) = *
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    //> setsockopt(*, SOL_SOCKET, SO_REUSEADDR, *, 4) = 0
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    bind(server, (struct sockaddr *)&name, sizeof name);
    //> bind(*, {sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr("127.0.0.1")}, 16) = 0
    struct sockaddr_un path = {.sun_family = AF_UNIX, .sun_path = "none"};
    connect(server, (struct sockaddr *)&path, sizeof path);
    //> connect(*, {sa_family=AF_UNIX, sun_path="none"}, 110) = -1 EAFNOSUPPORT (Address family not supported by protocol)
    int pair[2];
    socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
    //> socketpair(AF_UNIX, SOCK_DGRAM, 0, [*, *]) = 0
    sendto(pair[0], "text", 4, MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0);
    //> sendto(*, "text", 4, MSG_DONTWAIT|MSG_NOSIGNAL, NULL, 0) = 4
    recvfrom(pair[1], buffer, 10, MSG_PEEK, NULL, NULL);
    //> recvfrom(*, "text", 10, MSG_PEEK, NULL, NULL) = 4
    shutdown(pair[0], SHUT_RDWR);
    //> shutdown(*, SHUT_RDWR)*= 0
}

static void memory_and_time(void)
{
    void *at = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    //> mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x*
    at = mremap(at, 8192, 16384, MREMAP_MAYMOVE);
    //> mremap(0x*, 8192, 16384, MREMAP_MAYMOVE) = 0x*
    madvise(at, 4096, MADV_DONTNEED);
    //> madvise(0x*, 4096, MADV_DONTNEED)*= 0
    mprotect(at, 4096, PROT_NONE);
    //> mprotect(0x*, 4096, PROT_NONE)*= 0
    struct timespec time;
    syscall(SYS_clock_gettime, 77, &time);
    //> clock_gettime(0x4d /* CLOCK_??? */, 0x*) = -1 EINVAL (Invalid argument)
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &time);
    //> clock_gettime(CLOCK_MONOTONIC, {tv_sec=*, tv_nsec=*}) = 0
    struct timespec soon = {0, 1000};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &soon, NULL);
    //> clock_nanosleep(CLOCK_MONOTONIC, 0, {tv_sec=0, tv_nsec=1000}, NULL) = 0
    struct itimerval timer;
    getitimer(ITIMER_PROF, &timer);
    //> getitimer(ITIMER_PROF, {it_interval={tv_sec=0, tv_usec=0}, it_value={tv_sec=0, tv_usec=0}}) = 0
}

static void handler(int signal) { (void)signal; }

static void signals(void)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigaddset(&action.sa_mask, SIGUSR2);
    sigaction(SIGUSR1, &action, NULL);
    //> rt_sigaction(SIGUSR1, {sa_handler=0x*, sa_mask=[USR2], sa_flags=*SA_RESTART*}, NULL, 8) = 0
    sigset_t set;
    sigfillset(&set);
    sigprocmask(SIG_SETMASK, &set, NULL);
    //> rt_sigprocmask(SIG_SETMASK, ~[RTMIN RT_1], NULL, 8) = 0
    sigemptyset(&set);
    sigprocmask(SIG_SETMASK, &set, NULL);
    //> rt_sigprocmask(SIG_SETMASK, [], NULL, 8) = 0
    kill(getpid(), SIGUSR1);
    //> kill(*, SIGUSR1)
    //> --- SIGUSR1 {si_signo=SIGUSR1, si_code=SI_USER, si_pid=*, si_uid=*} ---
    //> rt_sigreturn(
}

static void processes(void)
{
    struct utsname name;
    uname(&name);
    //> uname({sysname="Linux", nodename="*", ...}) = 0
    struct rlimit limit = {2048, 4096};
    setrlimit(RLIMIT_CORE, &limit);
    //> prlimit64(0, RLIMIT_CORE, {rlim_cur=2*1024, rlim_max=4*1024}, NULL) = 
    prctl(PR_SET_NAME, "name");
    //> prctl(PR_SET_NAME, "name")
    int word = 1;
    syscall(SYS_futex, &word, 128 /* FUTEX_WAIT_PRIVATE */, 2, NULL);
    //> futex(0x*, FUTEX_WAIT_PRIVATE, 2, NULL) = -1 EAGAIN (Resource temporarily unavailable)
    char *arguments[] = {"prog", "a b", "c\n", NULL}, *environment[] = {"A=1", NULL};
    execve("/nonexistent", arguments, environment);
    //> execve("/nonexistent", ["prog", "a b", "c\n"], 0x* /* 1 var */) = -1 ENOENT (No such file or directory)
    /* The child ends when the parent's line is written. */
    int status, ends[2];
    CHECK_OK(pipe(ends));
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[1]);
        read(ends[0], buffer, 1);
        _exit(7);
    }
    //> clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD*
    close(ends[1]);
    //> exit_group(7
    //> +++ exited with 7 +++
    waitpid(pid, &status, 0);
    //> [{WIFEXITED(s) && WEXITSTATUS(s) == 7}], 0, NULL) = *
    pid = fork();
    if (pid == 0)
        *(volatile int *)16 = 1;
    //> --- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x10} ---
    //> +++ killed by SIGSEGV
    waitpid(pid, &status, WUNTRACED);
    //> [{WIFSIGNALED(s) && WTERMSIG(s) == SIGSEGV*}], WSTOPPED, NULL) = *
}

int main(void)
{
    begin();
    files();
    descriptors();
    sockets();
    memory_and_time();
    signals();
    processes();
    return finish();
    //> exit_group(0)
    //> +++ exited with 0 +++
}

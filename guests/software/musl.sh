# Programs that the tree's musl-gcc makes: dynamic, by musl's loader, and static.
cat > part.c <<'END'
#include <pthread.h>
__thread int mine = 40;
int add(int x) { return mine += x; }
static void *run(void *sum) { add(1); *(int *)sum = add(1); return 0; }
int in_thread(void) {
    int sum = 0;
    pthread_t thread;
    pthread_create(&thread, 0, run, &sum);
    pthread_join(thread, 0);
    return sum;
}
END
cat > main.c <<'END'
#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <iconv.h>
#include <locale.h>
#include <math.h>
#include <regex.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

extern char **environ;
int add(int), in_thread(void);
static sigjmp_buf back;
static volatile int caught;
static void handler(int number, siginfo_t *info, void *context) {
    (void)context;
    caught = number * 100 + info->si_code;
    siglongjmp(back, 1);
}
static int by_text(const void *a, const void *b) { return strcmp(*(char **)a, *(char **)b); }
static void destroyed(void *value) { printf("destroyed %s\n", (char *)value); }
static tss_t key;
static int keep(void *value) { return tss_set(key, value); }

static void text(void) {
    regex_t regex;
    regmatch_t match[3];
    regcomp(&regex, "([a-z]+)[0-9]{2,3}(x|y)?$", REG_EXTENDED | REG_ICASE);
    printf("regex %d, %d to %d\n", regexec(&regex, "some ABC123y", 3, match, 0), (int)match[1].rm_so, (int)match[2].rm_eo);
    printf("%a %.17g %Lg %e %s\n", 0.1, 1.0 / 3, 1e4000L, 5e-324, strerror(ENOTEMPTY));
    printf("%.20f %.10f %.10f\n", strtod("2.2250738585072011e-308", 0) * 1e300, tgamma(5.5), cbrt(27.5));
    setlocale(LC_ALL, "C.UTF-8");
    wchar_t wide[32];
    printf("wide %zu, %d\n", mbstowcs(wide, "naïve – Ω", 32), iswupper(0x3a9));
    char in[] = "Grüße", out[32] = {0}, *from = in, *to = out;
    size_t left = strlen(in), room = sizeof out;
    iconv_t conversion = iconv_open("UTF-16LE", "UTF-8");
    printf("iconv %zu, %zu left of 32\n", iconv(conversion, &from, &left, &to, &room), room);
    char *words[] = {"pear", "apple", "fig", "banana"};
    qsort(words, 4, sizeof *words, by_text);
    printf("%s %s %d\n", words[0], words[3], fnmatch("*.[ch]", "main.c", 0));
    time_t when = 1709210096;
    char date[64];
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    strftime(date, sizeof date, "%F %T %Z %j", localtime(&when));
    puts(date);
}

static void system_calls(void) {
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, 0);
    char *page = mmap(0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!sigsetjmp(back, 1)) *(volatile char *)page = 1;
    printf("caught %d\n", caught);
    int pair[2], status;
    socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair);
    if (!fork()) _exit(write(pair[1], "from the child", 14) != 14);
    char buffer[64] = {0};
    printf("read %zd: %s\n", read(pair[0], buffer, sizeof buffer), buffer);
    wait(&status);
    printf("child %d\n", status);
    pid_t pid;
    char *argv[] = {"sh", "-c", "echo $0 from a shell; exit 7", "hello", 0};
    fflush(stdout);
    posix_spawnp(&pid, "sh", 0, 0, argv, environ);
    waitpid(pid, &status, 0);
    printf("spawned %d, %d\n", WEXITSTATUS(status), posix_spawn(&pid, "/missing", 0, 0, argv, environ));
    FILE *pipe = popen("tr a-z A-Z | sed s,P,-,g", "w");
    fputs("piped\n", pipe);
    printf("pclose %d\n", pclose(pipe));
}

int main(void) {
    thrd_t thread;
    tss_create(&key, destroyed);
    thrd_create(&thread, keep, "a value");
    thrd_join(thread, 0);
    printf("thread-local %d %d\n", in_thread(), add(2));
    text();
    system_calls();
    void *module = dlopen("./module.so", RTLD_NOW);
    int (*answer)(int) = module ? (int (*)(int))dlsym(module, "answer") : 0;
    if (answer) printf("dlopen: %d\n", answer(2));
    else printf("no dlopen: %s\n", dlerror());
    return 0;
}
END
echo '__thread int base = 19; int answer(int x) { base += 2; return base * x; }' > module.c
set -e
musl-gcc -O1 -shared -fPIC -o module.so module.c
musl-gcc -O2 -shared -fPIC -o libpart.so part.c
musl-gcc -O2 -Wall -Wextra -o dynamic main.c -L. -lpart -Wl,-rpath,'$ORIGIN'
musl-gcc -O2 -static -o static main.c part.c
musl-gcc -Os -no-pie -o fixed main.c -L. -lpart -Wl,-rpath,"$PWD"
for program in dynamic static fixed; do
    echo "== $program"
    ./$program
done
/lib/ld-musl-aarch64.so.1 --list ./dynamic | sed 's/ (0x.*//; s/=> .*libpart/=> libpart/'

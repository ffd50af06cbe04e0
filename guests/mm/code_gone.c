// syscalls: mmap munmap mremap mprotect madvise brk
// Code that has run many times, and then is taken away or replaced behind its address.
#include "../check.h"
#include <setjmp.h>
#include <sys/mman.h>

enum { PAGE = 16384, WARM = 3000 };

typedef int function(void);

/* A function that returns `value`, below 65536. */
static void make(void *code, int value)
{
#ifdef __aarch64__
    uint32_t words[] = {0x52800000u | (uint32_t)value << 5, 0xd65f03c0u}; /* mov w0, #value; ret */
    memcpy(code, words, sizeof words);
#else
    unsigned char bytes[] = {0xb8, value, value >> 8, 0, 0, 0xc3}; /* mov eax, value; ret */
    memcpy(code, bytes, sizeof bytes);
#endif
    __builtin___clear_cache((char *)code, (char *)code + 8);
}

/* Often enough to be worth a translation. */
static void runs(void *code, int value)
{
    for (int i = 0; i < WARM; i++)
        CHECK_EQ(((function *)code)(), value);
}

static sigjmp_buf back;

static void on_fault(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)context;
    siglongjmp(back, info->si_code == SEGV_MAPERR ? 1 : 2);
}

/* Running it faults, because it is not mapped (1) or not executable (2). */
static void faults(void *code, int how)
{
    int seen = sigsetjmp(back, 1);
    if (seen == 0) {
        ((function *)code)();
        CHECK(!"it ran");
    }
    CHECK_EQ(seen, how);
}

static void *code_page(void *at, int value)
{
    int fixed = at ? MAP_FIXED : 0;
    void *page = mmap(at, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | fixed, -1, 0);
    CHECK(page != MAP_FAILED);
    make(page, value);
    CHECK_OK(mprotect(page, PAGE, PROT_READ | PROT_EXEC));
    return page;
}

static void *file_page(int value, int prot)
{
    int fd = CHECK_OK(open("code", O_RDWR | O_CREAT | O_TRUNC, 0755));
    CHECK_OK(ftruncate(fd, PAGE));
    char *view = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(view != MAP_FAILED);
    make(view, value);
    CHECK_OK(munmap(view, PAGE));
    void *page = mmap(NULL, PAGE, prot, MAP_PRIVATE, fd, 0);
    CHECK(page != MAP_FAILED);
    CHECK_OK(close(fd));
    return page;
}

int main(void)
{
    begin();
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    CHECK_OK(sigaction(SIGSEGV, &action, NULL));

    /* Unmapped, and something else there later. */
    void *code = code_page(NULL, 1);
    runs(code, 1);
    CHECK_OK(munmap(code, PAGE));
    faults(code, 1);
    CHECK(code_page(code, 2) == code);
    runs(code, 2);

    /* Mapped over: by code, by a file, by something that is not code. */
    CHECK(code_page(code, 3) == code);
    runs(code, 3);
    int fd = CHECK_OK(open("four", O_RDWR | O_CREAT, 0755));
    char four[16];
    make(four, 4);
    CHECK_EQ(write(fd, four, sizeof four), sizeof four);
    CHECK(mmap(code, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, fd, 0) == code);
    CHECK_OK(close(fd));
    runs(code, 4);
    CHECK(mmap(code, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == code);
    faults(code, 2);

    /* Protected: not executable, changed meanwhile, executable again. */
    CHECK(code_page(code, 5) == code);
    runs(code, 5);
    CHECK_OK(mprotect(code, PAGE, PROT_READ | PROT_WRITE));
    faults(code, 2);
    make(code, 6);
    CHECK_OK(mprotect(code, PAGE, PROT_READ | PROT_EXEC));
    runs(code, 6);

    /* Moved away, and moved onto. */
    void *other = code_page(NULL, 7);
    runs(other, 7);
    CHECK(mremap(code, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, other) == other);
    faults(code, 1);
    runs(other, 6);

    /* A part of a mapping, with the rest as it was. */
    char *pages = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(pages != MAP_FAILED);
    for (int i = 0; i < 3; i++) {
        make(pages + i * PAGE, 10 + i);
        runs(pages + i * PAGE, 10 + i);
    }
    CHECK_OK(munmap(pages + PAGE, PAGE));
    runs(pages, 10);
    faults(pages + PAGE, 1);
    runs(pages + 2 * PAGE, 12);

    /* Contents given up: what the file has comes back. */
    void *private = file_page(20, PROT_READ | PROT_WRITE | PROT_EXEC);
    runs(private, 20);
    make(private, 21);
    runs(private, 21);
    CHECK_OK(madvise(private, PAGE, MADV_DONTNEED));
    runs(private, 20);

    /* A heap with code that shrinks. */
    char *end = (char *)syscall(SYS_brk, 0);
    char *heap = (char *)(((uintptr_t)end + PAGE - 1) & -PAGE);
    CHECK((char *)syscall(SYS_brk, heap + PAGE) == heap + PAGE);
    make(heap, 30);
    CHECK_OK(mprotect(heap, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC));
    runs(heap, 30);
    CHECK((char *)syscall(SYS_brk, heap) == heap);
    faults(heap, 1);
    CHECK((char *)syscall(SYS_brk, heap + PAGE) == heap + PAGE);
    faults(heap, 2);

    /* In a child, which has the parent's code until it changes its own. */
    runs(other, 6);
    IN_CHILD({
        runs(other, 6);
        CHECK(code_page(other, 40) == other);
        runs(other, 40);
    });
    runs(other, 6);
    return finish();
}

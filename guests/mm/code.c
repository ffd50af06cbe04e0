// syscalls: mmap mprotect
// Code that the program makes itself, changed and run again.
#include "../check.h"
#include <sys/mman.h>

typedef int function(void);

static void make(unsigned char *code, int value)
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

int main(void)
{
    begin();
    unsigned char *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(code != MAP_FAILED);
    for (int i = 0; i < 100; i++) {
        make(code, i);
        CHECK_EQ(((function *)code)(), i);
    }
    /* Replaced by another mapping at the same address. */
    CHECK_OK(munmap(code, 4096));
    unsigned char *again = mmap(code, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    CHECK(again == code);
    make(code, 1234);
    CHECK_OK(mprotect(code, 4096, PROT_READ | PROT_EXEC));
    CHECK_EQ(((function *)code)(), 1234);
    /* Through a second view of the same memory. */
    int fd = CHECK_OK(memfd_create("code", 0));
    CHECK_OK(ftruncate(fd, 4096));
    unsigned char *write_view = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    unsigned char *run_view = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    CHECK(write_view != MAP_FAILED && run_view != MAP_FAILED);
    for (int i = 0; i < 10; i++) {
        make(write_view, i);
        __builtin___clear_cache((char *)run_view, (char *)run_view + 8);
        CHECK_EQ(((function *)run_view)(), i);
    }
    return finish();
}

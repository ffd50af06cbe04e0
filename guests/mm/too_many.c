// syscalls: mprotect munmap mmap
// More mappings than a process may have: ENOMEM, and the program goes on.
#include "../check.h"
#include <sys/mman.h>

enum { PAGES = 200000 };

/* Divides memory until that is refused; how often it was not. */
static size_t divide(char *memory, int unmap)
{
    size_t count = 0;
    for (size_t i = 1; i < PAGES - 1; i += 2, count++)
        if (unmap ? munmap(memory + i * 4096, 4096) : mprotect(memory + i * 4096, 4096, PROT_READ)) {
            CHECK_EQ(errno, ENOMEM);
            break;
        }
    return count;
}

static void exhaust(int unmap)
{
    char *memory = mmap(NULL, PAGES * 4096ul, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(memory != MAP_FAILED);
    size_t count = divide(memory, unmap);
    CHECK(count > 10000 && count < PAGES / 2 - 1);
    /* What is there works, and files are opened and processes made as before. */
    for (size_t i = 0; i < 2 * count; i += 2)
        memory[i * 4096] = i;
    put_file("file", "content");
    check_file("file", "content");
    IN_CHILD(CHECK_EQ(memory[4096 * 2 * (count - 1)], (char)(2 * (count - 1))));
    CHECK_OK(munmap(memory, PAGES * 4096ul));
    void *again = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(again != MAP_FAILED);
    CHECK_OK(munmap(again, 4096));
}

int main(void)
{
    begin();
    exhaust(0);
    exhaust(1);
    return finish();
}

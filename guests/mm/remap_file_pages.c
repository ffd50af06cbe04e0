// syscalls: remap_file_pages
// Pages of a shared mapping in another order than the file's.
#include "../check.h"
#include <sys/mman.h>

enum { PAGE = 65536, COUNT = 6 };

int main(void)
{
    begin();
    int fd = CHECK_OK(open("file", O_RDWR | O_CREAT, 0600));
    CHECK_OK(ftruncate(fd, COUNT * PAGE));
    char *at = mmap(NULL, COUNT * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(at != MAP_FAILED);
    for (int i = 0; i < COUNT; i++)
        at[i * PAGE] = '0' + i;
    /* The same page in two places: the compiler must look at each. */
    volatile char *seen = at;
    long unit = PAGE / sysconf(_SC_PAGESIZE);

    /* 3 4 2 3 4 5 */
    CHECK_OK(remap_file_pages(at, 2 * PAGE, 0, 3 * unit, 0));
    CHECK_EQ(seen[0], '3');
    CHECK_EQ(seen[PAGE], '4');
    CHECK_EQ(seen[2 * PAGE], '2');
    CHECK_EQ(seen[3 * PAGE], '3');
    seen[0] = 'x';
    CHECK_EQ(seen[3 * PAGE], 'x');
    char byte;
    CHECK_EQ(pread(fd, &byte, 1, 3 * PAGE), 1);
    CHECK_EQ(byte, 'x');
    /* Over the border of what are two mappings by now. */
    CHECK_OK(remap_file_pages(at + PAGE, 2 * PAGE, 0, 0, 0));
    CHECK_EQ(seen[0], 'x');
    CHECK_EQ(seen[PAGE], '0');
    CHECK_EQ(seen[2 * PAGE], '1');
    CHECK_EQ(seen[3 * PAGE], 'x');
    /* Back in order: one mapping again, that can be moved as one. */
    CHECK_OK(remap_file_pages(at, 4 * PAGE, 0, 0, 0));
    char *moved = mremap(at, COUNT * PAGE, 2 * COUNT * PAGE, MREMAP_MAYMOVE);
    CHECK(moved != MAP_FAILED);
    CHECK_EQ(moved[PAGE], '1');
    CHECK_EQ(moved[5 * PAGE], '5');

    CHECK_ERR(remap_file_pages(moved, PAGE, PROT_READ, 0, 0), EINVAL);
    CHECK_ERR(remap_file_pages(moved, 0, 0, 0, 0), EINVAL);
    CHECK_ERR(remap_file_pages((void *)PAGE, PAGE, 0, 0, 0), EINVAL);
    CHECK_ERR(remap_file_pages(moved, PAGE, 0, -1ul, 0), EINVAL);
    char *private = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    CHECK_ERR(remap_file_pages(private, PAGE, 0, 1, 0), EINVAL);
    CHECK_OK(munmap(moved + PAGE, PAGE));
    CHECK_ERR(remap_file_pages(moved, 3 * PAGE, 0, 0, 0), EINVAL);
    return finish();
}

// syscalls: mmap msync munmap ftruncate clone
// A file that several processes have mapped is one memory: what one writes the others read, in the
// mapping and in the file.
#include "../check.h"
#include <sys/mman.h>

#define PAGE 4096
#define ROUNDS 2000

int main(void)
{
    begin();
    int fd = CHECK_OK(open("shared", O_CREAT | O_RDWR, 0644));
    CHECK_OK(ftruncate(fd, 4 * PAGE));
    uint32_t *words = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(words != MAP_FAILED);

    /* Two processes count with one counter, each through a mapping of its own. */
    pid_t children[2];
    for (int i = 0; i < 2; i++) {
        children[i] = CHECK_OK(fork());
        if (children[i] == 0) {
            int own = CHECK_OK(open("shared", O_RDWR));
            uint32_t *at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, own, PAGE);
            CHECK(at != MAP_FAILED && at != words);
            CHECK_OK(close(own));
            for (int round = 0; round < ROUNDS; round++)
                __atomic_fetch_add(at, 1, __ATOMIC_SEQ_CST);
            CHECK_OK(munmap(at, PAGE));
            _exit(0);
        }
    }
    CHECK_EXIT(children[0], 0);
    CHECK_EXIT(children[1], 0);
    CHECK_EQ(words[PAGE / 4], 2 * ROUNDS);

    /* Mapping and file are the same without msync. */
    uint32_t word = 0;
    CHECK_EQ(pread(fd, &word, 4, PAGE), 4);
    CHECK_EQ(word, 2 * ROUNDS);
    word = 7;
    CHECK_EQ(pwrite(fd, &word, 4, 2 * PAGE + 8), 4);
    CHECK_EQ(words[2 * PAGE / 4 + 2], 7);
    CHECK_OK(msync(words, 4 * PAGE, MS_SYNC));
    CHECK_ERR(msync(words, PAGE, MS_SYNC | MS_ASYNC), EINVAL);

    /* A private mapping of the same file keeps its changes to itself. */
    uint32_t *own = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    CHECK(own != MAP_FAILED);
    own[0] = 9;
    CHECK_EQ(words[0], 0);
    words[1] = 11;
    IN_CHILD({
        CHECK_EQ(words[1], 11);
        words[1] = 12;
        own[0] = 10;
    });
    CHECK_EQ(words[1], 12);
    CHECK_EQ(own[0], 9);

    /* A file that grows is seen where it was mapped before; beyond its end there is a fault. */
    CHECK_OK(ftruncate(fd, PAGE));
    IN_CHILD({
        pid_t child = CHECK_OK(fork());
        if (child == 0) {
            signal(SIGBUS, SIG_DFL);
            ((volatile uint32_t *)words)[3 * PAGE / 4] = 1;
            _exit(0);
        }
        CHECK_KILLED(child, SIGBUS);
    });
    CHECK_OK(ftruncate(fd, 4 * PAGE));
    CHECK_EQ(words[PAGE / 4], 0);
    words[3 * PAGE / 4] = 5;
    CHECK_EQ(pread(fd, &word, 4, 3 * PAGE), 4);
    CHECK_EQ(word, 5);
    CHECK_OK(munmap(words, 4 * PAGE));
    CHECK_OK(close(fd));
    return finish();
}

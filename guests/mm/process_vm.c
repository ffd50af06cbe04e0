// syscalls: process_vm_readv process_vm_writev
// Memory of other processes, and of one's own.
#include "../check.h"
#include <sys/mman.h>
#include <sys/uio.h>

enum { PAGE = 65536 };

static struct iovec part(void *base, size_t len)
{
    return (struct iovec){base, len};
}

int main(void)
{
    begin();
    char *at = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(at != MAP_FAILED);
    strcpy(at, "mine");
    char to[64] = "";
    struct iovec local[2] = {part(to, 3), part(to + 10, 50)};
    struct iovec remote[3] = {part(at, 1), part(at + 1, 4), part(at + PAGE, 5)};
    pid_t self = getpid();
    CHECK_EQ(process_vm_readv(self, local, 2, remote, 2, 0), 5);
    CHECK_STR(to, "min");
    CHECK_STR(to + 10, "e");
    CHECK_EQ(process_vm_writev(self, local, 1, &remote[2], 1, 0), 3);
    CHECK_STR(at + PAGE, "min");
    CHECK_EQ(process_vm_readv(self, local, 0, remote, 1, 0), 0);
    CHECK_EQ(process_vm_readv(self, local, 1, remote, 0, 0), 0);
    CHECK_ERR(process_vm_readv(self, local, 1, remote, 1, 1), EINVAL);
    CHECK_ERR(process_vm_readv(self, local, 1025, remote, 1, 0), EINVAL);
    CHECK_ERR(process_vm_readv(self, local, 1, remote, 1025, 0), EINVAL);
    CHECK_ERR(process_vm_readv(self, BAD, 1, remote, 1, 0), EFAULT);
    CHECK_ERR(process_vm_readv(self, local, 1, BAD, 1, 0), EFAULT);
    CHECK_ERR(process_vm_readv(0x7ffffff, local, 1, remote, 1, 0), ESRCH);

    /* What is not there, and what may not be written. */
    CHECK_OK(mprotect(at, PAGE, PROT_READ));
    CHECK_ERR(process_vm_writev(self, local, 1, remote, 1, 0), EFAULT);
    CHECK_OK(munmap(at + 2 * PAGE, PAGE));
    remote[0] = part(at + 2 * PAGE - 4, 8);
    CHECK_EQ(process_vm_readv(self, &local[1], 1, remote, 1, 0), 4);
    remote[0] = part(BAD, 8);
    CHECK_ERR(process_vm_readv(self, &local[1], 1, remote, 1, 0), EFAULT);
    remote[1] = remote[0];
    remote[0] = part(at, 4);
    CHECK_EQ(process_vm_readv(self, &local[1], 1, remote, 2, 0), 4);
    remote[1] = part((void *)(1ul << 60), 8);
    CHECK_EQ(process_vm_readv(self, &local[1], 1, remote, 2, 0), 4);

    /* A child's memory, with what it wrote there. */
    int ready[2], done[2];
    CHECK_OK(pipe(ready));
    CHECK_OK(pipe(done));
    CHECK_OK(mprotect(at, PAGE, PROT_READ | PROT_WRITE));
    pid_t child = CHECK_OK(fork());
    char byte = 0;
    if (child == 0) {
        strcpy(at, "the child's");
        CHECK_EQ(write(ready[1], &byte, 1), 1);
        CHECK_EQ(read(done[0], &byte, 1), 1);
        CHECK_STR(at, "the parent wrote");
        _exit(0);
    }
    CHECK_EQ(read(ready[0], &byte, 1), 1);
    local[0] = part(to, 12);
    remote[0] = part(at, 12);
    CHECK_EQ(process_vm_readv(child, local, 1, remote, 1, 0), 12);
    CHECK_STR(to, "the child's");
    CHECK_STR(at, "mine");
    local[0] = part("the parent wrote", 17);
    remote[0] = part(at, 17);
    CHECK_EQ(process_vm_writev(child, local, 1, remote, 1, 0), 17);
    CHECK_STR(at, "mine");
    CHECK_EQ(write(done[1], &byte, 1), 1);
    CHECK_EXIT(child, 0);
    return finish();
}

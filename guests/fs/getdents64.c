// syscalls: getdents64
// Directory entries: every name once, types, small buffers, seeking back.
#include "../check.h"
#include <dirent.h>
#include <sys/mman.h>

int main(void)
{
    begin();
    char name[16];
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "f%03d", i);
        put_file(name, "");
    }
    CHECK_OK(mkdir("dir", 0755));
    CHECK_OK(symlink("x", "link"));
    int fd = CHECK_OK(open(".", O_RDONLY | O_DIRECTORY));
    for (int round = 0; round < 2; round++) {
        int seen[300] = {0}, dots = 0, others = 0;
        long length;
        char buffer[512];
        while ((length = CHECK_OK(syscall(SYS_getdents64, fd, buffer, sizeof buffer))) > 0) {
            for (long at = 0; at < length;) {
                struct dirent64 *entry = (void *)(buffer + at);
                CHECK(entry->d_reclen >= 20 && entry->d_reclen % 8 == 0);
                CHECK(entry->d_ino != 0);
                if (entry->d_name[0] == 'f') {
                    CHECK_EQ(entry->d_type, DT_REG);
                    seen[atoi(entry->d_name + 1)]++;
                } else if (entry->d_name[0] == '.') {
                    CHECK_EQ(entry->d_type, DT_DIR);
                    dots++;
                } else {
                    CHECK_EQ(entry->d_type, entry->d_name[0] == 'd' ? DT_DIR : DT_LNK);
                    others++;
                }
                at += entry->d_reclen;
            }
        }
        for (int i = 0; i < 300; i++)
            CHECK_EQ(seen[i], 1);
        CHECK_EQ(dots, 2);
        CHECK_EQ(others, 2);
        CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
    }
    char buffer[512];
    CHECK_ERR(syscall(SYS_getdents64, fd, buffer, 8), EINVAL);
    CHECK_ERR(syscall(SYS_getdents64, fd, BAD, 512), EFAULT);
    CHECK_ERR(syscall(SYS_getdents64, 99, buffer, 512), EBADF);
    int file = CHECK_OK(open("f000", O_RDONLY));
    CHECK_ERR(syscall(SYS_getdents64, file, buffer, 512), ENOTDIR);
    int gone = CHECK_OK(open("dir", O_RDONLY));
    CHECK_OK(rmdir("dir"));
    CHECK_ERR(syscall(SYS_getdents64, gone, buffer, 512), ENOENT);
    return finish();
}

// syscalls: lseek fallocate ftruncate fstatat
// Holes in files: found, made and filled.
#include "../check.h"

#define MIB (1 << 20)

int main(void)
{
    begin();
    int fd = CHECK_OK(open("sparse", O_CREAT | O_RDWR, 0644));
    CHECK_OK(ftruncate(fd, 8 * MIB));
    CHECK_EQ(pwrite(fd, "middle", 6, 4 * MIB), 6);
    struct stat st;
    CHECK_OK(fstat(fd, &st));
    CHECK_EQ(st.st_size, 8 * MIB);
    CHECK(st.st_blocks * 512 < MIB);

    /* Blocks are the file system's: data begin where they were written, or somewhat before. */
    off_t data = CHECK_OK(lseek(fd, 0, SEEK_DATA));
    CHECK(data > 3 * MIB && data <= 4 * MIB);
    CHECK_EQ(lseek(fd, 4 * MIB + 3, SEEK_DATA), 4 * MIB + 3);
    off_t hole = CHECK_OK(lseek(fd, 4 * MIB, SEEK_HOLE));
    CHECK(hole >= 4 * MIB + 6 && hole < 5 * MIB);
    CHECK_EQ(lseek(fd, 0, SEEK_HOLE), 0);
    /* There is no more data, but a hole at the end of every file. */
    CHECK_ERR(lseek(fd, 5 * MIB, SEEK_DATA), ENXIO);
    CHECK_EQ(lseek(fd, 6 * MIB, SEEK_HOLE), 6 * MIB);
    CHECK_ERR(lseek(fd, 8 * MIB, SEEK_HOLE), ENXIO);
    CHECK_ERR(lseek(fd, -1, SEEK_DATA), ENXIO);
    CHECK_ERR(lseek(fd, 0, 5), EINVAL);

    char bytes[8] = "xxxxxxx";
    CHECK_EQ(pread(fd, bytes, 8, 4 * MIB - 2), 8);
    CHECK_EQ(memcmp(bytes, "\0\0middle", 8), 0);
    if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4 * MIB, MIB) == 0) {
        CHECK_ERR(lseek(fd, 0, SEEK_DATA), ENXIO);
        CHECK_EQ(pread(fd, bytes, 6, 4 * MIB), 6);
        CHECK_EQ(memcmp(bytes, "\0\0\0\0\0\0", 6), 0);
        CHECK_OK(fstat(fd, &st));
        CHECK_EQ(st.st_size, 8 * MIB);
    } else
        CHECK_EQ(errno, EOPNOTSUPP);
    CHECK_ERR(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, MIB), EOPNOTSUPP);
    CHECK_OK(close(fd));

    int pipes[2];
    CHECK_OK(pipe(pipes));
    CHECK_ERR(lseek(pipes[0], 0, SEEK_DATA), ESPIPE);
    return finish();
}

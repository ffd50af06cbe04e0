// syscalls: truncate ftruncate fallocate fadvise64 fsync fdatasync sync syncfs sync_file_range readahead
// Sizes, holes, allocation, and getting to the disk.
#include "../check.h"

int main(void)
{
    begin();
    put_file("file", "0123456789");
    struct stat st;
    CHECK_OK(truncate("file", 4));
    check_file("file", "0123");
    CHECK_OK(truncate("file", 8));
    int fd = CHECK_OK(open("file", O_RDWR));
    char text[16];
    CHECK_EQ(read(fd, text, 16), 8);
    CHECK(memcmp(text, "0123\0\0\0\0", 8) == 0);
    CHECK_OK(ftruncate(fd, 2));
    CHECK_OK(fstat(fd, &st));
    CHECK_EQ(st.st_size, 2);
    CHECK_ERR(truncate("file", -1), EINVAL);
    CHECK_ERR(ftruncate(fd, -1), EINVAL);
    CHECK_ERR(truncate("missing", 0), ENOENT);
    CHECK_ERR(truncate(".", 0), EISDIR);
    int reading = CHECK_OK(open("file", O_RDONLY));
    CHECK_ERR(ftruncate(reading, 0), EINVAL);
    CHECK_ERR(ftruncate(99, 0), EBADF);

    CHECK_OK(fallocate(fd, 0, 0, 8192));
    CHECK_OK(fstat(fd, &st));
    CHECK_EQ(st.st_size, 8192);
    CHECK_OK(fallocate(fd, FALLOC_FL_KEEP_SIZE, 8192, 4096));
    CHECK_OK(fstat(fd, &st));
    CHECK_EQ(st.st_size, 8192);
    CHECK_EQ(pwrite(fd, "data", 4, 100), 4);
    CHECK_OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096));
    CHECK_EQ(pread(fd, text, 4, 100), 4);
    CHECK(memcmp(text, "\0\0\0\0", 4) == 0);
    CHECK_ERR(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 4096), EOPNOTSUPP);
    CHECK_ERR(fallocate(fd, 0x1000, 0, 1), EOPNOTSUPP);
    CHECK_ERR(fallocate(fd, 0, 0, 0), EINVAL);
    CHECK_ERR(fallocate(fd, 0, -1, 1), EINVAL);
    CHECK_ERR(fallocate(reading, 0, 0, 1), EBADF);
    int channel[2];
    CHECK_OK(pipe(channel));
    CHECK_ERR(fallocate(channel[1], 0, 0, 1), ESPIPE);
    CHECK_ERR(ftruncate(channel[1], 0), EINVAL);

    CHECK_EQ(posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL), 0);
    CHECK_EQ(posix_fadvise(fd, 0, 0, 77), EINVAL);
    CHECK_EQ(posix_fadvise(channel[0], 0, 0, POSIX_FADV_NORMAL), ESPIPE);
    CHECK_EQ(posix_fadvise(99, 0, 0, POSIX_FADV_NORMAL), EBADF);
    CHECK_OK(fsync(fd));
    CHECK_OK(fdatasync(fd));
    CHECK_OK(syncfs(fd));
    CHECK_ERR(fsync(99), EBADF);
    CHECK_ERR(fsync(channel[0]), EINVAL);
    CHECK_ERR(fdatasync(99), EBADF);
    CHECK_ERR(fdatasync(channel[0]), EINVAL);
    CHECK_ERR(syncfs(99), EBADF);
    CHECK_OK(sync_file_range(fd, 0, 4096, SYNC_FILE_RANGE_WRITE));
    CHECK_ERR(sync_file_range(fd, 0, 4096, 0x100), EINVAL);
    CHECK_ERR(sync_file_range(channel[0], 0, 0, 0), ESPIPE);
    CHECK_OK(readahead(fd, 0, 4096));
    CHECK_ERR(readahead(channel[0], 0, 4096), EINVAL);
    sync();
    return finish();
}

// syscalls: sendfile splice tee vmsplice copy_file_range ioctl
// Moving data between descriptors without a buffer of one's own.
#include "../check.h"
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

int main(void)
{
    begin();
    char text[64];
    put_file("in", "0123456789");
    int in = CHECK_OK(open("in", O_RDONLY)), out = CHECK_OK(open("out", O_RDWR | O_CREAT, 0600));
    off_t at = 2;
    CHECK_EQ(sendfile(out, in, &at, 3), 3);
    CHECK_EQ(at, 5);
    CHECK_EQ(lseek(in, 0, SEEK_CUR), 0);
    CHECK_EQ(sendfile(out, in, NULL, 100), 10);
    CHECK_EQ(sendfile(out, in, NULL, 100), 0);
    check_file("out", "2340123456789");
    CHECK_ERR(sendfile(in, out, NULL, 1), EBADF);
    CHECK_ERR(sendfile(out, 99, NULL, 1), EBADF);
    at = -1;
    CHECK_ERR(sendfile(out, in, &at, 1), EINVAL);
    CHECK_ERR(sendfile(out, in, BAD, 1), EFAULT);

    int one[2], two[2];
    CHECK_OK(pipe(one));
    CHECK_OK(pipe(two));
    loff_t offset = 4;
    CHECK_EQ(splice(in, &offset, one[1], NULL, 4, 0), 4);
    CHECK_EQ(offset, 8);
    CHECK_EQ(tee(one[0], two[1], 3, 0), 3);
    CHECK_EQ(splice(one[0], NULL, two[1], NULL, 100, SPLICE_F_NONBLOCK), 4);
    CHECK_EQ(read(two[0], text, 64), 7);
    CHECK(memcmp(text, "4564567", 7) == 0);
    CHECK_ERR(splice(one[0], NULL, two[1], NULL, 1, SPLICE_F_NONBLOCK), EAGAIN);
    CHECK_ERR(splice(in, NULL, out, NULL, 1, 0), EINVAL);
    CHECK_ERR(splice(in, NULL, one[1], NULL, 1, 0x100), EINVAL);
    CHECK_ERR(splice(in, NULL, one[1], &offset, 1, 0), ESPIPE);
    CHECK_ERR(tee(in, two[1], 1, 0), EINVAL);
    CHECK_ERR(tee(one[0], one[1], 1, 0), EINVAL);
    CHECK_ERR(tee(one[0], two[1], 1, 0x100), EINVAL);
    struct iovec part = {"vector", 6};
    CHECK_EQ(vmsplice(one[1], &part, 1, 0), 6);
    CHECK_EQ(read(one[0], text, 64), 6);
    CHECK(memcmp(text, "vector", 6) == 0);
    CHECK_ERR(vmsplice(in, &part, 1, 0), EBADF);

    loff_t from = 1, to = 0;
    CHECK_EQ(copy_file_range(in, &from, out, &to, 5, 0), 5);
    CHECK_EQ(from, 6);
    CHECK_EQ(to, 5);
    check_file("out", "1234523456789");
    CHECK_ERR(copy_file_range(in, &from, out, &to, 5, 1), EINVAL);
    CHECK_ERR(copy_file_range(one[0], NULL, out, &to, 5, 0), EINVAL);
    CHECK_ERR(copy_file_range(in, &from, in, &from, 5, 0), EBADF);
    from = 0, to = 2;
    CHECK_ERR(copy_file_range(out, &from, out, &to, 5, 0), EINVAL);
    int dir = CHECK_OK(open(".", O_RDONLY));
    CHECK_ERR(copy_file_range(dir, NULL, out, NULL, 5, 0), EISDIR);

    /* Not every file system shares blocks, but every one knows the request. */
    int clone = CHECK_OK(open("clone", O_RDWR | O_CREAT, 0600));
    if (ioctl(clone, FICLONE, in) == 0)
        check_file("clone", "0123456789");
    else
        CHECK_EQ(errno, EOPNOTSUPP);
    CHECK_ERR(ioctl(clone, FICLONE, 999), EBADF);
    return finish();
}

// syscalls: ioctl
// Requests that a file system, a device or a terminal answers with a record.
#include "../check.h"
#include <linux/fs.h>
#include <linux/nsfs.h>
#include <linux/random.h>
#include <sched.h>
#include <sys/ioctl.h>

/* <asm/termbits.h>, which <termios.h> is at odds with. */
struct old_modes { unsigned short iflag, oflag, cflag, lflag; unsigned char line, cc[8]; };
struct termios2 { unsigned iflag, oflag, cflag, lflag; unsigned char line, cc[19]; unsigned ispeed, ospeed; };
enum { ECHO_FLAG = 010, CBAUD_MASK = 010017, BOTHER_SPEED = 010000 };

static void files(void)
{
    int fd = CHECK_OK(open("file", O_RDWR | O_CREAT, 0600));
    struct stat st;
    CHECK_OK(fstat(fd, &st));
    int size;
    CHECK_OK(ioctl(fd, FIGETBSZ, &size));
    CHECK_EQ(size, st.st_blksize);
    /* Of its blocks. */
    long long bytes = -1;
    CHECK_OK(ioctl(fd, FIOQSIZE, &bytes));
    CHECK_EQ(bytes, st.st_blocks * 512);

    /* What lsattr shows and chattr changes; not every file system has it. An int, whatever the number says. */
    int flags[2] = {-1, -1};
    if (ioctl(fd, FS_IOC_GETFLAGS, flags) == 0) {
        CHECK_EQ(flags[0] & FS_NODUMP_FL, 0);
        CHECK_EQ(flags[1], -1);
        flags[0] |= FS_NODUMP_FL;
        CHECK_OK(ioctl(fd, FS_IOC_SETFLAGS, flags));
        flags[0] = 0;
        CHECK_OK(ioctl(fd, FS_IOC_GETFLAGS, flags));
        CHECK_EQ(flags[0] & FS_NODUMP_FL, FS_NODUMP_FL);
        CHECK_ERR(ioctl(fd, FS_IOC_GETFLAGS, BAD), EFAULT);
        CHECK_ERR(ioctl(fd, FS_IOC_SETFLAGS, BAD), EFAULT);
        struct fsxattr attributes;
        if (ioctl(fd, FS_IOC_FSGETXATTR, &attributes) == 0)
            CHECK_EQ(attributes.fsx_xflags & FS_XFLAG_NODUMP, FS_XFLAG_NODUMP);
    } else {
        CHECK(errno == ENOTTY || errno == EOPNOTSUPP);
    }
    uint64_t disk;
    CHECK_ERR(ioctl(fd, BLKGETSIZE64, &disk), ENOTTY);
    CHECK_ERR(ioctl(99, FS_IOC_GETFLAGS, flags), EBADF);
}

static void devices(void)
{
    int bits = -1;
    CHECK_OK(ioctl(CHECK_OK(open("/dev/urandom", O_RDONLY)), RNDGETENTCNT, &bits));
    CHECK(bits >= 0 && bits <= 1 << 20);
    int names = CHECK_OK(open("/proc/self/ns/mnt", O_RDONLY));
    CHECK_EQ(ioctl(names, NS_GET_NSTYPE), CLONE_NEWNS);
}

static void terminals(void)
{
    int master = CHECK_OK(open("/dev/ptmx", O_RDWR | O_NOCTTY));
    CHECK_OK(grantpt(master));
    CHECK_OK(unlockpt(master));
    int tty = CHECK_OK(open(ptsname(master), O_RDWR | O_NOCTTY));
    struct old_modes old;
    CHECK_OK(ioctl(tty, TCGETA, &old));
    CHECK_EQ(old.lflag & ECHO_FLAG, ECHO_FLAG);
    CHECK_EQ(old.cc[0], 3);
    old.lflag &= ~ECHO_FLAG;
    CHECK_OK(ioctl(tty, TCSETAW, &old));

    /* A speed that has no name. */
    struct termios2 modes;
    CHECK_OK(ioctl(tty, _IOR('T', 0x2a, struct termios2), &modes));
    CHECK_EQ(modes.lflag & ECHO_FLAG, 0);
    modes.cflag = (modes.cflag & ~CBAUD_MASK) | BOTHER_SPEED;
    modes.ispeed = modes.ospeed = 12345;
    CHECK_OK(ioctl(tty, _IOW('T', 0x2b, struct termios2), &modes));
    memset(&modes, 0, sizeof modes);
    CHECK_OK(ioctl(tty, _IOR('T', 0x2a, struct termios2), &modes));
    CHECK_EQ(modes.ospeed, 12345);
    CHECK_EQ(modes.cflag & CBAUD_MASK, BOTHER_SPEED);

    unsigned device;
    struct stat st;
    CHECK_OK(fstat(tty, &st));
    CHECK_OK(ioctl(tty, TIOCGDEV, &device));
    CHECK_EQ(device, st.st_rdev);
    CHECK_ERR(ioctl(master, TIOCMGET, &device), ENOTTY);
}

int main(void)
{
    begin();
    files();
    devices();
    terminals();
    return finish();
}

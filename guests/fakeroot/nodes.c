// syscalls: mknodat getdents64 openat fstatat chroot fsetxattr fgetxattr flistxattr fremovexattr setxattr getxattr lsetxattr
// What only root makes: device nodes, attributes of the system, another root.
#include "../check.h"
#include <dirent.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

static void devices(void)
{
    struct stat st;
    CHECK_OK(mknod("disk", S_IFBLK | 0640, makedev(259, 300)));
    CHECK_OK(lstat("disk", &st));
    CHECK_EQ(st.st_mode, S_IFBLK | 0640);
    CHECK_EQ(st.st_rdev, makedev(259, 300));
    CHECK_EQ(st.st_size, 0);
    struct statx stx;
    CHECK_OK(statx(AT_FDCWD, "disk", 0, STATX_BASIC_STATS, &stx));
    CHECK_EQ(stx.stx_mode, S_IFBLK | 0640);
    CHECK_EQ(stx.stx_rdev_major, 259);
    CHECK_EQ(stx.stx_rdev_minor, 300);
    CHECK_OK(chown("disk", 0, 6));
    CHECK_OK(chmod("disk", 0660));
    CHECK_OK(link("disk", "disk2"));
    CHECK_OK(lstat("disk2", &st));
    CHECK_EQ(st.st_mode, S_IFBLK | 0660);
    CHECK_EQ(st.st_gid, 6);
    CHECK_ERR(mknod("disk", S_IFCHR, 0), EEXIST);

    CHECK_OK(mknod("zero", S_IFCHR | 0666, makedev(1, 5)));
    CHECK_OK(mknod("pipe", S_IFIFO | 0600, 0));
    CHECK_OK(mknod("file", S_IFREG | 0600, 0));
    CHECK_OK(lstat("pipe", &st));
    CHECK_EQ(st.st_mode, S_IFIFO | 0600);

    /* A directory does not contradict stat. */
    DIR *dir = opendir(".");
    int seen = 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        CHECK_OK(lstat(entry->d_name, &st));
        CHECK(entry->d_type == DT_UNKNOWN || entry->d_type == IFTODT(st.st_mode));
        seen++;
    }
    CHECK_EQ(seen, 7);
    CHECK_OK(closedir(dir));

    /* Unless devices are switched off here, they work. */
    int fd = open("zero", O_RDWR);
    if (fd >= 0) {
        char bytes[4] = "abc";
        CHECK_EQ(read(fd, bytes, 4), 4);
        CHECK_EQ(memcmp(bytes, "\0\0\0\0", 4), 0);
        CHECK_OK(fstat(fd, &st));
        CHECK_EQ(st.st_rdev, makedev(1, 5));
        CHECK_OK(close(fd));
    }
    /* 240 to 254 are for local use. */
    CHECK_OK(mknod("none", S_IFCHR | 0666, makedev(250, 77)));
    CHECK_ERR(open("none", O_RDONLY), ENXIO);
    IN_CHILD({
        CHECK_OK(setresuid(1000, 1000, 1000));
        CHECK_ERR(mknod("refused", S_IFCHR, makedev(1, 3)), EACCES);
    });
    CHECK_OK(chmod(".", 0777));
    IN_CHILD({
        CHECK_OK(setresuid(1000, 1000, 1000));
        CHECK_ERR(mknod("refused", S_IFCHR, makedev(1, 3)), EPERM);
    });
}

static void attributes(void)
{
    char value[64], names[256];
    put_file("a", "");
    int fd = CHECK_OK(open("a", O_RDWR));
    CHECK_OK(fsetxattr(fd, "trusted.check", "v\0w", 3, 0));
    CHECK_EQ(fgetxattr(fd, "trusted.check", value, 64), 3);
    CHECK_EQ(memcmp(value, "v\0w", 3), 0);
    CHECK_EQ(getxattr("a", "trusted.check", NULL, 0), 3);
    CHECK_ERR(getxattr("a", "trusted.check", value, 2), ERANGE);
    CHECK_ERR(setxattr("a", "trusted.check", "", 0, XATTR_CREATE), EEXIST);
    CHECK_ERR(setxattr("a", "trusted.other", "", 0, XATTR_REPLACE), ENODATA);
    CHECK_ERR(setxattr("a", "trusted.other", "", 0, 8), EINVAL);
    CHECK_ERR(setxattr("a", "trusted.", "", 0, 0), EINVAL);
    CHECK_OK(setxattr("a", "trusted.check", "", 0, XATTR_REPLACE));
    CHECK_EQ(getxattr("a", "trusted.check", value, 64), 0);
    ssize_t length = CHECK_OK(flistxattr(fd, names, sizeof names));
    CHECK(memmem(names, length, "trusted.check", 14) != NULL);
    CHECK_EQ(flistxattr(fd, NULL, 0), length);
    CHECK_ERR(flistxattr(fd, names, length - 1), ERANGE);

    /* cap_net_raw+ep, as ping has it; whoever gets the file does not get that. */
    static const unsigned char caps[20] = {1, 0, 0, 2, 0, 0x20};
    CHECK_OK(setxattr("a", "security.capability", caps, sizeof caps, 0));
    CHECK_EQ(getxattr("a", "security.capability", value, 64), sizeof caps);
    CHECK_EQ(memcmp(value, caps, sizeof caps), 0);
    CHECK_OK(chown("a", 5, 5));
    CHECK_ERR(getxattr("a", "security.capability", value, 64), ENODATA);

    CHECK_OK(symlink("a", "l"));
    CHECK_OK(lsetxattr("l", "trusted.link", "x", 1, 0));
    CHECK_ERR(getxattr("a", "trusted.link", value, 64), ENODATA);
    CHECK_EQ(lgetxattr("l", "trusted.link", value, 64), 1);
    IN_CHILD({
        CHECK_OK(setresuid(5, 5, 5));
        CHECK_ERR(fgetxattr(fd, "trusted.check", value, 64), ENODATA);
        CHECK_ERR(fsetxattr(fd, "trusted.check", "", 0, 0), EPERM);
        CHECK_ERR(fsetxattr(fd, "security.capability", caps, sizeof caps, 0), EPERM);
    });
    CHECK_OK(fremovexattr(fd, "trusted.check"));
    CHECK_ERR(fgetxattr(fd, "trusted.check", value, 64), ENODATA);
    CHECK_ERR(fremovexattr(fd, "trusted.check"), ENODATA);
    CHECK_OK(close(fd));
}

static void another_root(void)
{
    CHECK_OK(mkdir("root", 0755));
    CHECK_OK(mkdir("root/sub", 0700));
    CHECK_OK(chown("root/sub", 17, 18));
    IN_CHILD({
        struct stat st;
        CHECK_OK(chroot("root"));
        CHECK_OK(chdir("/"));
        CHECK_OK(stat("/sub", &st));
        CHECK_EQ(st.st_uid, 17);
        CHECK_OK(setresuid(17, 17, 17));
        CHECK_ERR(chroot("/sub"), EPERM);
    });
}

int main(void)
{
    begin();
    CHECK_EQ(geteuid(), 0);
    devices();
    attributes();
    another_root();
    return finish();
}

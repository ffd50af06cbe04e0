// syscalls: fchownat fchown fchmodat fchmod openat mkdirat symlinkat linkat renameat unlinkat mknodat statx fstat fstatat
// Root among its own files: owners, permission bits and their side effects, seen again by other names,
// descriptors and processes.
#include "../check.h"

static void check_owner(const char *path, uid_t uid, gid_t gid, mode_t mode)
{
    struct stat st;
    CHECK_OK(lstat(path, &st));
    CHECK_EQ(st.st_uid, uid);
    CHECK_EQ(st.st_gid, gid);
    CHECK_EQ(st.st_mode & 07777, mode);
    struct statx stx;
    CHECK_OK(statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &stx));
    CHECK_EQ(stx.stx_uid, uid);
    CHECK_EQ(stx.stx_gid, gid);
    CHECK_EQ(stx.stx_mode, st.st_mode);
}

static void new_files_are_roots(void)
{
    put_file("f", "x");
    check_owner("f", 0, 0, 0644);
    CHECK_OK(mkdir("d", 0755));
    check_owner("d", 0, 0, 0755);
    CHECK_OK(symlink("f", "l"));
    check_owner("l", 0, 0, 0777);
    CHECK_OK(mkfifo("p", 0600));
    check_owner("p", 0, 0, 0600);
}

static void owners_are_remembered(void)
{
    CHECK_OK(chown("f", 33, 44));
    check_owner("f", 33, 44, 0644);
    CHECK_OK(chown("f", -1, 45));
    check_owner("f", 33, 45, 0644);
    CHECK_OK(lchown("l", 1, 2));
    check_owner("l", 1, 2, 0777);
    check_owner("f", 33, 45, 0644);
    CHECK_OK(chown("l", 5, -1));
    check_owner("f", 5, 45, 0644);
    CHECK_OK(lchown("p", 3, 4));
    check_owner("p", 3, 4, 0600);
    CHECK_OK(chown("d", 70000, 70001));
    check_owner("d", 70000, 70001, 0755);
    int fd = CHECK_OK(open("f", O_RDONLY));
    CHECK_OK(fchown(fd, 6, 7));
    struct stat st;
    CHECK_OK(syscall(SYS_fstat, fd, &st));
    CHECK(st.st_uid == 6 && st.st_gid == 7);
    CHECK_OK(close(fd));
    fd = CHECK_OK(open("f", O_PATH));
    CHECK_ERR(fchown(fd, 0, 0), EBADF);
    CHECK_OK(fchownat(fd, "", 8, 9, AT_EMPTY_PATH));
    check_owner("f", 8, 9, 0644);
    CHECK_OK(close(fd));
    CHECK_ERR(chown("missing", 0, 0), ENOENT);

    /* By every name, in every process. */
    CHECK_OK(link("f", "hard"));
    check_owner("hard", 8, 9, 0644);
    CHECK_OK(rename("hard", "d/renamed"));
    check_owner("d/renamed", 8, 9, 0644);
    IN_CHILD({
        check_owner("f", 8, 9, 0644);
        CHECK_OK(chown("f", 10, 11));
        CHECK_OK(chmod("f", 0640));
    });
    check_owner("d/renamed", 10, 11, 0640);
    CHECK_OK(unlink("d/renamed"));
    check_owner("f", 10, 11, 0640);
}

/* A file that is made where another was is a new one, whatever the file system numbers it. */
static void a_new_file_forgets(void)
{
    for (int i = 0; i < 50; i++) {
        int fd = CHECK_OK(open("again", O_CREAT | O_EXCL | O_RDWR, 0600));
        check_owner("again", 0, 0, 0600);
        CHECK_OK(fchown(fd, 12, 13));
        CHECK_OK(fchmod(fd, 04711));
        CHECK_OK(unlink("again"));
        /* Still what it was, as long as it is open. */
        struct stat st;
        CHECK_OK(fstat(fd, &st));
        CHECK_EQ(st.st_uid, 12);
        CHECK_OK(close(fd));
        put_file("other", "");
        CHECK_OK(chown("other", 14, 15));
        CHECK_OK(mkdir("again", 0700));
        check_owner("again", 0, 0, 0700);
        CHECK_OK(rmdir("again"));
        put_file("new", "");
        CHECK_OK(rename("new", "other"));
        check_owner("other", 0, 0, 0644);
        CHECK_OK(unlink("other"));
    }
}

static void special_bits(void)
{
    put_file("s", "");
    CHECK_OK(chmod("s", 06755));
    check_owner("s", 0, 0, 06755);
    /* Changing the owner takes the rights away that came with the old one, from root, too. */
    CHECK_OK(chown("s", 20, 20));
    check_owner("s", 20, 20, 0755);
    CHECK_OK(chmod("s", 07711));
    check_owner("s", 20, 20, 07711);
    CHECK_OK(chown("s", -1, 21));
    check_owner("s", 20, 21, 01711);
    /* Without execution for the group the bit is for locks, and stays. */
    CHECK_OK(chmod("s", 02644));
    CHECK_OK(chown("s", 22, 22));
    check_owner("s", 22, 22, 02644);
    CHECK_OK(chmod("d", 07777));
    CHECK_OK(chown("d", 23, 24));
    check_owner("d", 23, 24, 07777);
    /* New names take the group of such a directory, new directories the bit, too. */
    put_file("d/f", "");
    check_owner("d/f", 0, 24, 0644);
    CHECK_OK(mkdir("d/d", 0700));
    check_owner("d/d", 0, 24, 02700);
    CHECK_OK(symlink("x", "d/l"));
    check_owner("d/l", 0, 24, 0777);
    int fd = CHECK_OK(open("created", O_CREAT | O_WRONLY, 04711));
    CHECK_OK(close(fd));
    check_owner("created", 0, 0, 04711);
    fd = open(".", O_TMPFILE | O_RDWR, 0400);
    if (fd >= 0) {
        struct stat st;
        CHECK_OK(fstat(fd, &st));
        CHECK_EQ(st.st_mode, S_IFREG | 0400);
        CHECK_OK(close(fd));
    }
}

/* Permission bits do not stop root, but it sees them. */
static void no_bits_are_needed(void)
{
    CHECK_OK(mkdir("shut", 0));
    check_owner("shut", 0, 0, 0);
    put_file("shut/in", "inside");
    CHECK_OK(chmod("shut/in", 0));
    check_owner("shut/in", 0, 0, 0);
    check_file("shut/in", "inside");
    put_file("shut/in", "changed");
    check_file("shut/in", "changed");
    CHECK_OK(truncate("shut/in", 2));
    CHECK_OK(access("shut/in", R_OK | W_OK));
    CHECK_ERR(access("shut/in", X_OK), EACCES);
    CHECK_OK(access("shut", R_OK | W_OK | X_OK));
    CHECK_OK(chmod("shut/in", 0010));
    CHECK_OK(access("shut/in", X_OK));
    int fd = CHECK_OK(open("shut", O_RDONLY | O_DIRECTORY));
    CHECK_OK(close(fd));
    CHECK_OK(chown("shut", 30, 30));
    put_file("shut/more", "");
    CHECK_OK(chdir("shut"));
    CHECK_OK(chdir(".."));
    umask(0777);
    put_file("masked", "m");
    CHECK_OK(mkdir("masked.d", 0777));
    put_file("masked.d/x", "m");
    umask(022);
    check_owner("masked", 0, 0, 0);
    check_owner("masked.d", 0, 0, 0);
    check_file("masked.d/x", "m");
}

int main(void)
{
    begin();
    CHECK_EQ(geteuid(), 0);
    new_files_are_roots();
    owners_are_remembered();
    a_new_file_forgets();
    special_bits();
    no_bits_are_needed();
    return finish();
}

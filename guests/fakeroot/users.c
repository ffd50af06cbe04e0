// syscalls: setresuid setgroups faccessat faccessat2 fchmodat fchownat unlinkat renameat mkdirat utimensat truncate execve
// Root becomes somebody else: whose files are then, and what is refused.
#include "../check.h"
#include <grp.h>
#include <sys/prctl.h>

static void become(uid_t uid, gid_t gid)
{
    CHECK_OK(setgroups(1, (gid_t[]){50}));
    CHECK_OK(setresgid(gid, gid, gid));
    CHECK_OK(setresuid(uid, uid, uid));
}

static void files_of_others(void)
{
    CHECK_OK(chmod(".", 0711));
    put_file("private", "p");
    CHECK_OK(chmod("private", 0600));
    put_file("public", "p");
    put_file("groups", "p");
    CHECK_OK(chown("groups", 0, 50));
    CHECK_OK(chmod("groups", 0660));
    put_file("own", "p");
    CHECK_OK(chown("own", 1000, 1001));
    CHECK_OK(chmod("own", 0400));
    CHECK_OK(mkdir("inbox", 0777));
    CHECK_OK(chmod("inbox", 01777));
    put_file("inbox/roots", "");
    IN_CHILD({
        become(1000, 1001);
        CHECK_ERR(open("private", O_RDONLY), EACCES);
        CHECK_ERR(open("private", O_WRONLY | O_TRUNC), EACCES);
        CHECK_ERR(open("public", O_RDWR), EACCES);
        CHECK_OK(close(CHECK_OK(open("public", O_RDONLY))));
        CHECK_OK(close(CHECK_OK(open("groups", O_RDWR))));
        CHECK_OK(close(CHECK_OK(open("own", O_RDONLY))));
        CHECK_ERR(open("own", O_WRONLY), EACCES);
        CHECK_ERR(truncate("public", 0), EACCES);
        CHECK_ERR(access("private", R_OK), EACCES);
        CHECK_OK(access("private", F_OK));
        CHECK_ERR(access(".", W_OK), EACCES);
        CHECK_ERR(open("new", O_CREAT | O_WRONLY, 0600), EACCES);
        CHECK_ERR(mkdir("new", 0700), EACCES);
        CHECK_ERR(unlink("public"), EACCES);
        CHECK_ERR(rename("public", "renamed"), EACCES);
        CHECK_ERR(chmod("public", 0666), EPERM);
        CHECK_ERR(chown("public", 1000, -1), EPERM);
        CHECK_ERR(chown("own", 1, -1), EPERM);
        CHECK_ERR(chown("own", -1, 7), EPERM);
        CHECK_OK(chown("own", -1, 50));
        CHECK_OK(chmod("own", 0600));
        struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 2}};
        CHECK_ERR(utimensat(AT_FDCWD, "public", times, 0), EPERM);
        CHECK_ERR(utimensat(AT_FDCWD, "public", NULL, 0), EACCES);
        CHECK_OK(utimensat(AT_FDCWD, "own", times, 0));
        CHECK_OK(utimensat(AT_FDCWD, "groups", NULL, 0));
        put_file("inbox/mine", "");
        CHECK_OK(mkdir("inbox/d", 0755));
        CHECK_ERR(unlink("inbox/roots"), EPERM);
        CHECK_ERR(rename("inbox/mine", "inbox/roots"), EPERM);
        CHECK_OK(rename("inbox/mine", "inbox/kept"));
    });
    struct stat st;
    CHECK_OK(stat("inbox/kept", &st));
    CHECK(st.st_uid == 1000 && st.st_gid == 1001);
    CHECK_OK(stat("inbox/d", &st));
    CHECK(st.st_uid == 1000 && st.st_gid == 1001);
    CHECK_OK(stat("own", &st));
    CHECK(st.st_uid == 1000 && st.st_gid == 50 && (st.st_mode & 07777) == 0600);
}

/* access(2) asks for the real user, AT_EACCESS for the effective one. */
static void two_users(void)
{
    put_file("secret", "");
    CHECK_OK(chmod("secret", 0600));
    IN_CHILD({
        CHECK_OK(setresuid(1000, 0, 0));
        CHECK_ERR(access("secret", R_OK), EACCES);
        CHECK_OK(syscall(SYS_faccessat2, AT_FDCWD, "secret", R_OK, AT_EACCESS));
        CHECK_OK(close(CHECK_OK(open("secret", O_RDONLY))));
        CHECK_OK(setresuid(0, 1000, 0));
        CHECK_OK(access("secret", R_OK));
        CHECK_ERR(open("secret", O_RDONLY), EACCES);
        CHECK_OK(setresuid(-1, 0, -1));
        CHECK_OK(close(CHECK_OK(open("secret", O_RDONLY))));
    });
}

static int own_copy(void)
{
    char buffer[65536];
    int from = CHECK_OK(open("/proc/self/exe", O_RDONLY)), length;
    int to = CHECK_OK(open("program", O_CREAT | O_WRONLY, 0755));
    while ((length = CHECK_OK(read(from, buffer, sizeof buffer))))
        CHECK_EQ(write(to, buffer, length), length);
    CHECK_OK(close(from));
    return CHECK_OK(close(to));
}

/* A program with the bit runs with its owner's rights, even root's. */
static void set_user_id(void)
{
    CHECK_OK(chmod(".", 0755));
    own_copy();
    IN_CHILD({
        become(1000, 1001);
        execl("./program", "program", "1000", "1000", "1001", "1001", NULL);
    });
    CHECK_OK(chown("program", 7, 8));
    CHECK_OK(chmod("program", 06755));
    IN_CHILD({
        become(1000, 1001);
        execl("./program", "program", "1000", "7", "1001", "8", NULL);
    });
    CHECK_OK(chmod("program", 0700));
    IN_CHILD({
        become(1000, 1001);
        CHECK_ERR(execl("./program", "program", NULL), EACCES);
    });
    /* Root runs what anybody may run. */
    CHECK_OK(chmod("program", 0001));
    IN_CHILD(execl("./program", "program", "0", "0", "0", "0", NULL));
    CHECK_OK(chmod("program", 0600));
    CHECK_ERR(execl("./program", "program", NULL), EACCES);
}

static void capabilities(void)
{
    CHECK_EQ(prctl(PR_CAPBSET_READ, 0), 1);
    CHECK_ERR(prctl(PR_CAPBSET_READ, 64), EINVAL);
    IN_CHILD({
        CHECK_OK(prctl(PR_SET_KEEPCAPS, 1));
        CHECK_OK(setresuid(1000, 1000, 1000));
        /* Permitted, but not in effect. */
        CHECK_ERR(chown("secret", 5, 5), EPERM);
        CHECK_EQ(prctl(PR_GET_KEEPCAPS), 1);
    });
    IN_CHILD({
        CHECK_OK(prctl(PR_CAPBSET_DROP, 7));
        CHECK_EQ(prctl(PR_CAPBSET_READ, 7), 0);
        CHECK_OK(prctl(PR_CAPBSET_DROP, 8));
        CHECK_EQ(prctl(PR_CAPBSET_READ, 8), 0);
    });
}

int main(int argc, char **argv)
{
    if (argc == 5) {
        CHECK_EQ(getuid(), atoi(argv[1]));
        CHECK_EQ(geteuid(), atoi(argv[2]));
        CHECK_EQ(getgid(), atoi(argv[3]));
        CHECK_EQ(getegid(), atoi(argv[4]));
        return 0;
    }
    begin();
    CHECK_EQ(geteuid(), 0);
    files_of_others();
    two_users();
    set_user_id();
    capabilities();
    return finish();
}

// syscalls: getuid geteuid getgid getegid getresuid getresgid getgroups setuid setgid setreuid setregid setresuid setresgid setgroups setfsuid setfsgid
// Who the process is; root may become somebody else, and then not root again.
#include "../check.h"
#include <grp.h>
#include <sys/fsuid.h>

int main(void)
{
    begin();
    uid_t real, effective, saved;
    gid_t groups[64];
    CHECK_OK(getresuid(&real, &effective, &saved));
    CHECK_EQ(real, getuid());
    CHECK_EQ(effective, geteuid());
    CHECK_OK(getresgid(&real, &effective, &saved));
    CHECK_EQ(real, getgid());
    CHECK_EQ(effective, getegid());
    CHECK_ERR(syscall(SYS_getresuid, BAD, &effective, &saved), EFAULT);
    int count = CHECK_OK(getgroups(0, NULL));
    CHECK_EQ(getgroups(64, groups), count);
    if (count > 1)
        CHECK_ERR(getgroups(1, groups), EINVAL);
    CHECK_ERR(syscall(SYS_getgroups, -1, groups), EINVAL);
    IN_CHILD({
        CHECK_OK(setuid(getuid()));
        CHECK_OK(setgid(getgid()));
        CHECK_OK(setreuid(-1, -1));
        CHECK_OK(setregid(-1, -1));
        CHECK_OK(setresuid(-1, -1, -1));
        CHECK_OK(setresgid(-1, -1, -1));
        CHECK_EQ(setfsuid(-1), geteuid());
        CHECK_EQ(setfsgid(-1), getegid());
        CHECK_ERR(setuid(-1), EINVAL);
    });
    if (!IS_ROOT || setgroups(0, NULL) == -1)
        return finish();
    IN_CHILD({
        CHECK_OK(setgroups(2, (gid_t[]){5, 6}));
        CHECK_EQ(getgroups(64, groups), 2);
        CHECK_EQ(groups[0], 5);
        /* Root's setgid sets all three; setregid moves the saved one along with the effective. */
        CHECK_OK(setgid(7));
        CHECK_OK(getresgid(&real, &effective, &saved));
        CHECK(real == 7 && effective == 7 && saved == 7);
        CHECK_OK(setregid(8, 9));
        CHECK_OK(getresgid(&real, &effective, &saved));
        CHECK(real == 8 && effective == 9 && saved == 9);
        CHECK_OK(setresgid(1000, 1001, 1002));
        CHECK_EQ(getgid(), 1000);
        CHECK_EQ(getegid(), 1001);

        /* The ids for files go their own way, and root's power over files goes with them. */
        CHECK_EQ(setfsgid(1005), 1001);
        CHECK_EQ(setfsgid(-1), 1005);
        struct stat st;
        put_file("mine", "");
        CHECK_OK(stat("mine", &st));
        CHECK_EQ(st.st_gid, 1005);
        CHECK_EQ(setfsuid(1000), 0);
        CHECK_EQ(setfsuid(-1), 1000);
        CHECK_ERR(open("denied", O_CREAT | O_WRONLY, 0600), EACCES);
        CHECK_EQ(setfsuid(0), 1000);
        CHECK_OK(unlink("mine"));

        CHECK_OK(setresuid(1000, 1001, 1002));
        CHECK_OK(getresuid(&real, &effective, &saved));
        CHECK_EQ(real, 1000);
        CHECK_EQ(effective, 1001);
        CHECK_EQ(saved, 1002);
        CHECK_OK(setreuid(-1, 1002));
        CHECK_EQ(geteuid(), 1002);
        CHECK_OK(setuid(1000));
        CHECK_EQ(getuid(), 1000);
        CHECK_ERR(setuid(0), EPERM);
        CHECK_ERR(setresuid(0, -1, -1), EPERM);
        CHECK_ERR(setgroups(0, NULL), EPERM);
        CHECK_ERR(open("denied", O_CREAT | O_WRONLY, 0600), EACCES);
        CHECK_ERR(kill(1, 0), EPERM);
    });
    return finish();
}

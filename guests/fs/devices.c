// syscalls: openat read write
// The device files that every program expects.
#include "../check.h"

int main(void)
{
    begin();
    char text[64], other[64], name[64];
    int zero = CHECK_OK(open("/dev/zero", O_RDWR));
    memset(text, 1, sizeof text);
    CHECK_EQ(read(zero, text, 64), 64);
    for (int i = 0; i < 64; i++)
        CHECK_EQ(text[i], 0);
    CHECK_EQ(write(zero, text, 64), 64);
    int random = CHECK_OK(open("/dev/urandom", O_RDONLY));
    CHECK_EQ(read(random, text, 64), 64);
    CHECK_EQ(read(random, other, 64), 64);
    CHECK(memcmp(text, other, 64) != 0);
    CHECK_OK(close(CHECK_OK(open("/dev/random", O_RDONLY))));

    int channel[2];
    CHECK_OK(pipe(channel));
    snprintf(name, sizeof name, "/dev/fd/%d", channel[1]);
    int again = CHECK_OK(open(name, O_WRONLY));
    CHECK_EQ(write(again, "by name", 7), 7);
    CHECK_EQ(read(channel[0], text, 64), 7);
    IN_CHILD({
        CHECK_OK(dup2(channel[1], 1));
        int out = CHECK_OK(open("/dev/stdout", O_WRONLY));
        CHECK_EQ(write(out, "out", 3), 3);
    });
    CHECK_EQ(read(channel[0], text, 64), 3);
    /* Without a controlling terminal there is no /dev/tty. */
    IN_CHILD({
        CHECK_OK(setsid());
        CHECK_ERR(open("/dev/tty", O_RDWR), ENXIO);
    });
    struct stat st;
    CHECK_OK(stat("/dev/shm", &st));
    CHECK(S_ISDIR(st.st_mode));
    CHECK_OK(stat("/dev/null", &st));
    CHECK_EQ(st.st_mode & 0666, 0666);
    return finish();
}
